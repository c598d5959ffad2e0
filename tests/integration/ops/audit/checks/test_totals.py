"""Control totals: what a sender says that it has published of a day is held against what has come."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from models.events.event_types import CONTROL_TOTAL
from models.events.receipt import KeptCount, Receipt, ReceiptStatus, Total
from models.reasons import Rejection
from ops.audit.checks.totals import DISAGREES
from ops.audit.index import AuditIndex
from ops.audit.report import AuditReport, Check
from tests.integration.ops.audit.world import World, account, faults, student

HOUR = timedelta(hours=1)


def balances(result: AuditReport) -> bool:
    return all(one.balances for one in result.accounts)


async def tell_all(world: World, *names: str) -> None:
    """Whole students, booked and told."""
    for name in names:
        for event in student(name):
            world.tell(event)
    await world.book()
    world.deliver()


RAISED, ENROLLED = "dk.frafaldsvarsel.dropout-risk.raised.v1", "dk.frafaldsvarsel.enrolment.registered.v1"


def declare(world: World, day: date, counts: dict[str, int], **changes: Any) -> Receipt:
    """A control total of the school, as intake answers it; told an hour after the day's end."""
    event = student("any")[0]
    said = {"type": CONTROL_TOTAL, "event_id": str(uuid4()), "registered_on": day + timedelta(days=1)}
    total = Total(
        day=day,
        registered_at=changes.pop("at", datetime.combine(day + timedelta(days=1), time(1), UTC)),
        counts=tuple(KeptCount(type=kind, events=events) for kind, events in counts.items()),
    )
    receipt = world.receipt(
        event, **said | {"origin": world.input("control-totals"), "total": total} | changes
    )
    world.answer(receipt)
    return receipt


def sent(world: World, day: date, **changes: Any) -> Receipt:
    """An enrolment of that day that was refused for its content, and came all the same."""
    event = student("any")[0].model_copy(update={"origin": world.input("enrolments", 3)})
    refusal = {"status": ReceiptStatus.REJECTED, "reason": Rejection.WRONG_FIELD, "fingerprint": None}
    receipt = world.receipt(event, **refusal | {"event_id": str(uuid4()), "registered_on": day} | changes)
    world.answer(receipt)
    return receipt


async def test_a_control_total_is_held_against_what_has_come(world: World) -> None:
    """By sender, day and type; each id once, whatever intake answered; the total registered last holds."""
    await tell_all(world, "a")
    first, second, third = (date(2025, 10, number) for number in (1, 2, 3))
    once = sent(world, first)
    sent(world, first, event_id=once.event_id)
    sent(world, first)
    sent(world, first, type=RAISED)
    sent(world, first, sender="900101")
    sent(world, second)
    declare(world, first, {ENROLLED: 9}, at=datetime(2025, 10, 2, 1, tzinfo=UTC))
    declare(world, first, {ENROLLED: 2, RAISED: 1}, at=datetime(2025, 10, 2, 5, tzinfo=UTC))
    declare(world, first, {ENROLLED: 7}, at=datetime(2025, 10, 2, 3, tzinfo=UTC))
    wrong = declare(world, second, {RAISED: 3})
    declare(world, third, {ENROLLED: 0})
    await world.book()
    result = world.audit()
    assert [(one.hop, one.what, one.offset, one.detail) for one in result.exceptions] == [
        (
            Check.TOTALS,
            DISAGREES,
            wrong.origin.offset,
            "sender 280051, 2025-10-02, dropout-risk.raised: 3 declared, 0 came",
        ),
        (
            Check.TOTALS,
            DISAGREES,
            wrong.origin.offset,
            "sender 280051, 2025-10-02, enrolment.registered: 0 declared, 1 came",
        ),
    ]
    totals = account(result, Check.TOTALS)
    assert (totals.total, totals.parts, totals.unaccounted, totals.beside) == (
        5,
        {"agree": 3},
        2,
        {"days": 3},
    )
    assert account(result, Check.PERSON_EVENTS).parts == {"applied": 4, "about_nobody": 5}
    assert balances(result)
    patient = account(world.audit(grace=HOUR), Check.TOTALS)
    assert (patient.under_way, patient.unaccounted) == (2, 0)


