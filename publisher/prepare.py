"""From a plain event to a Kafka record: seal what is personal, sign, put it into one of the two bindings.

It completes nothing and judges nothing: what is missing stays missing, so that intake can be tested with it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, Protocol

import orjson
from joserfc.jwk import OKPKey

from crypto.sealed_cpr import Belongs, seal
from crypto.signature import sign, signing_input
from models.events.cloudevent import SEQUENCE
from models.events.event_types import CPR_FIELDS, EVENT_TYPES, SEALED_FIELDS, VERSION_2
from models.events.traceparent import TRACEPARENT
from publisher.events import Binding, PlainEvent, Ready

DATA_CONTENT_TYPE: Final = "application/json"
STRUCTURED_CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"
ContractVersion = Literal[1, 2]
LATEST: Final[ContractVersion] = 2
_STRUCTURED_HEADERS: Final = (("content-type", STRUCTURED_CONTENT_TYPE.encode()),)


class Keys(Protocol):
    """Where the keys come from. Each raises `publisher.keys.NoKey` when it has none."""

    def signing_key(self, number: str) -> OKPKey:
        """The private key of the sender of that number."""

    def service_key(self) -> OKPKey:
        """The service's public key, which all that is personal is sealed to."""


def topic_of(event: PlainEvent) -> str | None:
    """The topic that events of this type belong on; None for a type outside the contract."""
    event_type = EVENT_TYPES.get(event.type)
    return None if event_type is None else event_type.topic.value


def prepare(
    event: PlainEvent,
    *,
    signing_key: OKPKey,
    service_key: OKPKey,
    binding: Binding = Binding.STRUCTURED,
    version: ContractVersion = LATEST,
    topic: str | None = None,
) -> Ready:
    """`event` sealed to `service_key` and signed with `signing_key`, keyed by its sender's number.

    It is sent in `version` of the contract, where it has that one. `topic` is asked for only where the type has
    none. Raises `crypto.signature.NotCanonicalError` for data that JSON cannot carry exactly, and `ValueError` when
    there is no topic.
    """
    topic = topic or topic_of(event)
    if topic is None:
        raise ValueError("the contract has no event of this type, so there is no topic for it")
    event = sealed(event, service_key, version)
    attributes, data = attributes_of(event), event.data
    signature = sign(signing_input(attributes, data, topic), signing_key)
    if event.traceparent is not None:
        attributes[TRACEPARENT] = event.traceparent
    return bind(attributes, signature, data, topic=topic, binding=binding)


def attributes_of(event: PlainEvent) -> dict[str, str]:
    """The attributes that the signature covers: those of `cloudevent.SIGNED`, and the number if it has one."""
    attributes = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "sender": event.sender,
        "type": event.type,
        "time": event.time,
        "datacontenttype": DATA_CONTENT_TYPE,
    }
    if event.sequence is not None:
        attributes[SEQUENCE] = event.sequence
    return attributes


def sealed(event: PlainEvent, service_key: OKPKey, version: ContractVersion = LATEST) -> PlainEvent:
    """The event with type and data of `version`, where it has that one; nothing personal is in the clear.

    Whatever stands in the place of something personal is sealed: it may be a CPR all the same.
    """
    newer = VERSION_2.get(event.type) if version == 2 else None
    if newer is None:
        return replace(event, data=_with_sealed_numbers(event.data, service_key))
    inside = {name: content for name, content in event.data.items() if name in SEALED_FIELDS}
    data = {name: content for name, content in event.data.items() if name not in SEALED_FIELDS}
    if inside:
        belongs = Belongs(event.sender, event.id)
        data = {"sealed": seal(orjson.dumps(inside).decode(), service_key, belongs), **data}
    return replace(event, type=newer.name, data=data)


def _with_sealed_numbers(data: Mapping[str, Any], service_key: OKPKey) -> dict[str, Any]:
    numbers = {field: data[field] for field in CPR_FIELDS if data.get(field) is not None}
    return dict(data) | {
        field: seal(cpr if isinstance(cpr, str) else orjson.dumps(cpr).decode(), service_key)
        for field, cpr in numbers.items()
    }


def bind(
    attributes: dict[str, str],
    signature: str | None,
    data: Any,
    *,
    topic: str,
    binding: Binding,
) -> Ready:
    """The Kafka record of an event in `binding`; both carry the same attributes, signature and data."""
    signed = attributes if signature is None else {**attributes, "signature": signature}
    key = attributes["sender"].encode()
    if binding is Binding.STRUCTURED:
        return Ready(topic, key, orjson.dumps({**signed, "data": data}), _STRUCTURED_HEADERS)
    headers = [("content-type", attributes["datacontenttype"].encode())]
    headers += [
        (f"ce_{name}", content.encode()) for name, content in signed.items() if name != "datacontenttype"
    ]
    return Ready(topic, key, orjson.dumps(data), tuple(headers))
