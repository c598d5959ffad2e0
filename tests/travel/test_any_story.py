"""Stories that chance has written, under the real database: people act, units refuse mail, runners sleep, time goes on.

The judge knows no plan: it reads what was fired and asks whether any duty was forgotten or said twice.
"""

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, cast
from uuid import UUID, uuid5

import pytest

from ledger.actions.perform import ActionRefused, NoSuchTask
from models.calendar import copenhagen_date
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Release,
    Reopen,
    ReopenReason,
    Take,
)
from ops.audit.checks import steps as hop
from ops.audit.checks.context import CheckContext
from tests.factories import moment
from tests.travel.clock import under_our_clock
from tests.travel.people import LEAD, MUNICIPALITY, OURS, SPRING, THEIRS, UNITS, obliged
from tests.travel.world import World, a_world
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT

_SPACE: Final = UUID(int=17)
_PEOPLE: Final = 4
_TURNS: Final = 30
_ONCE: Final = ("overdue", "escalation")


class Story:
    """One seed's."""

    def __init__(self, seed: int, world: World) -> None:
        self._chance = Random(seed)
        self._world = world
        self._seed = seed
        self._messages = 0

    async def write(self) -> None:
        now = SPRING
        for person in range(_PEOPLE):
            await self._message(person, now)
        for turn in range(_TURNS):
            now += timedelta(hours=self._chance.choice((1, 5, 13, 24, 24, 50)))
            await self._world.at(now, outage=self._chance.random() < 0.4)
            await self._refuse()
            await self._turn(turn, now)
        self._world.relay.bad_recipients = {}
        for days in range(3, 46, 3):
            await self._world.at(moment(copenhagen_date(now) + timedelta(days=days), "10:00"))

    async def _turn(self, turn: int, now: datetime) -> None:
        if self._chance.random() < 0.15:
            await self._message(self._chance.randrange(_PEOPLE), now)
            return
        tasks = await self._world.rows("SELECT id, unit_id FROM tasks ORDER BY id")
        task, unit = self._chance.choice(tasks)
        deed = self._chance.choice(self._deeds(now, unit))
        try:
            await self._world.do(task, deed, unit=unit, act_id=uuid5(_SPACE, f"{self._seed} {turn}"))
        except (ActionRefused, NoSuchTask):
            return

    def _deeds(self, now: datetime, unit: str) -> tuple[Action, ...]:
        other = OTHER_UNIT if unit == UNIT else UNIT
        return (
            Acknowledge(),
            Take(),
            Release(),
            ContactAttempt(at=now, form=ContactForm.PHONE, reached=True),
            Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,)),
            Reopen(reason=ReopenReason.CONTACT_LOST),
            HandOver(to_unit=other, reason=HandOverReason.AGREED),
        )

    async def _message(self, person: int, now: datetime) -> None:
        self._messages += 1
        await self._world.decide(obliged(now, f"{self._seed} {self._messages}", person=f"person{person}"))

    async def _refuse(self) -> None:
        refusing = [one for one in (OURS, LEAD, THEIRS, MUNICIPALITY) if self._chance.random() < 0.15]
        self._world.relay.bad_recipients = dict.fromkeys(refusing, "550 5.1.1 no such user")


@pytest.mark.parametrize("seed", range(4))
async def test_in_no_story_is_a_duty_forgotten_or_said_twice(database: str, seed: int) -> None:
    await under_our_clock(database)
    async with a_world(database, UNITS, SPRING, runners=2, notifiers=1) as world:
        await Story(seed, world).write()
        assert await judge(world) == []
        assert await audited(world) == []


async def judge(world: World) -> list[str]:
    """What is wrong."""
    wrong = [
        f"{kind} {level} is late"
        for kind, level in await world.rows(
            "SELECT kind, level FROM steps WHERE status = 'waiting' AND due_at <= now() - interval '6 days'"
        )
    ]
    wrong += [
        f"{recipient} got {cause} {times} times"
        for recipient, cause, times in await world.rows(
            "SELECT recipient, cause, count(*) FROM deliveries WHERE cause LIKE 'step:%%' "
            "GROUP BY task_id, recipient, cause HAVING count(*) > 1"
        )
    ]
    by_mail = Counter(
        mail.body.partition(b"Message-ID: ")[2].split(b"\r\n")[0] for mail in world.relay.accepted
    )
    wrong += [f"sent twice: {name!r}" for name, times in by_mail.items() if times > 1]
    for task, status, since, react_by in await world.rows(
        "SELECT t.id, t.status, f.open_since, t.react_by FROM tasks t JOIN footings f ON f.task_id = t.id"
    ):
        fired = Counter(
            await world.rows(
                "SELECT kind, level FROM steps WHERE task_id = %s AND status = 'fired' "
                "AND failed_delivery IS NULL AND ended_at >= %s AND kind = ANY(%s)",
                task,
                since,
                list(_ONCE),
            )
        )
        wrong += [f"{task}: {one} fired {times} times" for one, times in fired.items() if times > 1]
        if status == "open":
            owed = {("overdue", 1), ("escalation", 2), ("escalation", 3)}
            wrong += [
                f"{task}, to be reacted to by {react_by}: {one} never came" for one in owed - set(fired)
            ]
    return wrong


async def audited(world: World) -> list[str]:
    """What the auditor's check says of the same rows."""
    ((now,),) = await world.rows("SELECT now()")
    asked: tuple[tuple[str, object], ...] = (
        (hop.STANDING, (now,)),
        (hop.LATE, {"now": now, "grace": timedelta(days=6)}),
        (hop.DISAGREE, (now,)),
        (hop.UNPLANNED, ()),
        (hop.LAST_FOLLOWED, ()),
        (hop.UNFOLLOWED, ()),
        (hop.MORNINGS, (timedelta(0),)),
        (hop.NOBODY_LEFT, ()),
    )
    found = {}
    for query, parameters in asked:
        found[query] = await (
            await world.connection.execute(query.encode(), cast(Any, parameters))
        ).fetchall()
    desk = _RowsOnly(found, now)
    account = hop.count(desk)
    assert account.balances
    assert account.under_way == 0, "something waits for the ledger"
    return [str(one) for one in desk.missing]


class _RowsOnly(CheckContext):
    """One that has asked already."""

    def __init__(self, found: dict[str, list[tuple[Any, ...]]], now: datetime) -> None:
        nothing = cast(Any, None)
        super().__init__(
            nothing, nothing, index=nothing, oracle=nothing, moment=nothing, grace=timedelta(0), now=now
        )
        self._found = found

    def rows(self, sql: Any, parameters: object = ()) -> list[tuple[Any, ...]]:
        return self._found[sql]
