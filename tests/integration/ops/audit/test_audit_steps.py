"""A step that fell due and came to nothing is found, and so is a duty that nobody will be reminded of."""

from datetime import timedelta

import pytest

from ops.audit.report import Check
from tests.integration.ops.audit.world import World, account, faults, student


async def booked(world: World, name: str = "a") -> None:
    """One task, told."""
    for event in student(name):
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
FIRE_OTHER = (
    "UPDATE steps SET status = 'fired', reason = 'in_digest', ended_at = now(), due_at = now() - %s::interval "
    "WHERE id = (SELECT id FROM steps WHERE status = 'waiting' AND task_id <> "
    "(SELECT task_id FROM steps WHERE status = 'waiting' ORDER BY due_at LIMIT 1) LIMIT 1)"
)
"""The next step of a task that is not the first one to be fired."""
LATE = NEXT.format("due_at = now() - interval '2 hours'")
UNPLANNED = ("DELETE FROM plans", "UPDATE tasks SET react_by = react_by - 1")
FOLLOWED = (
    "INSERT INTO steps (id, task_id, kind, level, due_at, about, until_seen, status, reason, ended_at, "
    "failed_delivery, failed_at) SELECT gen_random_uuid(), task_id, 'escalation', 0, now(), now(), false, 'stopped', "
    "'nobody_left', now(), id, now() FROM deliveries WHERE task_id <> %s"
)
FAULTS = {
    LATE: "due, and nothing has happened",
    NEXT.format("status = 'fired', due_at = now(), ended_at = now()"): "fired, and nobody was told",
    NEXT.format("status = 'stopped', ended_at = now()"): "stopped without a reason",
    NEXT.format("status = 'stopped', reason = 'replanned'"): "ended, and nobody knows when",
    NEXT.format("status = 'fired', reason = 'in_digest', ended_at = now()"): "fired before its time",
    "UPDATE deliveries SET cause = 'step:' || (SELECT id FROM steps LIMIT 1)": (
        "somebody was told, and it has not fired"
    ),
    "INSERT INTO digests VALUES ('jc-0101', '2026-01-05', now(), 'fired')": (
        "a morning mail is neither there nor explained"
    ),
}


@pytest.mark.parametrize("change", FAULTS)
async def test_each_way_to_forget_a_duty_is_found(world: World, change: str) -> None:
    await booked(world)
    world.sql(change)
    if change == LATE:
        await booked(world, "b")
        world.sql("UPDATE plans SET planned_at = now() - interval '3 hours'")
        world.sql(FIRE_OTHER, "1 minute")
    result = world.audit()
    assert (Check.STEPS, FAULTS[change]) in faults(result)
    assert account(result, Check.STEPS).unaccounted == 1
    assert account(result, Check.STEPS).balances


@pytest.mark.parametrize(
    ("change", "where"), [(LATE, "steps/due"), *((one, "steps/unplanned") for one in UNPLANNED)]
)
async def test_what_the_ledger_has_not_come_to_waits_however_old_it_is(
    world: World, change: str, where: str
) -> None:
    """A ledger that stands still has lost nothing: it is told as waiting, and since when."""
    await booked(world)
    world.sql("UPDATE tasks SET changed_at = now() - interval '2 hours'")
    world.sql(change)
    result = world.audit()
    assert faults(result) == []
    assert account(result, Check.STEPS).under_way == 1
    assert account(result, Check.STEPS).balances
    assert [(one.topic, one.partition) for one in result.waiting] == [(where, 0)]
    assert result.oldest_seconds >= 7200


async def test_all_that_is_due_of_a_task_fires_together_and_passes_nobody_by(world: World) -> None:
    """After a weekend the first tasks fire what fell due on Friday and on Monday: others still wait with Friday's."""
    await booked(world)
    await booked(world, "b")
    world.sql("UPDATE plans SET planned_at = now() - interval '9 days'")
    world.sql(LATE.replace("2 hours", "3 days"))
    for due in ("3 days", "1 hour"):
        world.sql(FIRE_OTHER, due)
    assert faults(world.audit(grace=timedelta(minutes=1))) == []


async def test_a_step_that_is_planned_after_it_fell_due_was_passed_by_nobody(world: World) -> None:
    """After an outage of days tasks are made whose first reminder is due already."""
    await booked(world)
    world.sql(LATE)
    await booked(world, "b")
    world.sql(FIRE_OTHER, "1 minute")
    assert faults(world.audit(grace=timedelta(seconds=30))) == []


async def test_a_step_that_has_just_fallen_due_is_under_way(world: World) -> None:
    await booked(world)
    world.sql(NEXT.format("due_at = now() - interval '1 minute'"))
    steps = account(world.audit(grace=timedelta(hours=1)), Check.STEPS)
    assert (steps.under_way, steps.unaccounted) == (1, 0)
    assert steps.balances


async def test_a_notice_that_failed_is_missing_when_a_later_failure_was_followed(world: World) -> None:
    """They are followed in their order; before that it waits, and is stuck in the end."""
    await booked(world)
    ((task,),) = world.sql("SELECT id FROM tasks")
    world.sql("UPDATE deliveries SET status = 'refused', ended_at = now() - interval '2 hours'")

    def found() -> list[str]:
        return [
            one.what for one in world.audit(grace=timedelta(hours=1)).exceptions if one.hop is Check.STEPS
        ]

    assert found() == []
    assert "steps/failed" in {one.topic for one in world.audit(grace=timedelta(hours=1)).waiting}
    await booked(world, "b")
    world.sql("UPDATE deliveries SET status = 'refused', ended_at = now() WHERE task_id <> %s", task)
    world.sql(FOLLOWED, task)
    assert found() == ["a notice failed, and nobody was told instead"]
