"""One step of match: put an event into the person's record, and say which decisions are new or changed.

Deterministic: the record after a step is a function of the person's events in partition order alone.
A worker that died between its outputs writes the same ones again, under the same revisions.
"""

from dataclasses import dataclass
from hashlib import blake2b

from models.decide import decide
from models.decision import Cause, Decision, MessageRef
from models.events import Risk
from models.facts import fold
from models.law import Law
from models.person_event import PersonEvent
from models.record import Decided, PersonRecord


@dataclass(frozen=True, slots=True)
class Step:
    """What one event gave: the record to keep, the decisions to publish, and how many of them changed."""

    record: PersonRecord
    decisions: tuple[Decision, ...]
    changed: int


def apply(record: PersonRecord, event: PersonEvent, cause: Cause, law: Law) -> Step:
    """Apply the event at `cause` to `record`.

    A known event (a replay after a crash, or a repeat of an id) emits the person's current decisions again:
    the outputs of the first time may have been lost between the brokers and us.
    """
    events = _with(record.events, event)
    known = cause.offset <= record.applied or events == record.events
    decisions, decided = _decisions(record, events, cause, law)
    changed = [
        decision for decision in decisions if decision.revision > _revision(record, key_of(decision.message))
    ]
    return Step(
        # Not validated again: every part of it has been, and this is the stream's hottest line.
        record=PersonRecord.model_construct(
            person_id=record.person_id,
            applied=max(record.applied, cause.offset),
            events=events,
            decided=decided,
        ),
        decisions=tuple(decisions if known else changed),
        changed=len(changed),
    )


def key_of(message: MessageRef) -> str:
    """The key under which a record remembers a message's decision."""
    return f"{message.sender}/{message.message_id}"


def _with(events: tuple[PersonEvent, ...], event: PersonEvent) -> tuple[PersonEvent, ...]:
    """The events with this one; of a repeat with the same content, the one appended first stays.

    The same id with other content is kept beside it: `models.facts.fold` refuses whichever came later.
    """
    for place, known in enumerate(events):
        if known.identity == event.identity and known.fingerprint == event.fingerprint:
            if known.origin.order <= event.origin.order:
                return events
            return (*events[:place], event, *events[place + 1 :])
    return (*events, event)


def _decisions(
    record: PersonRecord, events: tuple[PersonEvent, ...], cause: Cause, law: Law
) -> tuple[list[Decision], dict[str, Decided]]:
    if not any(isinstance(event.content, Risk) for event in events):
        return [], record.decided
    facts = fold(events)
    decisions, decided = [], {}
    for message in facts.messages:
        content = message.content
        if not isinstance(content, Risk):
            continue
        reference = MessageRef(
            sender=message.sender,
            message_id=message.event_id,
            person_id=record.person_id,
            registered_at=message.registered_at,
            origin=message.origin,
            signals=content.signals,
            severity=content.severity,
            absence_percentage=content.absence_percentage,
            seen_at=content.seen_at,
        )
        verdict = decide(message, facts, law)
        key = key_of(reference)
        digest = blake2b(
            (verdict.model_dump_json() + reference.model_dump_json()).encode(), digest_size=12
        ).hexdigest()
        before = record.decided.get(key)
        now = before
        if now is None or now.digest != digest:
            now = Decided(revision=_revision(record, key) + 1, digest=digest, cause=cause)
        decided[key] = now
        decisions.append(
            Decision(
                message=reference,
                revision=now.revision,
                verdict=verdict,
                # A replay names the event that made the revision: the notices that follow from it keep their ids.
                cause=now.cause,
                sealed=message.sealed,
            )
        )
    return decisions, decided


def _revision(record: PersonRecord, key: str) -> int:
    known = record.decided.get(key)
    return 0 if known is None else known.revision