async def test_the_versions_of_a_type_are_counted_as_one(world: World) -> None:
    """A school goes over to version 2 at noon, repeats one event in it, and counts by whatever names it has."""
    newer = ENROLLED.replace(".v1", ".v2")
    days = [date(2025, 10, number) for number in (1, 2, 3)]
    for day, counts in zip(days, ({ENROLLED: 3}, {newer: 3}, {ENROLLED: 1, newer: 2}), strict=True):
        once = sent(world, day)
        sent(world, day, event_id=once.event_id, type=newer)
        sent(world, day, type=newer)
        sent(world, day, type=newer)
        declare(world, day, counts)
    await world.book()
    totals = account(world.audit(), Check.TOTALS)
    assert (totals.parts, totals.unaccounted) == ({"agree": 3}, 0)


async def test_an_accepted_message_of_either_version_needs_a_decision(world: World) -> None:
    """Each message is answered, and its decision never comes."""
    for name, version in (("a", "v1"), ("b", "v2")):
        event = student(name)[-1]
        assert event.content.kind == "dropout-risk.raised"
        world.answer(world.receipt(event, type=RAISED.replace("v1", version)))
    await world.book()
    decisions = account(world.audit(), Check.DECISIONS)
    assert decisions.total == 2


async def test_a_day_that_agreed_is_counted_again_when_something_is_added(world: World) -> None:
    """What agreed is remembered in the notes, and a late event, or another total, opens it again."""
    day = date(2025, 10, 1)
    sent(world, day)
    declare(world, day, {ENROLLED: 1})
    await world.book()
    index = AuditIndex()
    for _ in range(2):
        assert account(world.audit(index=index), Check.TOTALS).parts == {"agree": 1}
    assert index.value("SELECT count(*) FROM day WHERE stale AND agreed") == 0
    sent(world, day)
    await world.book()
    assert [one.detail for one in world.audit(index=index).exceptions] == [
        "sender 280051, 2025-10-01, enrolment.registered: 1 declared, 2 came"
    ]
    declare(world, day, {ENROLLED: 2}, at=datetime(2025, 10, 3, tzinfo=UTC))
    await world.book()
    assert account(world.audit(index=index), Check.TOTALS).parts == {"agree": 1}


async def test_a_day_is_not_settled_while_receipts_are_missing_in_the_ledger(world: World) -> None:
    """Its count may be right by chance: the missing one would make it wrong."""
    day = date(2025, 10, 1)
    sent(world, day)
    unbooked = sent(world, day)
    world.batch.receipts.remove(unbooked)
    declare(world, day, {ENROLLED: 1})
    await world.book()
    index = AuditIndex()
    assert account(world.audit(index=index), Check.TOTALS).parts == {"agree": 1}
    world.batch.receipts.append(unbooked)
    await world.book()
    assert [one.hop for one in world.audit(index=index).exceptions] == [Check.TOTALS]


async def test_a_total_that_reuses_the_id_of_another_event_is_refused(world: World) -> None:
    """The first one with the id stands, whatever it was about; the day's other total holds."""
    day = date(2025, 10, 1)
    declare(world, day, {ENROLLED: 0})
    told = world.tell(student("b")[3])
    late = datetime(2025, 10, 9, tzinfo=UTC)
    declare(world, day, {ENROLLED: 5}, at=late, event_id=told.event_id, fingerprint="other")
    await world.book()
    result = world.audit()
    assert faults(result) == []
    assert account(result, Check.TOTALS).parts == {"agree": 1}
    assert world.sql("SELECT count(*) FROM repeats WHERE kind = 'conflict' AND resolved_at IS NOT NULL") == [
        (1,)
    ]
