"""What is forwarded from one number of a person to another is accounted for where it arrives as well."""

import pytest

from models.events.content import Risk
from models.events.person_event import PersonEvent
from ops.audit.report import Check, GapKind
from tests.factories import DAY, number_change, risk
from tests.integration.ops.audit.world import World, account, faults, student

OLD, NEW = "the old number", "the new number"
LEFT_BEHIND = "a number was joined to another, and this stayed behind"


def under(person: str, event: PersonEvent) -> PersonEvent:
    return event.model_copy(update={"person_id": person})


def tell(world: World, *, forwards: bool = True) -> None:
    """A whole person with a message under each number, and then the register's word."""
    enrolment, period, home, message = student("a")
    early = risk(DAY).model_copy(update={"origin": message.origin})
    for person, event in ((OLD, period), (OLD, early), (NEW, enrolment), (NEW, home), (NEW, message)):
        world.tell_number(under(person, event))
    join = number_change(NEW, person_id=OLD)
    join = join.model_copy(update={"origin": home.origin})
    world.tell_number(join, forwards=forwards)


async def test_two_numbers_that_are_joined_balance(world: World) -> None:
    """Each copy has its own entry, and a message stands once, at the number that all has come to."""
    tell(world)
    await world.book()
    world.deliver()
    result = world.audit()
    assert faults(result) == []
    assert (result.unaccounted, result.under_way) == (0, 0)
    revisions = account(result, Check.REVISIONS)
    greater = [event for event in world.people[max(OLD, NEW)].events if isinstance(event.content, Risk)]
    assert revisions.parts["under_another_number"] == len(greater)
    assert account(result, Check.DECISIONS).parts["obliged"] == 2
    assert account(result, Check.TASKS).parts == {"in_open_tasks": 2}
    assert world.sql("SELECT count(*) FROM tasks WHERE status = 'open'") == [(1,)]


@pytest.mark.parametrize(("old", "new"), [(OLD, NEW), (NEW, OLD)])
async def test_a_join_that_is_handed_on_is_no_repeat(world: World, old: str, new: str) -> None:
    """The record of the register is applied at both numbers, whichever of them it names first."""
    enrolment, period, *_ = student("a")
    world.tell_number(under(old, period))
    world.tell_number(under(new, enrolment))
    join = number_change(new, person_id=old)
    world.tell_number(join.model_copy(update={"origin": period.origin}))
    await world.book()
    world.deliver()
    result = world.audit()
    assert faults(result) == []
    assert account(result, Check.PERSON_EVENTS).beside["written_again"] == 0
    assert account(result, Check.APPLIED).beside["written_again"] == 0


async def test_what_stays_behind_is_named(world: World) -> None:
    """Nobody decides on it any more, so that silence would be the worst."""
    tell(world, forwards=False)
    await world.book()
    world.deliver()
    assert (Check.REVISIONS, LEFT_BEHIND) in faults(world.audit())


@pytest.mark.parametrize("applied", [True, False])
async def test_a_copy_that_was_not_applied_is_missing_though_its_origin_was(
    world: World, applied: bool
) -> None:
    """And it can be driven again."""
    tell(world)
    step = world.people[min(OLD, NEW)]
    came = next(event for event in step.events if event.forwarded is not None)
    late = came.model_copy(update={"origin": world.input("enrolments")})
    world.answer(world.receipt(late))
    origin = under(max(OLD, NEW), late.model_copy(update={"forwarded": None}))
    world.apply(origin, world.call(origin))
    cause = world.call(late)
    if applied:
        world.apply(late, cause, forwarded=True)
    await world.book()
    world.deliver()
    assert faults(world.audit()) == ([] if applied else [(Check.APPLIED, GapKind.NOT_APPLIED)])
