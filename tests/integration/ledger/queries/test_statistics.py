"""The manager's numbers are those that somebody would get who went through the tasks one by one."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from infra.postgres import Connection
from ledger.queries.statistics import by_unit, statistics, together
from models.calendar import copenhagen_date
from tests.integration.ledger.task_rows import NOON, TODAY, add_task

UNITS = ("unit-1", "unit-2", "unit-3", "unit-4")
WEEKS = 5
MONDAYS = [date(2026, 10, 5) - timedelta(weeks=back) for back in reversed(range(WEEKS))]
_TENTH = timedelta(days=1) / 10


@dataclass(frozen=True)
class Told:
    """A task as this test knows it."""

    unit: str
    appended: datetime
    react_by: date
    ended: datetime | None
    reached: datetime | None


async def some(connection: Connection, seed: int) -> list[Told]:
    """Tasks at all hours of eight weeks, as chance has them; the last unit has none."""
    chance = random.Random(seed)
    told = []
    for _ in range(150):
        appended = NOON - timedelta(minutes=chance.randrange(8 * 7 * 24 * 60))
        until = (NOON - appended) * chance.random()
        status = chance.choice(("open", "open", "closed", "withdrawn"))
        ended = None if status == "open" else appended + until
        reached = appended + until * chance.random() if chance.random() < 0.6 else None
        task = Told(
            chance.choice(UNITS[:3]),
            appended,
            copenhagen_date(appended) + timedelta(days=chance.randrange(12)),
            ended,
            reached,
        )
        told.append(task)
        await add_task(
            connection,
            unit_id=task.unit,
            status=status,
            appended_at=appended,
            react_by=task.react_by,
            reached_at=reached,
            closed_at=ended if status == "closed" else None,
            changed_at=ended or NOON,
            ending={"closed": "contact_made", "withdrawn": "lapsed"}.get(status),
        )
    return told


def in_week(moment: datetime | None, monday: date) -> bool:
    return moment is not None and monday <= copenhagen_date(moment) <= monday + timedelta(days=6)


def spread(taken: Sequence[timedelta], part: float) -> timedelta | None:
    """Between the neighbours, of durations in whole tenths of a day."""
    tenths = sorted(round(each / _TENTH) for each in taken)
    if not tenths:
        return None
    place = part * (len(tenths) - 1)
    low = int(place)
    high = min(low + 1, len(tenths) - 1)
    return (tenths[low] + (tenths[high] - tenths[low]) * (place - low)) * _TENTH


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("units", [UNITS[:1], UNITS[:2], UNITS, UNITS[3:]])
async def test_each_number_of_each_week_is_what_one_by_one_gives(
    connection: Connection, seed: int, units: tuple[str, ...]
) -> None:
    mine = [task for task in await some(connection, seed) if task.unit in units]
    found = await statistics(connection, units=frozenset(units), today=TODAY, weeks=WEEKS)
    assert [week.monday for week in found.weeks] == MONDAYS
    for week in found.weeks:
        last = min(week.monday + timedelta(days=6), TODAY)
        standing = [
            task
            for task in mine
            if copenhagen_date(task.appended) <= last
            and (task.ended is None or copenhagen_date(task.ended) > week.monday + timedelta(days=6))
        ]
        reached = [task for task in mine if in_week(task.reached, week.monday)]
        took = [task.reached - task.appended for task in reached if task.reached is not None]
        assert week.arrived == sum(in_week(task.appended, week.monday) for task in mine)
        assert week.ended == sum(in_week(task.ended, week.monday) for task in mine)
        assert week.open_at_end == len(standing)
        assert week.overdue_at_end == sum(task.react_by < last for task in standing)
        assert week.first_contacts == len(reached)
        assert week.contacts_in_time == sum(
            task.reached is not None and copenhagen_date(task.reached) <= task.react_by for task in reached
        )
        for said, part in ((week.median_to_contact, 0.5), (week.ninth_to_contact, 0.9)):
            expected = spread(took, part)
            # A millisecond: one of the two adds in floating point.
            assert (said is None) == (expected is None)
            assert abs((said or timedelta()) - (expected or timedelta())) < timedelta(milliseconds=1)
    assert found.open == sum(task.ended is None for task in mine)
    assert found.overdue == sum(task.ended is None and task.react_by < TODAY for task in mine)


async def test_units_that_were_counted_apart_add_up_to_those_counted_together(connection: Connection) -> None:
    await some(connection, 9)
    apart = await by_unit(connection, units=frozenset(UNITS), today=TODAY, weeks=WEEKS)
    for units in (UNITS[:1], UNITS[1:], UNITS):
        added = together([apart[unit] for unit in units if unit in apart], today=TODAY, weeks=WEEKS)
        assert added == await statistics(connection, units=frozenset(units), today=TODAY, weeks=WEEKS)
