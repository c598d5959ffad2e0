"""How many tasks each filter of a unit's lists has, and how many a narrowed list. Reading only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from infra.postgres import Connection
from ledger.queries.list_statements import OF_DUE, OPEN, UNIT_BY_UNIT
from ledger.queries.narrowed import Narrowed
from ledger.queries.task_list import WHICH, Filter, many_due

COUNT_AT_MOST: Final = 5_000
"""Higher numbers are said as "5,000 and more": a number must not cost more the longer the service has lived."""
COUNT_AND_ONE: Final = COUNT_AT_MOST + 1
COUNTED: Final = f"(SELECT count(*) FROM (SELECT FROM {{source}} LIMIT {COUNT_AND_ONE}) counted) AS {{name}}"
WALK: Final = UNIT_BY_UNIT.format(
    found=f"SELECT FROM tasks t WHERE t.unit_id = u.unit_id AND {{where}} LIMIT {COUNT_AND_ONE}"
)
"""Each number is cut off on its way, so that it walks a bounded part of its index."""
WALKED: Final = {
    each: COUNTED.format(source=WALK.format(where=where), name=each) for each, where in WHICH.items()
}
LOOKED_UP: Final = COUNTED.format(source=OF_DUE.format(where=OPEN), name=Filter.WAITING_FOR_DELIVERY)
COUNTS: Final = f"SELECT {', '.join(WALKED.values())}"
COUNTS_OF_FEW_DUE: Final = f"SELECT {', '.join({**WALKED, Filter.WAITING_FOR_DELIVERY: LOOKED_UP}.values())}"
"""The same where `many_due` is not so: of a large unit few tasks wait, and a walk looks at each open one twice."""
COUNTS_BUT_WAITING: Final = (
    f"SELECT {', '.join({**WALKED, Filter.WAITING_FOR_DELIVERY: str(COUNT_AND_ONE)}.values())}"
)
"""Where it is known that more wait than are counted."""
WAITING_BY_UNIT: Final = f"SELECT d.unit_id, count(*) FROM {OF_DUE.format(where=OPEN)} GROUP BY d.unit_id"
COUNT_NARROWED: Final = f"""
SELECT count(*) FROM (
    SELECT FROM tasks t WHERE t.unit_id = ANY(%(units)s) AND {{where}} LIMIT {COUNT_AND_ONE}) counted
"""


@dataclass(frozen=True, slots=True)
class TaskCount:
    """A number up to `COUNT_AT_MOST`; `more` where it is higher."""

    number: int
    more: bool = False


async def counts(
    connection: Connection,
    *,
    units: frozenset[str],
    who: str | None,
    today: date,
    many_wait: bool = False,
) -> Mapping[Filter, TaskCount]:
    """How many tasks each filter has; `many_wait`: more than `COUNT_AT_MOST` wait for delivery, as was counted."""
    values = {"units": sorted(units), "who": who, "today": today}
    statement = COUNTS_BUT_WAITING
    if not many_wait:
        statement = COUNTS if await many_due(connection, units) else COUNTS_OF_FEW_DUE
    cursor = await connection.execute(statement, values)
    (row,) = await cursor.fetchall()
    return MappingProxyType({each: _cut(number) for each, number in zip(Filter, row, strict=True)})


async def waiting_by_unit(connection: Connection, *, units: frozenset[str]) -> Mapping[str, int]:
    """How many tasks wait for delivery, by unit, without an end to the number; units without any are left out."""
    cursor = await connection.execute(WAITING_BY_UNIT, {"units": sorted(units)})
    return dict(await cursor.fetchall())


async def narrowed_count(
    connection: Connection,
    *,
    units: frozenset[str],
    filter: Filter,
    narrowed: Narrowed,
    who: str | None,
    today: date,
) -> TaskCount:
    """How many of a filter's tasks are left."""
    statement = COUNT_NARROWED.format(where=" AND ".join((WHICH[filter], *narrowed.conditions)))
    values = {"units": sorted(units), "who": who, "today": today, **narrowed.values}
    cursor = await connection.execute(statement.encode(), values)
    ((number,),) = await cursor.fetchall()
    return _cut(number)


def _cut(number: int) -> TaskCount:
    return TaskCount(min(number, COUNT_AT_MOST), number > COUNT_AT_MOST)
