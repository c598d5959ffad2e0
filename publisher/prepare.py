"""From a plain event to a Kafka record: seal the CPR, sign, put it into one of the two bindings.

It completes nothing and judges nothing: what is missing stays missing, so that intake can be tested with it.
"""

from typing import Any, Final, Protocol

import orjson
from joserfc.jwk import OKPKey

from crypto.sealed_cpr import seal
from crypto.signature import sign, signing_input
from models.events.cloudevent import SEQUENCE
from models.events.event_types import CPR_FIELDS, EVENT_TYPES
from publisher.events import Binding, PlainEvent, Ready

DATA_CONTENT_TYPE: Final = "application/json"
STRUCTURED_CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"
_STRUCTURED_HEADERS: Final = (("content-type", STRUCTURED_CONTENT_TYPE.encode()),)


class Keys(Protocol):
    """Where the keys come from. Each raises `publisher.keys.NoKey` when it has none."""

    def signing_key(self, number: str) -> OKPKey:
        """The private key of the sender of that number."""

    def service_key(self) -> OKPKey:
        """The service's public key, which a CPR is sealed to."""


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
    topic: str | None = None,
) -> Ready:
    """`event` sealed to `service_key` and signed with `signing_key`, keyed by its sender's number.

    `topic` is asked for only where the type has none. Raises `crypto.signature.NotCanonicalError` for data
    that JSON cannot carry exactly, and `ValueError` when there is no topic.
    """
    topic = topic or topic_of(event)
    if topic is None:
        raise ValueError("the contract has no event of this type, so there is no topic for it")
    attributes = attributes_of(event)
    data = sealed_data(event, service_key)
    signature = sign(signing_input(attributes, data, topic), signing_key)
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


def sealed_data(event: PlainEvent, service_key: OKPKey) -> dict[str, Any]:
    """The data with the CPR sealed. Whatever stands in its place is sealed: it may be a CPR all the same."""
    data = dict(event.data)
    for field in CPR_FIELDS:
        if (cpr := data.get(field)) is not None:
            data[field] = seal(cpr if isinstance(cpr, str) else orjson.dumps(cpr).decode(), service_key)
    return data


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
