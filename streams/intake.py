"""Intake's rule: an input record in, a receipt and perhaps a person event out.

Pure given its context (keys, register, tolerance): it reads no clock and sends nothing. Every record gets exactly
one receipt; what is refused keeps its bytes, sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Protocol

import orjson
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from crypto import signature as signatures
from crypto.intake_vault import IntakeVault
from crypto.published_keys import SIGNING
from models.base import Frozen
from models.calendar import copenhagen_date
from models.events import probe_identity
from models.events.accepted_event import AcceptedEvent, kept_content
from models.events.claimed import claims
from models.events.cloudevent import Envelope, RefusedError, read
from models.events.contract import is_uuid
from models.events.control_total import ControlTotalData
from models.events.event_types import EVENT_TYPES, EventType, InputTopic, countable, has_ended
from models.events.receipt import KeptCount, Total
from models.events.sender import Sender, VerificationKey
from models.events.sensitive_fields import SensitiveFields, sealed_for
from models.events.simple_event import SimpleOrigin
from models.events.simple_receipt import KnownReceipt
from models.reasons import Rejection
from streams.fingerprints import Fingerprints, fingerprints
from streams.open_person import open_person
from streams.receipt_draft import ReceiptDraft
from streams.signed_content import describe_signed
from streams.wrong_fields import wrong_field

_MAX_PAYLOAD_BYTES = 4 * 1024 * 1024
"""Bytes that fit into ``rejected`` when they are sealed. The input topics take a quarter of it, uncompressed; a record
from before that was so must not stop its partition either."""


class SenderKeys(Protocol):
    """The senders' register as intake asks it."""

    def find(self, number: str) -> Sender | None:
        """The sender of that number."""

    def key(self, number: str, kid: str) -> tuple[VerificationKey, OKPKey] | None:
        """One of the sender's keys."""

    def of_source(self, source: str) -> Sender | None:
        """The only sender of that CloudEvents ``source``; None for none and for several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What intake judges by."""

    register: SenderKeys
    vault: IntakeVault
    opening_keys: Mapping[str, OKPKey]
    clock_tolerance: timedelta
    published_keys_taken: bool = False
    """Whether a key whose private half everybody can read may sign: for trying things out."""
    version_1_until: date | None = None
    """The last Danish day of the broker's append time on which version 1 of an event about a person is taken."""


@dataclass(frozen=True, slots=True)
class InputRecord:
    """A record of an input topic as the broker holds it."""

    origin: SimpleOrigin
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(frozen=True, slots=True)
class Validated:
    """Intake's answer: `event` for an accepted record about a person, `rejected_payload` (sealed) for a refused one."""

    receipt: KnownReceipt
    event: AcceptedEvent | None = None
    rejected_payload: str | None = None


def validate_record(record: InputRecord, context: Context) -> Validated:
    """Judge one record. Raises nothing for bad input."""
    draft = ReceiptDraft(record.origin)
    try:
        found, event = _accept(record, context, draft)
    except RefusedError as error:
        _name(draft, record, context.register)
        return Validated(
            draft.rejected(error.refused), rejected_payload=_sealed_payload(record, context.vault)
        )
    return Validated(draft.accepted(found.written, found.utc), event=event)


def _name(draft: ReceiptDraft, record: InputRecord, register: SenderKeys) -> None:
    """Put the sender and the id that the record claims onto a refusal that came before they were established."""
    if draft.sender is not None and draft.event_id is not None:
        return
    said = claims(record.value, record.headers)
    draft.event_id = draft.event_id or said.event_id
    if draft.sender is None:
        found = (
            *(register.find(number) for number in said.senders),
            *(register.of_source(source) for source in said.sources),
        )
        draft.sender = next((sender.number for sender in found if sender is not None), None)


