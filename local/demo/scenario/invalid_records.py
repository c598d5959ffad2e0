"""Bad input of every kind that intake refuses, made by real means: wrong keys, wrong topics, broken bytes.

Each is a copy of a good message with a new id and one fault, so that only this fault can be the reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import orjson
from joserfc.jwk import OKPKey

from crypto.new_keys import new_opening, new_signing_key
from crypto.sealed_cpr import seal
from crypto.signature import sign, signing_input
from models.events.event_types import TYPE_PREFIX, InputTopic
from models.reasons import Rejection
from publisher.events import Binding, PlainEvent, Ready
from publisher.prepare import LATEST, ContractVersion, attributes_of, bind, sealed

EXPIRED_FROM: Final = datetime(2022, 1, 1, tzinfo=UTC)
EXPIRED_TO: Final = datetime(2024, 1, 1, tzinfo=UTC)


class StoryKeys(Protocol):
    """The keys of the local senders, and the expired one of `expired_kid`."""

    def signing_key(self, number: str) -> OKPKey:
        """The current private key of the sender."""

    def retired_key(self, kid: str) -> OKPKey:
        """A private key that is not current."""

    def service_key(self) -> OKPKey:
        """The service's public key."""


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that intake must refuse for `reason`: a spoilt copy of the good message `event`."""

    reason: Rejection
    event: PlainEvent
    spoil: Callable[[PlainEvent, StoryKeys], Ready]

    def make(self, keys: StoryKeys) -> Ready:
        """The record's bytes."""
        return self.spoil(self.event, keys)


def expired_kid(number: str) -> str:
    """The id of the sender's key that is valid no more."""
    return f"{number}-0"


def _made(
    event: PlainEvent,
    keys: StoryKeys,
    *,
    key: OKPKey | None = None,
    topic: str = InputTopic.DROPOUT_RISKS,
    signed_for: str | None = None,
    data: dict[str, Any] | None = None,
    binding: Binding = Binding.STRUCTURED,
    version: ContractVersion = LATEST,
) -> Ready:
    """The event on `topic`, everything right unless an argument says otherwise."""
    event = sealed(event, keys.service_key(), version) if data is None else event
    data = dict(event.data) if data is None else data
    attributes = attributes_of(event)
    signature = sign(
        signing_input(attributes, data, signed_for or topic), key or keys.signing_key(event.sender)
    )
    return bind(attributes, signature, data, topic=topic, binding=binding)


def _with(event: PlainEvent, **fields: Any) -> PlainEvent:
    """The event with other data; a field that is None is left out."""
    data = {name: content for name, content in {**event.data, **fields}.items() if content is not None}
    return replace(event, data=data)


def _tombstone(event: PlainEvent, keys: StoryKeys) -> Ready:
    return replace(_made(event, keys), value=None)


def _too_large(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, text="Lang tekst. " * 25_000), keys)


def _bad_utf8(event: PlainEvent, keys: StoryKeys) -> Ready:
    ready = _made(_with(event, text="Søren mødte ikke op"), keys, version=1)
    return replace(ready, value=(ready.value or b"").decode().encode("latin-1"))


def _bad_utf8_header(event: PlainEvent, keys: StoryKeys) -> Ready:
    ready = _made(event, keys, binding=Binding.BINARY)
    return replace(ready, headers=(*ready.headers, ("ce_source", "særlig".encode("latin-1"))))


def _torn(event: PlainEvent, keys: StoryKeys) -> Ready:
    ready = _made(event, keys)
    return replace(ready, value=(ready.value or b"")[:-40])


def _deep(event: PlainEvent, keys: StoryKeys) -> Ready:
    ready = _made(event, keys)
    return replace(ready, value=b'{"data":' * 60 + b"1" + b"}" * 60)


def _bottomless(event: PlainEvent, keys: StoryKeys) -> Ready:
    return replace(_made(event, keys), value=b"[" * 20_000 + b"]" * 20_000)


