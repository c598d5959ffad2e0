"""The verdicts on all messages of a person, and which of them say something else than what was decided last. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import asdict

from models.eligibility.decide import decide
from models.eligibility.decision import Cause, Decision, MessageRef
from models.eligibility.digest import digest_of
from models.eligibility.facts import fold
from models.eligibility.law import Law
from models.eligibility.person_record import Decided, PersonRecord, SupersededEvent
from models.events.person_event import Origin, PersonEvent
from models.events.simple_event import KnownEvent


class MessageDecisions(NamedTuple):
    """The decisions to publish, how many of them changed, and what is remembered of each message."""

    decisions: tuple[Decision, ...]
    changed: int
    decided: dict[str, Decided]


def decide_messages(
    record: PersonRecord,
    events: Sequence[KnownEvent],
    superseded: Sequence[SupersededEvent],
    cause: Cause,
    law: Law,
    *,
    again: bool,
) -> MessageDecisions:
    """Decide on the messages among `events`, which with `superseded` are all that is known of the person of `record`.

    `again`: those are published, too, that say what they said.
    """
    if not any(event.is_message for event in events):
        return MessageDecisions((), 0, record.decided)
    facts = fold(events, superseded, law.succession)
    decisions, decided, changed = [], {}, 0
    for message in facts.messages:
        reference = reference_of(message, record.person_id)
        verdict = decide(message, facts, law)
        key = key_of(reference)
        digest = digest_of(verdict, reference, record.joined)
        last = record.decided.get(key)
        now = last
        if now is None or now.digest != digest:
            now = Decided(revision=1 if last is None else last.revision + 1, digest=digest, cause=cause)
            changed += 1
        decided[key] = now
        if again or now is not last:
            decisions.append(
                Decision(
                    message=reference,
                    revision=now.revision,
                    verdict=verdict,
                    # A replay names the event that made the revision: notices that follow from it keep their ids.
                    cause=now.cause,
                    sealed=message.sealed,
                    joined=record.joined or None,
                )
            )
    return MessageDecisions(tuple(decisions), changed, decided)


def key_of(message: MessageRef) -> str:
    """The key under which a record remembers a message's decision."""
    return f"{message.sender}/{message.message_id}"


def reference_of(message: KnownEvent, person_id: str) -> MessageRef:
    """The message as a decision names it."""
    content = message.risk
    forwarded = message.forwarded if isinstance(message, PersonEvent) else None
    return MessageRef(
        sender=message.sender,
        message_id=message.event_id,
        person_id=person_id,
        registered_at=message.registered_at,
        origin=message.origin
        if isinstance(message, PersonEvent)
        else Origin.model_validate(asdict(message.origin)),
        signals=content.signals,
        severity=content.severity,
        absence_percentage=content.absence_percentage,
        seen_at=content.seen_at,
        sent_as=None if forwarded is None else forwarded.sent_as,
    )