def _accept(
    record: InputRecord, context: Context, draft: ReceiptDraft
) -> tuple[Fingerprints, AcceptedEvent | None]:
    """A good record's fingerprints and person event. Raises `RefusedError`; `draft` holds what was found so far."""
    origin = record.origin
    envelope = read(record.value, record.headers)
    event_type = _type(envelope, origin.topic, draft)
    event_id = envelope.attributes["id"]
    if not is_uuid(event_id):
        raise RefusedError(Rejection.NOT_A_CLOUDEVENT, "id is not a UUID in lower case")
    draft.event_id = event_id
    sender = _sender(envelope, origin, context.register, draft)
    if sender.kind not in event_type.senders:
        raise RefusedError(Rejection.NOT_SENDERS_TYPE)
    _verify(envelope, event_type, origin, sender, context)
    if has_ended(event_type, copenhagen_date(origin.appended_at), context.version_1_until):
        raise RefusedError(Rejection.VERSION_ENDED)
    draft.sequence = envelope.sequence
    draft.registered_on = copenhagen_date(envelope.time)
    if envelope.time > origin.appended_at + context.clock_tolerance:
        raise RefusedError(Rejection.CLOCK_AHEAD)
    data = _data(envelope, event_type)
    if event_type.owner is not None and getattr(data, event_type.owner) != sender.number:
        raise RefusedError(Rejection.NOT_SENDERS_OWN, event_type.owner)
    if isinstance(data, ControlTotalData):
        draft.total = _total(envelope, data, sender)
        return fingerprints(envelope, event_type, data, data.model_dump(mode="json"), {}, context.vault), None
    return _event(envelope, event_type, data, origin, context)


def _total(envelope: Envelope, data: ControlTotalData, sender: Sender) -> Total:
    if not {count.type for count in data.counts} <= countable(sender.kind):
        raise RefusedError(Rejection.NOT_SENDERS_TYPE, "counts")
    if data.day >= copenhagen_date(envelope.time):
        raise RefusedError(Rejection.DAY_NOT_OVER, "day")
    counts = tuple(KeptCount(type=one.type, events=one.events) for one in data.counts)
    return Total(day=data.day, registered_at=envelope.time, counts=counts)


def _type(envelope: Envelope, topic: str, draft: ReceiptDraft) -> EventType:
    name = envelope.attributes["type"]
    event_type = EVENT_TYPES.get(name)
    if event_type is None:
        versions = {known.rsplit(".v", 1)[0] for known in EVENT_TYPES}
        if name.rsplit(".v", 1)[0] in versions:
            raise RefusedError(Rejection.UNKNOWN_VERSION)
        raise RefusedError(Rejection.UNKNOWN_TYPE)
    draft.type = name
    if event_type.topic != topic:
        raise RefusedError(Rejection.WRONG_TOPIC, f"it belongs on {event_type.topic}")
    return event_type


def _sender(envelope: Envelope, origin: SimpleOrigin, register: SenderKeys, draft: ReceiptDraft) -> Sender:
    sender = register.find(envelope.attributes["sender"])
    day = copenhagen_date(origin.appended_at)
    if sender is None:
        raise RefusedError(Rejection.UNKNOWN_SENDER, "sender is not registered")
    draft.sender = sender.number
    if day < sender.valid_from or (sender.valid_to is not None and day >= sender.valid_to):
        raise RefusedError(Rejection.UNKNOWN_SENDER, "sender is not registered on that date")
    if envelope.attributes["source"] != sender.source:
        raise RefusedError(Rejection.UNKNOWN_SENDER, "source is not the sender's")
    return sender


