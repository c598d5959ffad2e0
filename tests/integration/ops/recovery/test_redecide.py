"""Who waits for the law is found, one event for each person, and that event brings out the new decisions."""

import psycopg

from config.topics import Topic
from ledger.schema.migrate import migrate
from models.eligibility.decision import Decision, Outcome
from models.reasons import DecisionReason
from ops.recovery.redecide import TableReason, waiting
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import ARRIVED, decided


def waits(name: str, reason: DecisionReason, *, person: str, cause: int) -> Decision:
    """A message that is undecided for that reason."""
    decision = decided(name, unit=None, reason=reason, person=person, cause=cause)
    verdict = decision.verdict.model_copy(update={"outcome": Outcome.UNDECIDED, "review_on": ARRIVED.date()})
    return decision.model_copy(update={"verdict": verdict})


async def test_one_event_of_each_person_who_waits_for_the_law(database: str) -> None:
    await migrate(database)
    law = DecisionReason.LAW_NOT_CONFIRMED
    decisions = [
        waits("one", law, person="a" * 64, cause=3),
        waits("two", law, person="a" * 64, cause=8),
        waits("three", law, person="b" * 64, cause=5),
        waits("four", DecisionReason.RESIDENCE_UNKNOWN, person="c" * 64, cause=6),
        decided("five", person="d" * 64, cause=7),
    ]
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await Books(connection).project(decisions=decisions)
    with psycopg.connect(database, autocommit=True) as reading:
        found = waiting(reading, [TableReason.LAW_NOT_CONFIRMED])
    assert sorted((one.topic, one.partition, one.offset) for one in found) == [
        (Topic.PERSON_EVENTS, 0, 5),
        (Topic.PERSON_EVENTS, 0, 8),
    ]


async def test_one_event_of_each_person_who_waits_for_any_of_the_reasons(database: str) -> None:
    """Two reasons of one person are one event; what waits for a fact is no business of the tables."""
    await migrate(database)
    decisions = [
        waits("one", DecisionReason.EDUCATION_UNCERTAIN, person="a" * 64, cause=3),
        waits("two", DecisionReason.TARGET_GROUP_UNCERTAIN, person="a" * 64, cause=8),
        waits("three", DecisionReason.NO_RESPONSIBLE_UNIT, person="b" * 64, cause=5),
        waits("four", DecisionReason.ENROLMENT_UNKNOWN, person="c" * 64, cause=6),
        waits("five", DecisionReason.LAW_NOT_CONFIRMED, person="d" * 64, cause=7),
    ]
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await Books(connection).project(decisions=decisions)
    with psycopg.connect(database, autocommit=True) as reading:
        every = waiting(reading, TableReason)
        two = waiting(reading, [TableReason.NO_RESPONSIBLE_UNIT, TableReason.EDUCATION_UNCERTAIN])
    assert sorted(one.offset or 0 for one in every) == [5, 7, 8]
    assert sorted(one.offset or 0 for one in two) == [3, 5]
