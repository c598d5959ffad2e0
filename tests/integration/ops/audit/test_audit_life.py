"""What people did with tasks is part of the sums: what they closed and handed over is accounted for, and no more."""

from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.actions.perform import Rules, perform
from models.tasks.actions import (
    Action,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Reopen,
    ReopenReason,
    Via,
)
from ops.audit.report import Check
from tests.integration.ops.audit.test_auditor import balances, tell_all
from tests.integration.ops.audit.world import POLICY, World, account, faults

OTHER, THIRD = "jc-0751", "jc-0461"
RULES = Rules(policy=POLICY, not_reached_after=lambda unit: 1, units=frozenset({"jc-0101", OTHER, THIRD}))
CLOSE = Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))


def over(unit: str) -> HandOver:
    return HandOver(to_unit=unit, reason=HandOverReason.WRONG_UNIT)


def reached(world: World) -> ContactAttempt:
    ((at,),) = world.sql("SELECT now()")
    return ContactAttempt(at=at, form=ContactForm.PHONE, reached=True)


async def do(world: World, person: str, *deeds: Action) -> UUID:
    """Each on the person's task that is open, or closed where it is to be reopened; returns the last one."""
    by = Actor(id="anna", name="Anna", via=Via.PAGE)
    task_id = UUID(int=0)
    async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as own:
        for deed in deeds:
            status = "closed" if isinstance(deed, Reopen) else "open"
            ((task_id, unit),) = world.sql(
                "SELECT id, unit_id FROM tasks WHERE person_id = %s AND status = %s",
                f"person {person}",
                status,
            )
            await perform(
                own,
                task_id=task_id,
                units=frozenset({unit}),
                act_id=uuid4(),
                by=by,
                deed=deed,
                rules=RULES,
            )
    world.deliver()
    return task_id


async def worked(world: World) -> None:
    """One is closed, one is handed on twice, one is closed, reopened and handed over, one is nobody's yet."""
    await tell_all(world, "a", "b", "c", "d")
    await do(world, "a", reached(world), CLOSE)
    await do(world, "b", over(OTHER), over(THIRD))
    reopen = Reopen(reason=ReopenReason.CONTACT_LOST)
    await do(world, "c", reached(world), CLOSE, reopen, over(OTHER), reached(world), CLOSE)


async def test_what_people_did_balances(world: World) -> None:
    await worked(world)
    result = world.audit()
    assert faults(result) == []
    assert balances(result)
    assert account(result, Check.TASKS).parts == {"in_open_tasks": 2, "in_closed_tasks": 2}
    assert account(result, Check.ACTS).parts == {"done": 10}
    assert account(result, Check.CLOSINGS).parts == {"closed_by_a_person": 2}
    assert account(result, Check.TRANSFERS).parts == {"by_an_act": 2}
    assert account(result, Check.TRANSFERS).beside == {"hand_overs": 3}


@pytest.mark.parametrize(
    ("by_hand", "hop", "what"),
    [
        (
            "DELETE FROM acts WHERE number = 1 AND kind = 'attempt' AND task_id IN "
            "(SELECT id FROM tasks WHERE person_id = 'person a')",
            Check.ACTS,
            "an act is missing: the numbers have a hole",
        ),
        (
            "UPDATE tasks SET attempts = 2 WHERE person_id = 'person a'",
            Check.ACTS,
            "its attempts are not those that were recorded",
        ),
        (
            "UPDATE tasks SET status = 'closed', ending = 'contact_made' WHERE person_id = 'person d'",
            Check.CLOSINGS,
            "closed, and nobody has closed it",
        ),
        (
            "UPDATE tasks SET ending = 'not_reached' WHERE person_id = 'person a'",
            Check.CLOSINGS,
            "closed otherwise than the act says",
        ),
        (
            "UPDATE tasks SET status = 'open', ending = NULL WHERE person_id = 'person a'",
            Check.CLOSINGS,
            "closed by a person, and not closed",
        ),
        (
            "UPDATE transfers SET unit_id = 'jc-0751' WHERE person_id = 'person b'",
            Check.TRANSFERS,
            "a transfer that no act has made",
        ),
        (
            "UPDATE acts SET successor = NULL WHERE kind = 'hand_over'",
            Check.TRANSFERS,
            "handed over, and no task of the other unit",
        ),
        (
            "UPDATE tasks SET unit_id = 'jc-0751' WHERE person_id = 'person d'",
            Check.TASKS,
            "not in a task of its unit",
        ),
        (
            "UPDATE tasks SET status = 'withdrawn' WHERE person_id = 'person d'",
            Check.TASKS,
            "not in a task of its unit",
        ),
    ],
)
async def test_what_contradicts_the_acts_is_found(world: World, by_hand: str, hop: Check, what: str) -> None:
    await worked(world)
    world.sql(by_hand)
    result = world.audit()
    assert (hop, what) in faults(result)
    assert balances(result)


async def test_a_task_that_was_handed_over_and_then_moved_by_hand_is_found_by_the_oracle(
    world: World,
) -> None:
    """Message, task and act agree with each other; the act's chain does not begin where the person lives."""
    await worked(world)
    world.sql("UPDATE messages SET unit_id = 'jc-0751' WHERE person_id = 'person d'")
    world.sql("UPDATE tasks SET unit_id = 'jc-0751' WHERE person_id = 'person d'")
    await do(world, "d", over(THIRD))
    result = world.audit()
    assert (Check.TASKS, "at another unit than the oracle's") in faults(result)
    assert balances(result)
