"""A step that fell due and came to nothing is found, and so is a duty that nobody will be reminded of."""

from datetime import timedelta

import pytest

from ops.audit.report import Check
from tests.integration.ops.audit.world import World, account, faults, student


async def booked(world: World) -> None:
    """One task, told."""
    for event in student("a"):
        world.tell(event)
    await world.book()
    world.deliver()


async def test_steps_that_are_planned_balance(world: World) -> None:
    await booked(world)
    result = world.audit()
    assert faults(result) == []
    steps = account(result, Check.STEPS)
    assert steps.balances
    ((planned,),) = world.sql("SELECT count(*) FROM steps")
    assert steps.parts["to_come"] == planned > 0


NEXT = "UPDATE steps SET {} WHERE id = (SELECT id FROM steps ORDER BY due_at LIMIT 1)"
WORKED = (
    "UPDATE steps SET status = 'fired', reason = 'in_digest', due_at = now(), ended_at = now() "
    "WHERE id = (SELECT id FROM steps ORDER BY due_at DESC LIMIT 1)"
)
"""The ledger has come past everything that fell due before."""
LATE = (
    NEXT.format("due_at = now() - interval '2 hours'"),
    "DELETE FROM plans",
    "UPDATE tasks SET react_by = react_by - 1",
)
FAULTS = {
    NEXT.format("due_at = now() - interval '2 hours'"): "due, and nothing has happened",
    NEXT.format("status = 'fired', due_at = now(), ended_at = now()"): "fired, and nobody was told",
    NEXT.format("status = 'stopped', ended_at = now()"): "stopped without a reason",
    NEXT.format("status = 'stopped', reason = 'replanned'"): "ended, and nobody knows when",
    NEXT.format("status = 'fired', reason = 'in_digest', ended_at = now()"): "fired before its time",
    "UPDATE deliveries SET cause = 'step:' || (SELECT id FROM steps LIMIT 1)": (
        "somebody was told, and it has not fired"
    ),
    "DELETE FROM plans": "open, and its steps are not planned as it stands",
    "UPDATE tasks SET react_by = react_by - 1": "open, and its steps are not planned as it stands",
    "INSERT INTO digests VALUES ('jc-0101', '2026-01-05', now(), 'fired')": (
        "a morning mail is neither there nor explained"
    ),
}


@pytest.mark.parametrize("change", FAULTS)
async def test_each_way_to_forget_a_duty_is_found(world: World, change: str) -> None:
    await booked(world)
    world.sql(change)
    if change in LATE:
        world.sql(WORKED)
    result = world.audit()
    assert (Check.STEPS, FAULTS[change]) in faults(result)
    assert account(result, Check.STEPS).unaccounted == 1
    assert account(result, Check.STEPS).balances


@pytest.mark.parametrize("change", LATE)
async def test_what_the_ledger_has_not_come_to_waits_however_old_it_is(world: World, change: str) -> None:
    """A ledger that stands still has lost nothing: it is told as waiting, and since when."""
    await booked(world)
    world.sql("UPDATE plans SET planned_at = now() - interval '2 hours'")
    world.sql("UPDATE tasks SET changed_at = now() - interval '2 hours'")
    world.sql(change)
    result = world.audit()
    assert faults(result) == []
    assert account(result, Check.STEPS).under_way == 1
    assert account(result, Check.STEPS).balances
    assert [(one.topic, one.partition) for one in result.waiting] == [("steps", 0)]
    assert result.oldest_seconds >= 7200


async def test_a_step_that_has_just_fallen_due_is_under_way(world: World) -> None:
    await booked(world)
    world.sql(NEXT.format("due_at = now() - interval '1 minute'"))
    steps = account(world.audit(grace=timedelta(hours=1)), Check.STEPS)
    assert (steps.under_way, steps.unaccounted) == (1, 0)
    assert steps.balances


async def test_a_notice_that_failed_and_that_nobody_followed_is_found(world: World) -> None:
    await booked(world)
    world.sql("UPDATE deliveries SET status = 'refused', ended_at = now() - interval '2 hours'")
    found = [one.what for one in world.audit(grace=timedelta(hours=1)).exceptions if one.hop is Check.STEPS]
    assert found == ["a notice failed, and nobody was told instead"]
