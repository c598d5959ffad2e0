"""Who waits for the law is found, one event for each person, and that event brings out the new decisions."""

import psycopg

from config.topics import Topic
from models.eligibility.decision import Decision, Outcome
from models.events.receipt import Applied, AppliedEntry, Receipt, ReceiptStatus
from models.reasons import DecisionReason
from ops.recovery.redecide import RedecideReason, joins, of_senders, waiting
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import ARRIVED, decided


def waits(name: str, reason: DecisionReason, *, person: str, cause: int) -> Decision:
    """A message that is undecided for that reason."""
    decision = decided(name, unit=None, reason=reason, person=person, cause=cause)
    verdict = decision.verdict.model_copy(update={"outcome": Outcome.UNDECIDED, "review_on": ARRIVED.date()})
    return decision.model_copy(update={"verdict": verdict})


async def test_one_event_of_each_person_who_waits_for_the_law(ledger_url: str) -> None:
    law = DecisionReason.LAW_NOT_CONFIRMED
    decisions = [
        waits("one", law, person="a" * 64, cause=3),
        waits("two", law, person="a" * 64, cause=8),
        waits("three", law, person="b" * 64, cause=5),
        waits("four", DecisionReason.RESIDENCE_UNKNOWN, person="c" * 64, cause=6),
        decided("five", person="d" * 64, cause=7),
    ]
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await Books(connection).project(decisions=decisions)
    with psycopg.connect(ledger_url, autocommit=True) as reading:
        found = waiting(reading, [RedecideReason.LAW_NOT_CONFIRMED])
    assert sorted((one.topic, one.partition, one.offset) for one in found) == [
        (Topic.PERSON_EVENTS, 0, 5),
        (Topic.PERSON_EVENTS, 0, 8),
    ]


async def test_one_event_of_each_person_who_waits_for_any_of_the_reasons(ledger_url: str) -> None:
    """Two reasons of one person are one event; what waits for a fact is no business of the tables."""
    decisions = [
        waits("one", DecisionReason.EDUCATION_UNCERTAIN, person="a" * 64, cause=3),
        waits("two", DecisionReason.TARGET_GROUP_UNCERTAIN, person="a" * 64, cause=8),
        waits("three", DecisionReason.NO_RESPONSIBLE_UNIT, person="b" * 64, cause=5),
        waits("four", DecisionReason.ENROLMENT_UNKNOWN, person="c" * 64, cause=6),
        waits("five", DecisionReason.LAW_NOT_CONFIRMED, person="d" * 64, cause=7),
    ]
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await Books(connection).project(decisions=decisions)
    with psycopg.connect(ledger_url, autocommit=True) as reading:
        every = waiting(reading, RedecideReason)
        two = waiting(reading, [RedecideReason.NO_RESPONSIBLE_UNIT, RedecideReason.EDUCATION_UNCERTAIN])
    assert sorted(one.offset or 0 for one in every) == [5, 7, 8]
    assert sorted(one.offset or 0 for one in two) == [3, 5]


async def test_who_was_frozen_by_the_earlier_bound_is_asked_about_and_not_what_is_left_out(
    ledger_url: str,
) -> None:
    """An entry of before says nothing of why; what is left out now would be left out again."""
    frozen, out = (
        waits(name, DecisionReason.TOO_MANY_EVENTS, person=name * 64, cause=cause)
        for name, cause in (("a", 3), ("b", 4))
    )
    entries = []
    for decision in (frozen, out):
        origin = decision.message.origin
        entry = {
            "offset": decision.cause.offset,
            "origin_topic": origin.topic,
            "origin_partition": origin.partition,
            "origin_offset": origin.offset,
            "person_id": decision.message.person_id,
            "changed": 1,
        }
        why = {
            "reason": "sender_bound",
            "sender": decision.message.sender,
            "event_id": decision.message.message_id,
            "appended_at": origin.appended_at,
        }
        entries.append(AppliedEntry.model_validate(entry | ({"left_out": why} if decision is out else {})))
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        applied = Applied(partition=0, entries=tuple(entries))
        await Books(connection).project(decisions=[frozen, out], applied=[applied])
    with psycopg.connect(ledger_url, autocommit=True) as reading:
        found = waiting(reading, [RedecideReason.TOO_MANY_EVENTS])
    assert [one.offset for one in found] == [3]


async def test_after_a_merger_one_event_of_each_person_whom_the_sender_has_told_us_of(
    ledger_url: str,
) -> None:
    """A person without a message has nothing to be decided; one of another sender's is not touched."""
    messages = [
        decided("one", person="a" * 64, cause=3),
        decided("two", person="a" * 64, cause=8),
        decided("three", person="b" * 64, cause=5, sender="101"),
    ]
    entries = [_entry(one, offset) for one, offset in zip(messages, (3, 8, 5), strict=True)]
    facts = decided("a fact", person="c" * 64, cause=6)
    receipts = [_receipt(one) for one in (*messages, facts)]
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        applied = Applied(partition=0, entries=(*entries, _entry(facts, 6)))
        await Books(connection).project(receipts=receipts, decisions=messages, applied=[applied])
    with psycopg.connect(ledger_url, autocommit=True) as reading:
        found = of_senders(reading, [messages[0].message.sender])
        assert [one.offset for one in found] == [8]
        assert of_senders(reading, ["999"]) == []


def _entry(decision: Decision, offset: int) -> AppliedEntry:
    origin = decision.message.origin
    return AppliedEntry(
        offset=offset,
        origin_topic=origin.topic,
        origin_partition=origin.partition,
        origin_offset=origin.offset,
        person_id=decision.message.person_id,
        changed=1,
    )


def _receipt(decision: Decision) -> Receipt:
    message = decision.message
    return Receipt(
        origin=message.origin,
        status=ReceiptStatus.ACCEPTED,
        sender=message.sender,
        event_id=message.message_id,
        fingerprint=message.message_id,
    )


async def test_every_change_of_number_is_handed_over_and_nothing_else(ledger_url: str) -> None:
    """With a message or without one: what was lost may be the first that the ledger would have heard."""
    change, message = decided("a change", person="a" * 64), decided("one", person="b" * 64)
    of_change = _receipt(change).model_copy(update={"type": "dk.frafaldsvarsel.person-number.changed.v2"})
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        applied = Applied(partition=0, entries=(_entry(change, 4), _entry(change, 9), _entry(message, 6)))
        await Books(connection).project(receipts=[of_change, _receipt(message)], applied=[applied])
    with psycopg.connect(ledger_url, autocommit=True) as reading:
        assert [one.offset for one in joins(reading)] == [4, 9]
