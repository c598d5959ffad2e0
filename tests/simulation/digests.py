"""Mornings: the real `Digests` on the real PostgreSQL under the world's clock, through many faults.

A world of its own: a morning mail has no task, and nothing of the stream is asked. What must have come is worked out a
second time, from the words of the policy and from what was done here, with no rule of the service.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from typing import Any, Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from infra.postgres import Connection
from ledger.reminders.digest import Digests
from models.notifications.delivery import Audience
from models.tasks.office_hours import OfficeHours, Week
from models.tasks.reminders import Digest, ReminderPolicy
from tests.integration.ledger.task_rows import add_task
from tests.simulation.clock import BEGINNINGS, Clock
from tests.simulation.expected import Plain
from tests.simulation.failing_connection import Session
from tests.simulation.faults import Fault
from tests.simulation.postgres_with_clock import Postgres
from tests.simulation.units import DAYS_OFF, STEPS, UNITS, above, recipients

WANTING: Final = UNITS[:2]
"""The third wants none."""
_LATER: Final = UNITS[1]
_ZONE: Final = ZoneInfo("Europe/Copenhagen")
_STEPS: Final = 140
_LATE: Final = (time(8), time(23, 59))
_LATE_WEEK: Final[Week] = (_LATE, _LATE, _LATE, _LATE, _LATE, None, None)


class Planted(StrEnum):
    """A bug in the stand-ins, never in the service: it must be found within some seeds."""

    TWICE = "what was settled and what was written is not known again"
    LONG_PAST = "a morning is made up for when the unit has gone home"
    TOO_YOUNG = "a task is noted as opened before the morning on which it came"
    NOBODY_FOLLOWS = "a mail that reached nobody is not seen"


@dataclass
class Open:
    """A while in which a unit had a task open."""

    unit: str
    since: datetime
    until: datetime | None = None


@dataclass
class Mornings:
    """Some weeks of two runners, two units that want mails, and whoever opens and closes tasks."""

    seed: int
    postgres: Postgres
    connection: Connection
    planted: Planted | None = None
    looks: list[datetime] = field(default_factory=list)
    """When a runner looked and the database kept what it did."""
    opens: dict[UUID, Open] = field(default_factory=dict)
    struck: Counter[Fault] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rng = Random(f"mornings {self.seed}")
        self.clock = Clock(self.rng.choice(BEGINNINGS))
        self.wanted_from = self.clock.now.date() + timedelta(days=self.rng.randrange(12))
        self.past: list[Open] = []
        self.policy = _policy(self.wanted_from, self.planted)
        self.runners = [Digests(self.policy), Digests(self.policy)]
        self._last: Fault | None = None

    async def play(self) -> None:
        """All of it, and a last calm look."""
        for _ in range(_STEPS):
            drawn = self.rng.random()
            await self._pass(_while(self.rng))
            if drawn < 0.6:
                await self._look(self.rng.randrange(2), chance=0.15)
            elif drawn < 0.7:
                self.runners[self.rng.randrange(2)] = Digests(self.policy)
            elif drawn < 0.8:
                await self._open()
            elif drawn < 0.9:
                await self._close()
            else:
                await self._end_mails()
        await self._end_mails()
        await self._look(0, chance=0)

    async def _pass(self, by: timedelta) -> None:
        self.clock.forward(by)
        await self.postgres.at(self.clock.now)

    async def _look(self, which: int, *, chance: float) -> None:
        session = Session(self.connection, self._strike)
        session.may_fail(self.rng, chance)
        self._last = None
        try:
            await self.runners[which].fire(cast(Any, session))
        except psycopg.OperationalError:
            if self._last is not Fault.COMMIT_ANSWER_LOST:
                return
        self.looks.append(self.clock.now)
        await self._plant()

    def _strike(self, fault: Fault) -> None:
        self._last = fault
        self.struck[fault] += 1

    async def _plant(self) -> None:
        if self.planted is Planted.TWICE:
            await self.connection.execute("DELETE FROM digests")
            await self.connection.execute("UPDATE deliveries SET id = gen_random_uuid()")
        if self.planted is Planted.NOBODY_FOLLOWS:
            await self.connection.execute("DELETE FROM deliveries WHERE audience <> 'unit'")

    async def _open(self) -> None:
        unit = self.rng.choice(UNITS)
        identity = UUID(int=self.rng.getrandbits(128), version=4)
        noted = self.clock.now - timedelta(hours=12 if self.planted is Planted.TOO_YOUNG else 0)
        await add_task(
            self.connection, id=identity, unit_id=unit, opened_at=noted, appended_at=self.clock.now
        )
        self.opens[identity] = Open(unit, self.clock.now)

    async def _close(self) -> None:
        """Or open again what was closed."""
        known = [*self.opens]
        if not known:
            return
        identity = self.rng.choice(known)
        held = self.opens[identity]
        if held.until is None:
            held.until = self.clock.now
            await self.connection.execute(
                "UPDATE tasks SET status = 'closed', ending = 'contact_made', closed_at = now() WHERE id = %s",
                (identity,),
            )
            return
        self.past.append(held)
        self.opens[identity] = Open(held.unit, self.clock.now)
        await self.connection.execute(
            "UPDATE tasks SET status = 'open', ending = NULL, closed_at = NULL WHERE id = %s", (identity,)
        )
        await self.connection.execute(
            "INSERT INTO audit (kind, task_id, detail) VALUES ('task_reopened', %s, '{}')", (identity,)
        )

    async def _end_mails(self) -> None:
        """The relay takes a mail, or refuses it."""
        for row in sorted(
            await self.postgres.rows("deliveries"), key=lambda row: (row["created_at"], row["recipient"])
        ):
            if row["status"] == "due":
                ended = self.rng.choice(("delivered", "refused", "refused"))
                await self.connection.execute(
                    "UPDATE deliveries SET status = %s, ended_at = now() WHERE id = %s", (ended, row["id"])
                )

    async def judge(self) -> list[str]:
        """What went wrong; empty when everything holds."""
        return [
            *self._judged(
                [row for row in await self.postgres.rows("deliveries") if row["occasion"] == "digest"]
            )
        ]

    def _judged(self, mails: list[Plain]) -> Iterator[str]:
        own = [row for row in mails if row["audience"] == "unit"]
        came = Counter((row["unit_id"], _day(row["created_at"]), row["recipient"]) for row in own)
        due = {(unit, day, to) for unit, day in self.due() for to in recipients(unit)}
        for one in due - came.keys():
            yield f"no morning mail: {one}"
        for one, times in came.items():
            if one not in due:
                yield f"a morning mail without reason: {one}"
            elif times > 1:
                yield f"{times} morning mails: {one}"
        for unit, day in self.due():
            of_it = [row for row in mails if (row["unit_id"], row["cause_ref"]) == (unit, str(day))]
            nobody = all(row["status"] == "refused" for row in of_it if row["audience"] == "unit")
            told = Counter(row["recipient"] for row in of_it if row["audience"] != "unit")
            if any(times > 1 for times in told.values()):
                yield f"told twice in the stead of {unit} on {day}: {told}"
            if bool(told) > nobody:
                yield f"somebody above {unit} was told on {day}, and the unit was told too"
            if (
                nobody
                and self.clock.now.date() - day < timedelta(days=7)
                and not told.keys() & set(_next(unit))
            ):
                yield f"the mail of {unit} on {day} reached nobody, and nobody else was told"

    def due(self) -> set[tuple[str, date]]:
        """Each morning of a unit at work, when somebody looked in its hours and a task was open from before them."""
        found = set()
        for day in sorted({_day(look) for look in self.looks}):
            if day.weekday() > 4 or day in DAYS_OFF:
                continue
            opens = datetime(day.year, day.month, day.day, 8, tzinfo=_ZONE)
            closes = opens.replace(hour=14 if day.weekday() == 4 else 16)
            first = min((look for look in self.looks if _day(look) == day and look >= opens), default=None)
            if first is None or first >= closes:
                continue
            for unit in WANTING:
                wanted = unit != _LATER or day >= self.wanted_from
                if wanted and any(
                    _stood(one, unit, opens, first) for one in (*self.past, *self.opens.values())
                ):
                    found.add((unit, day))
        return found


def _stood(one: Open, unit: str, opens: datetime, at: datetime) -> bool:
    return one.unit == unit and one.since < opens and (one.until is None or one.until > at)


def _next(unit: str) -> tuple[str, ...]:
    return next(
        found
        for one in (Audience.LEAD, Audience.MUNICIPALITY, Audience.SERVICE)
        if (found := above(unit, one))
    )


def _day(moment: datetime) -> date:
    return moment.astimezone(_ZONE).date()


def _while(rng: Random) -> timedelta:
    drawn = rng.random()
    if drawn < 0.6:
        return timedelta(minutes=rng.randint(1, 120))
    if drawn < 0.93:
        return timedelta(hours=rng.randint(3, 16))
    return timedelta(days=rng.randint(1, 5))


def _policy(wanted_from: date, planted: Planted | None) -> ReminderPolicy:
    steps = replace(
        STEPS,
        digest=lambda unit, day: Digest(instead=False) if unit != _LATER or day >= wanted_from else None,
        digest_units=WANTING,
    )
    if planted is not Planted.LONG_PAST:
        return steps
    return replace(steps, hours=lambda _: OfficeHours(lambda _day: _LATE_WEEK, DAYS_OFF))
