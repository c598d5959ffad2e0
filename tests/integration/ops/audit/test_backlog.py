"""A backlog is no loss: what a step has still to come to waits, however old it is; what it has passed by is missing."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from config.topics import PERSON_PARTITIONS, Topic
from ledger.consume.batch import Batch
from models.eligibility.decision import Cause
from models.events.person_event import PersonEvent
from models.events.receipt import ReceiptStatus
from models.reasons import Rejection
from ops.audit.checks.applied import COPY
from ops.audit.checks.followed import BEHIND
from ops.audit.checks.sequences import MISSING
from ops.audit.index import AuditIndex
from ops.audit.redriven import note_redriven
from ops.audit.report import AuditReport, Check, GapKind
from ops.audit.rounds import due_of
from streams.batch_producer import partition_of
from tests.integration.ops.audit.test_auditor import tell_all
from tests.integration.ops.audit.world import World, account, faults, places, student

PART = partition_of("person b", PERSON_PARTITIONS)
EVENTS = str(Topic.PERSON_EVENTS)


def waiting(result: AuditReport) -> set[str]:
    """The topics in which something waits."""
    return {one.topic for one in result.waiting}


def message(world: World) -> PersonEvent:
    """One accepted message of a person of whom nothing else is known, with its receipt."""
    event = student("b")[3].model_copy(update={"origin": world.input("dropout-risks")})
    world.answer(world.receipt(event))
    return event


async def test_a_worker_that_stands_still_has_lost_nothing(world: World) -> None:
    await tell_all(world, "a")
    world.pass_all()
    for _ in range(12):
        world.input("residences", 1)
    result = world.audit(waits=True)
    assert faults(result) == []
    receipts = account(result, Check.RECEIPTS)
    assert (receipts.under_way, receipts.unaccounted, receipts.balances) == (12, 0, True)
    assert [(one.topic, one.partition) for one in result.waiting] == [("residences", 1)]
    assert result.oldest_seconds > 0
    assert result.stuck == ()
    world.pass_by("residences", 1, 7)
    passed = world.audit(waits=True)
    assert [offset for *_, offset in places(passed, GapKind.NO_RECEIPT)] == list(range(7))
    assert account(passed, Check.RECEIPTS).under_way == 5
    assert account(world.audit(waits=True, grace=timedelta(hours=1)), Check.RECEIPTS).under_way == 12


async def test_a_match_that_stands_still_has_lost_nothing(world: World) -> None:
    """Its events wait, and so does all that would follow from them."""
    await tell_all(world, "a")
    world.pass_all()
    event = message(world)
    await world.book()
    world.pass_by("dropout-risks", 0, event.origin.offset)
    assert faults(world.audit(waits=True)) == []  # intake has not finished the record: the event is to come
    cause = world.call(event)
    world.pass_by("dropout-risks", 0, event.origin.offset + 1)
    result = world.audit(waits=True)
    assert faults(result) == []
    assert waiting(result) == {EVENTS}
    assert [
        account(result, one).under_way for one in (Check.PERSON_EVENTS, Check.APPLIED, Check.DECISIONS)
    ] == [1] * 3
    world.pass_by(EVENTS, PART, cause.offset + 1)
    passed = world.audit(waits=True)
    assert faults(passed) == [
        (Check.APPLIED, GapKind.NOT_APPLIED),
        (Check.DECISIONS, BEHIND),
        (Check.PERSON_EVENTS, BEHIND),
    ]
    assert [(one.topic, one.offset) for one in due_of(passed)] == [(EVENTS, cause.offset)]


async def test_an_event_that_intake_never_wrote_is_missing_at_its_record(world: World) -> None:
    await tell_all(world, "a")
    event = message(world)
    await world.book()
    result = world.audit()
    assert faults(result) == [(Check.DECISIONS, BEHIND), (Check.PERSON_EVENTS, GapKind.NOT_FOLLOWED)]
    assert [(one.topic, one.offset) for one in due_of(result)] == [("dropout-risks", event.origin.offset)]


async def test_a_ledger_that_stands_still_has_lost_nothing(world: World) -> None:
    await tell_all(world, "a")
    event = message(world)
    refused = student("b")[2].model_copy(update={"origin": world.input("residences", 1)})
    refusal = {"status": ReceiptStatus.REJECTED, "reason": Rejection.NOT_JSON, "fingerprint": None}
    world.answer(world.receipt(refused, **refusal))
    cause = world.call(event)
    for decision in world.match(event, cause):
        world.decide(decision)
    world.apply(event, cause)
    result = world.audit()
    assert faults(result) == []
    assert waiting(result) == {str(Topic.RECEIPTS), str(Topic.APPLIED), str(Topic.DECISIONS)}
    assert [account(result, one).under_way for one in (Check.RECEIPTS, Check.APPLIED, Check.REVISIONS)] == [
        2,
        1,
        1,
    ]
    world.batch = Batch()  # the ledger notes that it has come past them, and books nothing
    await world.book()
    assert faults(world.audit()) == [
        (Check.APPLIED, GapKind.ENTRY_NOT_BOOKED),
        (Check.RECEIPTS, GapKind.ACCEPTANCE_NOT_BOOKED),
        (Check.RECEIPTS, GapKind.REFUSAL_NOT_BOOKED),
        (Check.REVISIONS, "the ledger has passed it by"),
    ]


def receipt_again(world: World, event: PersonEvent) -> None:
    world.answer(world.receipt(event), book=False)


def entry_again(world: World, event: PersonEvent) -> None:
    world.apply(event, Cause(partition=PART, offset=world.people[event.person_id].applied), book=False)


def decision_again(world: World, event: PersonEvent) -> None:
    world.decide(world.decisions[-1], book=False)


@pytest.mark.parametrize(
    ("what", "again"),
    [
        (GapKind.ACCEPTANCE_NOT_BOOKED, receipt_again),
        (GapKind.ENTRY_NOT_BOOKED, entry_again),
        ("the ledger has passed it by", decision_again),
    ],
)
async def test_a_copy_that_the_ledger_has_still_to_read_is_waited_for(
    world: World, what: str, again: Callable[[World, PersonEvent], None]
) -> None:
    """What was driven again is not missing while its copy is on the way, and is missing when that helped nothing."""
    await tell_all(world, "a")
    event = message(world)
    cause = world.call(event)
    for decision in world.match(event, cause):
        world.decide(decision)
    world.apply(event, cause)
    world.batch = Batch()
    await world.book()
    assert what in {said for _, said in faults(world.audit())}
    again(world, event)
    assert what not in {said for _, said in faults(world.audit())}
    await world.book()
    assert what in {said for _, said in faults(world.audit())}


async def test_a_ledger_that_is_ahead_of_match_has_passed_nothing_by(world: World) -> None:
    """It reads the same events, for what is counted; whether one is applied is match's to say."""
    await tell_all(world, "a")
    event = message(world)
    await world.book()
    first = world.call(event)
    world.passed[EVENTS, PART] = first.offset
    world.pass_by(EVENTS, PART, first.offset)
    world.sql(
        "INSERT INTO position VALUES (%s, %s, %s) ON CONFLICT (topic, partition) "
        "DO UPDATE SET next_offset = excluded.next_offset",
        EVENTS,
        PART,
        first.offset + 1,
    )
    result = world.audit(waits=True)
    assert faults(result) == []
    assert EVENTS in waiting(result)
    assert due_of(result) == []


