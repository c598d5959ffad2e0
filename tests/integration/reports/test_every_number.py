"""Every number of a report over a known autumn, held against a count from the raw events."""

from datetime import date

import psycopg
import pytest

from config.reference.days_off import days_off_of
from config.reference.units import react_by_of
from models.ids import UnitId
from reports.count import FigureCounts
from reports.read import Read, ReportPeriod, ReportSnapshot, ReportTables, read
from reports.release import Status, cells, controlled
from tests.integration.reports.autumn import LAW, PERIOD, Autumn, make, put_in
from tests.integration.reports.recount import recount
from tests.reference import SHIPPED

TABLES = ReportTables(
    law=LAW,
    senders=tuple(row.number for row in SHIPPED.senders.rows),
    react_by_days=lambda unit, day: react_by_of(SHIPPED).on(UnitId(unit), day),
    days_off=days_off_of(SHIPPED),
)


def read_in(url: str, period: ReportPeriod = PERIOD) -> Read:
    """What the report reads."""
    with psycopg.connect(url) as connection, psycopg.connect(url) as beside:
        return read(ReportSnapshot.of(connection, beside), period, TABLES)


@pytest.fixture
async def autumn(ledger_url: str) -> Autumn:
    """In the ledger."""
    made = make(1, 500)
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await put_in(connection, made)
    return made


def as_counted(counts: FigureCounts) -> dict[tuple[str, str, str, str], int]:
    """What the report has counted."""
    return {
        (family, breakdown, value, category): number
        for family, by_key in counts.cells.items()
        for (breakdown, value), counter in by_key.items()
        for category, number in counter.items()
        if breakdown != "message"
    }


async def test_every_number_is_that_of_an_independent_count(ledger_url: str, autumn: Autumn) -> None:
    counts = read_in(ledger_url).counts
    found, days = recount(autumn, PERIOD)
    assert as_counted(counts) == dict(found)
    assert found["starts", "total", "total", "from_benefit"] > 50
    assert found["target", "total", "total", "late"] > 5
    assert found["duties", "total", "total", "reached"] > 40
    assert sum(deed.act.deed.kind == "reopen" for deed in autumn.deeds) > 5
    kept = {
        (what, *line): sorted(taken.elements())
        for what, by_line in counts.days.items()
        for line, taken in by_line.items()
    }
    assert kept == {line: sorted(taken) for line, taken in days.items()}


async def test_what_a_release_shows_is_what_was_counted(ledger_url: str, autumn: Autumn) -> None:
    counts = read_in(ledger_url).counts
    found, _ = recount(autumn, PERIOD)
    shown = 0
    for cell in cells(controlled(counts, 3, {}), counts):
        if cell.measure != "count" or cell.status is not Status.SHOWN or cell.breakdown == "message":
            continue
        values, categories = cell.members or (cell.value,), (cell.category,)
        if "merged" in (cell.category, cell.value) or cell.value.endswith("+"):
            continue
        shown += 1
        assert cell.number == sum(
            found[cell.family, cell.breakdown, v, c] for v in values for c in categories
        )
    assert shown > 200


async def test_as_of_a_past_day_it_is_what_it_was_then(ledger_url: str, autumn: Autumn) -> None:
    earlier = ReportPeriod(first=PERIOD.first, last=date(2026, 9, 30), as_of=date(2026, 10, 15))
    counts = read_in(ledger_url, earlier).counts
    found, _ = recount(autumn, earlier)
    assert as_counted(counts) == dict(found)
