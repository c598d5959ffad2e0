"""What has no effect because its sender is over its bound: listed until people decide, and no gap."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from crypto.vault import SealOpener
from models.dead_letter import DeadLetterKind, DeadLetterState, ReplayOutcome, place_of
from models.eligibility.bounds import MAX_EVENTS
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from models.operator import Operator
from ops.audit.checks.bounds import LEFT_OUT
from ops.audit.report import Check
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Selection
from ops.recovery.rejected_payloads import Bytes, RejectedPayloads
from ops.recovery.replay import Replayer, ReplayPlanner
from tests.factories import risk
from tests.integration.ops.audit.world import World, account, faults, places, student

HAND = Operator("nobody", "the school has confirmed it")


def leave_out(world: World, event: PersonEvent) -> tuple[PersonEvent, tuple[str, int, int]]:
    """All that comes of an event that is left out; returns it, and its place on person-events."""
    event = event.model_copy(update={"origin": world.input(event.origin.topic)})
    world.answer(world.receipt(event))
    cause = world.call(event)
    why = {
        "reason": "sender_bound",
        "sender": event.sender,
        "event_id": event.event_id,
        "appended_at": event.origin.appended_at,
    }
    world.apply(event, cause, left_out=why)
    return event, ("person-events", cause.partition, cause.offset)


async def test_it_is_an_exception_and_no_gap_until_it_counts(world: World) -> None:
    """The heartbeat goes on: one sender must not silence it. Released, it is accounted for as such."""
    event, place = leave_out(world, student("a")[0])
    await world.book()
    result = world.audit()
    assert faults(result) == [(Check.BOUNDS, LEFT_OUT)]
    assert places(result, LEFT_OUT) == [place]
    assert result.exceptions[0].detail == "sender 280051: sender_bound"
    assert (result.unaccounted, result.under_way) == (0, 0)
    assert account(result, Check.BOUNDS).parts == {"left_out": 1, "released": 0, "dismissed": 0}

    released = event.model_copy(update={"released": True})
    world.apply(released, world.call(released))
    await world.book()
    result = world.audit()
    assert faults(result) == []
    assert account(result, Check.BOUNDS).parts == {"left_out": 0, "released": 1, "dismissed": 0}
    with psycopg.connect(world.url, autocommit=True) as connection:
        assert dead_letters.dead_letters(connection, Selection()) == []


async def test_it_lies_in_quarantine_and_can_be_put_aside(world: World) -> None:
    """Under its place on person-events, with its sender and the reason; a repeat of it lies there, too."""
    event, place = leave_out(world, student("a")[0])
    _, again = leave_out(world, event)
    await world.book()
    with psycopg.connect(world.url, autocommit=True) as connection:
        found = dead_letters.dead_letters(connection, Selection(kind=DeadLetterKind.LEFT_OUT))
        assert {one.place for one in found} == {place, again}
        assert {(one.sender, one.reason, one.message_id) for one in found} == {
            ("280051", "sender_bound", event.event_id)
        }
        assert not any(dead_letters.is_conflict(connection, one) for one in found)
        for one in found:
            dead_letters.dismiss(connection, one, HAND)
        decided = dead_letters.dead_letters(connection, Selection(decided_too=True))
        assert {one.state for one in decided} == {DeadLetterState.DISMISSED}
    result = world.audit()
    assert faults(result) == []
    assert account(result, Check.BOUNDS).parts == {"left_out": 0, "released": 0, "dismissed": 2}


async def test_an_operator_lets_it_count(world: World) -> None:
    """The event goes to its person's partition once more, marked; who did it and why is in the trail."""
    event, place = leave_out(world, student("a")[0])
    await world.book()
    payloads = RejectedPayloads(world.kafka, SealOpener({}))
    try:
        with psycopg.connect(world.url, autocommit=True) as connection:
            found = dead_letters.dead_letters(connection, Selection(kind=DeadLetterKind.LEFT_OUT))
            context: Any = None  # what intake judges by: it is not asked
            planner = ReplayPlanner(connection, payloads, context, lambda _: None, datetime.now(UTC))
            (plan,) = planner.of(found)
            assert (plan.prospect, plan.goes(force=False)) == (ReplayOutcome.ACCEPTED, True)
            done = Replayer(connection, world.kafka, HAND).replay(plan)
            assert done is not None
            assert done.replayed_as is not None
            written = payloads.record(place_of(done.replayed_as), event.origin.appended_at, datetime.now(UTC))
    finally:
        payloads.close()
    assert isinstance(written, Bytes)
    assert PersonEvent.model_validate_json(written.value or b"") == event.model_copy(
        update={"released": True}
    )
    assert done.replayed_as.rsplit("/", 1)[0] == f"{place[0]}/{place[1]}"
    kinds = world.sql("SELECT kind FROM audit WHERE kind LIKE 'quarantine%%' ORDER BY id")
    assert kinds == [("quarantine_replay_begun",), ("quarantine_replayed",)]


async def test_another_content_under_a_known_id_is_not_released(world: World) -> None:
    """The receipts show it; match could not, for it remembers nothing of what it leaves out."""
    first, *_ = student("a")
    world.tell(first)
    other = first.model_copy(update={"fingerprint": "another"})
    leave_out(world, other)
    await world.book()
    with psycopg.connect(world.url, autocommit=True) as connection:
        (one,) = dead_letters.dead_letters(connection, Selection(kind=DeadLetterKind.LEFT_OUT))
        assert dead_letters.is_conflict(connection, one)


@pytest.mark.parametrize("arrival", [(0, 1), (1, 0)])
async def test_two_of_one_id_that_are_left_out_are_accounted_for(
    world: World, arrival: tuple[int, int]
) -> None:
    """From two partitions: match remembers neither, and the ledger keeps the one that arrived first."""
    message = student("a")[-1]
    others = tuple(risk(person_id=message.person_id) for _ in range(MAX_EVENTS))
    world.people[message.person_id] = PersonRecord(person_id=message.person_id, events=others)
    places = [world.input("dropout-risks", partition) for partition in (0, 1)]
    both = [message.model_copy(update={"origin": place}) for place in places]
    for event in (both[number] for number in arrival):
        world.answer(world.receipt(event))
        cause = world.call(event)
        (decision,) = world.match(event, cause)
        world.decide(decision)
        why = {"reason": "sender_bound", "sender": event.sender, "event_id": event.event_id}
        world.apply(event, cause, left_out=why | {"appended_at": event.origin.appended_at}, changed=1)
    await world.book()
    result = world.audit()
    decisions = account(result, Check.DECISIONS)
    assert (decisions.balances, decisions.unaccounted, decisions.under_way) == (True, 0, 0)
    assert decisions.parts["duplicate"] == 1
    assert (decisions.parts["undecided"], decisions.parts["left_out"]) == (
        (1, 0) if arrival == (0, 1) else (0, 1)
    )
    assert {check for check, _ in faults(result)} == {Check.BOUNDS}