async def test_an_event_that_was_driven_again_is_never_driven_again_itself(
    world: World, tmp_path: Path
) -> None:
    index = AuditIndex(tmp_path / "notes")
    await tell_all(world, "a")
    event = message(world)
    await world.book()
    first = world.call(event)
    (due,) = due_of(world.audit(index=index))
    assert (due.what, due.offset) == (GapKind.NOT_APPLIED, first.offset)
    note_redriven(index, [due])
    copy = world.call(event)
    world.pass_by(EVENTS, PART, copy.offset)
    world.passed[EVENTS, PART] = copy.offset + 1
    assert faults(world.audit(index=index)) == []
    world.pass_by(EVENTS, PART, copy.offset + 1)
    result = world.audit(index=index)
    assert places(result, GapKind.NOT_APPLIED) == [(EVENTS, PART, first.offset)]
    assert places(result, COPY) == [(EVENTS, PART, copy.offset)]
    assert due_of(result) == []
    index.close()
    after_a_restart = AuditIndex(tmp_path / "notes")
    assert due_of(world.audit(index=after_a_restart)) == []
    after_a_restart.close()


async def test_a_number_may_still_lie_in_a_backlog(world: World) -> None:
    """One partition of a sender is behind another: the number between is no hole yet."""
    await tell_all(world, "a")
    world.pass_all()
    world.input("residences", 2)
    events = [student("b")[0].model_copy(update={"origin": world.input("enrolments", 3)}) for _ in range(2)]
    refusal = {"status": ReceiptStatus.REJECTED, "reason": Rejection.CLOCK_AHEAD, "fingerprint": None}
    for event, number in zip(events, (3, 5), strict=True):
        world.answer(world.receipt(event, **refusal, sequence=number))
    await world.book()
    world.pass_by("enrolments", 3, 2)
    result = world.audit(waits=True)
    assert faults(result) == []
    assert account(result, Check.SEQUENCES).under_way == 1
    world.pass_by("residences", 2, 1)
    assert (Check.SEQUENCES, MISSING) in faults(world.audit(waits=True))


async def test_a_decision_that_is_on_its_way_again_is_waited_for(world: World) -> None:
    """The old applied entry says that match has been there; the copy of the event says that it comes again."""
    await tell_all(world, "a")
    event = message(world)
    world.apply(event, world.call(event))
    await world.book()
    result = world.audit()
    assert faults(result) == [(Check.DECISIONS, GapKind.NO_DECISION)]
    assert [one.offset for one in due_of(result)] == [event.origin.offset]
    copy = world.call(event)
    assert faults(world.audit(waits=True)) == []
    world.pass_by(EVENTS, PART, copy.offset + 1)
    assert (Check.DECISIONS, GapKind.NO_DECISION) in faults(world.audit(waits=True))
