"""The verdicts on all messages of a person, and which of them say something else than what was decided last. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.eligibility.decide import decide
from models.eligibility.decision import MessageRef
from models.eligibility.digest import digest_of
from models.eligibility.facts import fold
from models.eligibility.law import Law
from models.eligibility.person_record import Decided, SupersededEvent
from models.eligibility.simple_decision import SimpleCause, SimpleDecided, SimpleDecision, SimpleMessageRef
from models.events.person_event import PersonEvent
from models.events.simple_event import KnownEvent


class BeforeEvent(NamedTuple):
    """What a person's record says of the person and the last decisions."""

    person_id: str
    joined: tuple[str, ...]
    decided: Mapping[str, Decided | SimpleDecided]


class MessageDecisions(NamedTuple):
    """The decisions to publish, how many of them changed, and what is remembered of each message."""

    decisions: tuple[SimpleDecision, ...]
    changed: int
    decided: Mapping[str, Decided | SimpleDecided]


def decide_messages(
    before: BeforeEvent,
    events: Sequence[KnownEvent],
    superseded: Sequence[SupersededEvent],
    cause: SimpleCause,
    law: Law,
    *,
    again: bool,
) -> MessageDecisions:
    """Decide on the messages among `events`, which with `superseded` are all that is known of the person.

    `again`: those are published, too, that say what they said.
    """
    if not any(event.is_message for event in events):
        return MessageDecisions((), 0, before.decided)
    facts = fold(events, superseded, law.succession)
    decisions = []
    decided: dict[str, Decided | SimpleDecided] = {}
    changed = 0
    for message in facts.messages:
        reference = reference_of(message, before.person_id)
        verdict = decide(message, facts, law)
        key = key_of(reference)
        digest = digest_of(verdict, reference, before.joined)
        last = before.decided.get(key)
        now = last
        if now is None or now.digest != digest:
            now = SimpleDecided(1 if last is None else last.revision + 1, digest, cause)
            changed += 1
        decided[key] = now
        if again or now is not last:
            decisions.append(
                SimpleDecision(
                    message=reference,
                    revision=now.revision,
                    verdict=verdict,
                    # A replay names the event that made the revision: notices that follow from it keep their ids.
                    cause=SimpleCause(now.cause.partition, now.cause.offset),
                    sealed=message.sealed,
                    joined=before.joined or None,
                )
            )
    return MessageDecisions(tuple(decisions), changed, decided)


def key_of(message: MessageRef | SimpleMessageRef) -> str:
    """The key under which a record remembers a message's decision."""
    return f"{message.sender}/{message.message_id}"


def reference_of(message: KnownEvent, person_id: str) -> SimpleMessageRef:
    """The message as a decision names it."""
    content = message.risk
    forwarded = message.forwarded if isinstance(message, PersonEvent) else None
    return SimpleMessageRef(
        sender=message.sender,
        message_id=message.event_id,
        person_id=person_id,
        registered_at=message.registered_at,
        origin=message.origin,
        signals=content.signals,
        severity=content.severity,
        absence_percentage=content.absence_percentage,
        seen_at=content.seen_at,
        sent_as=None if forwarded is None else forwarded.sent_as,
    )
