"""One step of match: put an event into the person's record, and say which decisions are new or changed.

Deterministic: the record after a step is a function of the person's events in partition order alone.
A worker that died between its outputs writes the same ones again, under the same revisions.
"""

from dataclasses import dataclass
from hashlib import blake2b

from models.calendar import copenhagen_date
from models.eligibility.decide import BEFORE_THE_LAW, decide
from models.eligibility.decision import Cause, Decision, Evidence, MessageRef, Outcome, Verdict
from models.eligibility.facts import fold
from models.eligibility.law import Law
from models.eligibility.person_record import Decided, PersonRecord
from models.events.event_types import RefusedDuplicate, Risk
from models.events.fingerprints import same_content
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason

MAX_EVENTS = 300
"""Events of one person that are kept. At 2.7 kB for the largest of them a record stays under 1 MB, and under 3 MB
where every character of its words is one that JSON escapes; the topic takes 8 MB."""


@dataclass(frozen=True, slots=True)
class AppliedEvent:
    """What one event gave: the record to keep, the decisions to publish, and how many of them changed."""

    record: PersonRecord
    decisions: tuple[Decision, ...]
    changed: int


def apply(record: PersonRecord, event: PersonEvent, cause: Cause, law: Law) -> AppliedEvent:
    """Apply the event at `cause` to `record`.

    A record that comes again (read again after a crash, or driven again by the audit) emits the person's current
    decisions again: the outputs of the first time may have been lost between the brokers and us. A sender's repeat is
    another record, and what it repeats has its decisions already.
    """
    events = _with(record.events, event)
    # One that is known fits, though refusals have filled the record beyond its measure.
    if len(events) > max(MAX_EVENTS, len(record.events)) and not isinstance(event.content, RefusedDuplicate):
        return _overfull(record, event, cause, law)
    again = cause.offset <= record.applied or (
        events is record.events and any(known.origin.place == event.origin.place for known in events)
    )
    decisions, decided = _decisions(record, events, cause, law)
    changed = [
        decision for decision in decisions if decision.revision > _revision(record, key_of(decision.message))
    ]
    return AppliedEvent(
        record=record.model_copy(
            update={
                "applied": max(record.applied, cause.offset),
                "events": events,
                "decided": decided,
            }
        ),
        decisions=tuple(decisions if again else changed),
        changed=len(changed),
    )


def _overfull(record: PersonRecord, event: PersonEvent, cause: Cause, law: Law) -> AppliedEvent:
    """An event that no longer fits into the person's record: a message waits for people, a fact is left out.

    Beyond this the order of arrival matters. Nobody's life fills so many events; a sender in a loop does, and it must
    neither stop the partition for everybody else nor be answered with silence.
    """
    decisions = []
    if isinstance(event.content, Risk):
        day = copenhagen_date(event.registered_at)
        rules = law.rules_on(day)
        verdict = Verdict(
            outcome=Outcome.UNDECIDED,
            reason=DecisionReason.TOO_MANY_EVENTS,
            law_version=BEFORE_THE_LAW if rules is None else rules.version,
            evidence=Evidence(message_date=day),
            review_on=day,
        )
        reference = _reference(event, record.person_id)
        decisions.append(
            Decision(message=reference, revision=1, verdict=verdict, cause=cause, sealed=event.sealed)
        )
    return AppliedEvent(
        record=record.model_copy(update={"applied": max(record.applied, cause.offset)}),
        decisions=tuple(decisions),
        changed=len(decisions),
    )


def key_of(message: MessageRef) -> str:
    """The key under which a record remembers a message's decision."""
    return f"{message.sender}/{message.message_id}"


def _with(events: tuple[PersonEvent, ...], event: PersonEvent) -> tuple[PersonEvent, ...]:
    """The events with this one; of a repeat with the same content, the one appended first stays.

    The same id with other content is kept beside it: `models.eligibility.facts.fold` refuses whichever came later.
    """
    for place, known in enumerate(events):
        if known.identity == event.identity and same_content(known, event):
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
        reference = _reference(message, record.person_id)
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


def _reference(message: PersonEvent, person_id: str) -> MessageRef:
    content = message.risk
    return MessageRef(
        sender=message.sender,
        message_id=message.event_id,
        person_id=person_id,
        registered_at=message.registered_at,
        origin=message.origin,
        signals=content.signals,
        severity=content.severity,
        absence_percentage=content.absence_percentage,
        seen_at=content.seen_at,
    )


def _revision(record: PersonRecord, key: str) -> int:
    known = record.decided.get(key)
    return 0 if known is None else known.revision