def _verify(
    envelope: Envelope, event_type: EventType, origin: SimpleOrigin, sender: Sender, context: Context
) -> None:
    signature = envelope.signature
    if not signature:
        raise RefusedError(Rejection.SIGNATURE_MISSING)
    try:
        found = context.register.key(sender.number, signatures.key_id(signature))
    except signatures.SignatureError as error:
        raise RefusedError(Rejection.SIGNATURE_INVALID, str(error)) from None
    if found is None:
        raise RefusedError(Rejection.UNKNOWN_KEY)
    validity, key = found
    if validity.x in SIGNING and not context.published_keys_taken:
        raise RefusedError(Rejection.UNKNOWN_KEY, "a published key signs for nobody")
    if origin.appended_at < validity.valid_from or (
        validity.valid_to is not None and origin.appended_at >= validity.valid_to
    ):
        raise RefusedError(Rejection.KEY_NOT_VALID)
    if _fits_quickly(envelope, signature, key, origin.topic) or _fits(envelope, signature, key, origin.topic):
        return
    if any(_fits(envelope, signature, key, other) for other in InputTopic if other != origin.topic):
        raise RefusedError(Rejection.SIGNED_FOR_OTHER_TOPIC)
    raise RefusedError(Rejection.SIGNATURE_INVALID, describe_signed(envelope, event_type, origin.topic))


def _fits_quickly(envelope: Envelope, signature: str, key: OKPKey, topic: str) -> bool:
    try:
        content = signatures.quick_signing_input(envelope.attributes, envelope.data, topic)
        signatures.verify(signature, content, key)
    except (signatures.NotCanonicalError, signatures.SignatureError):
        return False
    return True


def _fits(envelope: Envelope, signature: str, key: OKPKey, topic: str) -> bool:
    try:
        signatures.verify(signature, signatures.signing_input(envelope.attributes, envelope.data, topic), key)
    except signatures.NotCanonicalError:
        raise RefusedError(
            Rejection.WRONG_FIELD, "data holds a number that JSON cannot carry exactly"
        ) from None
    except signatures.SignatureError:
        return False
    return True


def _data(envelope: Envelope, event_type: EventType) -> Frozen:
    try:
        return event_type.data.model_validate_json(orjson.dumps(envelope.data), strict=True)
    except ValidationError as error:
        raise wrong_field(error, event_type.data) from None


def _event(
    envelope: Envelope, event_type: EventType, data: Any, origin: SimpleOrigin, context: Context
) -> tuple[Fingerprints, AcceptedEvent]:
    opened = open_person(
        envelope, event_type, data, context.opening_keys, copenhagen_date(origin.appended_at)
    )
    numbers, fields = opened.numbers, opened.fields
    attributes = envelope.attributes
    for name, number in numbers.items():
        field = probe_identity.oversteps(attributes["sender"], number, fields.get("municipality_code"))
        if field is not None:
            raise RefusedError(Rejection.NOT_SENDERS_OWN, name if field == "cpr" else field)
    people = {name: context.vault.person_id(number) for name, number in numbers.items()}
    person_id = people["cpr"]
    found = fingerprints(envelope, event_type, data, fields, people, context.vault)
    sealed = None
    if event_type.kind == "dropout-risk.raised":
        particulars = SensitiveFields(
            cpr=numbers["cpr"], text=fields.get("text"), contact=fields.get("contact")
        )
        sealed = context.vault.seal(
            particulars.model_dump_json().encode(),
            sealed_for(attributes["sender"], attributes["id"], person_id),
            origin.appended_at,
        )
    if "new_cpr" in people:
        fields["new_person_id"] = people["new_cpr"]
    event = AcceptedEvent(
        person_id=person_id,
        sender=attributes["sender"],
        event_id=attributes["id"],
        registered_at=envelope.time,
        origin=origin,
        fingerprint=found.written,
        fingerprint_utc=found.utc,
        content=kept_content(event_type, fields),
        sealed=sealed,
    )
    return found, event


def _sealed_payload(record: InputRecord, vault: IntakeVault) -> str:
    """The refused record's bytes, sealed: a line of JSON with the headers, then the value as it was."""
    headers = orjson.dumps([[name, (content or b"").hex()] for name, content in record.headers])
    origin = record.origin
    purpose = f"rejected/{origin.topic}/{origin.partition}/{origin.offset}"
    content = headers + b"\n" + (record.value or b"")
    if len(content) > _MAX_PAYLOAD_BYTES:
        content = orjson.dumps({"too_large_to_keep": len(content), "sha256": sha256(content).hexdigest()})
    return vault.seal(content, purpose, origin.appended_at)