def _no_id(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _edited(event, keys, lambda fields: fields.pop("id"))


def _local_time(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(replace(event, time="2026-09-02T02:15:00"), keys)


def _a_list(event: PlainEvent, keys: StoryKeys) -> Ready:
    ready = _made(event, keys)
    return replace(ready, value=b"[" + (ready.value or b"") + b"]")


def _edited(event: PlainEvent, keys: StoryKeys, edit: Callable[[dict[str, Any]], object]) -> Ready:
    """A good record, changed after it was signed."""
    ready = _made(event, keys)
    fields = orjson.loads(ready.value or b"")
    edit(fields)
    return replace(ready, value=orjson.dumps(fields))


def _unknown_type(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(replace(event, type=f"{TYPE_PREFIX}exam.failed.v1"), keys)


def _unknown_version(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(replace(event, type=f"{TYPE_PREFIX}dropout-risk.raised.v9"), keys)


def _wrong_topic(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(event, keys, topic=InputTopic.ENROLMENTS)


def _unknown_sender(event: PlainEvent, keys: StoryKeys) -> Ready:
    stranger = _with(replace(event, sender="999999"), institution_number="999999")
    return _made(stranger, keys, key=new_signing_key("999999-1"))


def _not_its_source(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(replace(event, source="urn:oio:cvr-nr:00000000"), keys)


def _not_its_type(event: PlainEvent, keys: StoryKeys) -> Ready:
    home = {"residence_id": event.id, "municipality_code": "0101", "valid_from": "2026-08-01"}
    move = replace(
        event, type=f"{TYPE_PREFIX}residence.registered.v1", data={"cpr": event.data["cpr"], **home}
    )
    return _made(move, keys, topic=InputTopic.RESIDENCES)


def _not_its_own(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, institution_number="999999"), keys)


def _unsigned(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _edited(event, keys, lambda fields: fields.pop("signature"))


def _unknown_key(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(event, keys, key=new_signing_key(f"{event.sender}-77"))


def _expired_key(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(event, keys, key=keys.retired_key(expired_kid(event.sender)))


def _another_key(event: PlainEvent, keys: StoryKeys) -> Ready:
    """A key of somebody else, under the id of the sender's own."""
    return _made(event, keys, key=new_signing_key(str(keys.signing_key(event.sender).kid)))


def _changed(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _edited(event, keys, lambda fields: fields["data"].update(severity="low", absence_percentage=1))


def _for_other_topic(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(event, keys, signed_for=InputTopic.BENEFITS)


def _no_severity(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, severity=None), keys)


def _no_signals(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, signals=[]), keys)


def _own_field(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, diagnosis="does not belong here"), keys)


def _not_sealed(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(event, keys, data=dict(event.data))


def _sealed_to_another(event: PlainEvent, keys: StoryKeys) -> Ready:
    """Sealed to a key that bears the service's id, as after a mix-up of two systems."""
    foreign = new_opening("k9", datetime.now(UTC)).opening.as_dict(private=False)
    other = OKPKey.import_key({**foreign, "kid": str(keys.service_key().kid)})
    return _made(event, keys, data={**event.data, "cpr": seal(event.data["cpr"], other)})


def _sealed_for_another(event: PlainEvent, keys: StoryKeys) -> Ready:
    """A seal copied from another event, as whoever reads the topic could."""
    copied = sealed(replace(event, id="6f2c1a38-9b1e-4f7d-8a55-0c3d2e1f4a5b"), keys.service_key())
    return _made(replace(event, type=copied.type), keys, data=dict(copied.data))


def _cpr_in_text(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, text=f"Ring til {event.data['cpr']}"), keys)


def _nobody(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, cpr="0000000000"), keys)


def _no_such_day(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(_with(event, cpr="3102991234"), keys)


def _day_not_over(event: PlainEvent, keys: StoryKeys) -> Ready:
    counts = [{"type": f"{TYPE_PREFIX}dropout-risk.raised.v1", "events": 1}]
    total = replace(
        event, type=f"{TYPE_PREFIX}control-total.declared.v1", data={"day": "2098-09-02", "counts": counts}
    )
    return _made(total, keys, topic=InputTopic.CONTROL_TOTALS)


def _clock_ahead(event: PlainEvent, keys: StoryKeys) -> Ready:
    return _made(replace(event, time="2098-09-02T02:15:00+02:00"), keys)


Spoil = Callable[[PlainEvent, StoryKeys], Ready]
FAULTS: Final[Sequence[tuple[Rejection, Spoil]]] = (
    (Rejection.TOMBSTONE, _tombstone),
    (Rejection.TOO_LARGE, _too_large),
    (Rejection.NOT_UTF8, _bad_utf8),
    (Rejection.NOT_UTF8, _bad_utf8_header),
    (Rejection.NOT_JSON, _torn),
    (Rejection.TOO_DEEP, _deep),
    (Rejection.TOO_DEEP, _bottomless),
    (Rejection.NOT_A_CLOUDEVENT, _no_id),
    (Rejection.NOT_A_CLOUDEVENT, _local_time),
    (Rejection.NOT_A_CLOUDEVENT, _a_list),
    (Rejection.UNKNOWN_TYPE, _unknown_type),
    (Rejection.UNKNOWN_VERSION, _unknown_version),
    (Rejection.WRONG_TOPIC, _wrong_topic),
    (Rejection.UNKNOWN_SENDER, _unknown_sender),
    (Rejection.UNKNOWN_SENDER, _not_its_source),
    (Rejection.NOT_SENDERS_TYPE, _not_its_type),
    (Rejection.NOT_SENDERS_OWN, _not_its_own),
    (Rejection.SIGNATURE_MISSING, _unsigned),
    (Rejection.UNKNOWN_KEY, _unknown_key),
    (Rejection.KEY_NOT_VALID, _expired_key),
    (Rejection.SIGNATURE_INVALID, _another_key),
    (Rejection.SIGNATURE_INVALID, _changed),
    (Rejection.SIGNED_FOR_OTHER_TOPIC, _for_other_topic),
    (Rejection.MISSING_FIELD, _no_severity),
    (Rejection.WRONG_FIELD, _no_signals),
    (Rejection.WRONG_FIELD, _own_field),
    (Rejection.CPR_NOT_SEALED, _not_sealed),
    (Rejection.CPR_NOT_OPENED, _sealed_to_another),
    (Rejection.SEALED_FOR_ANOTHER, _sealed_for_another),
    (Rejection.CPR_IN_TEXT, _cpr_in_text),
    (Rejection.NOT_A_PERSON, _nobody),
    (Rejection.NOT_A_PERSON, _no_such_day),
    (Rejection.DAY_NOT_OVER, _day_not_over),
    (Rejection.CLOCK_AHEAD, _clock_ahead),
)
"""Every reason of `models.reasons.Rejection` at least once."""
