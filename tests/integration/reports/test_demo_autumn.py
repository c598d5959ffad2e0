"""The demo's autumn, played in its own time with what units do about it: every number of its report is that of a count
from the records as they were written and the journal of what was done."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Final

import psycopg
import pytest

from config.reading_environments import ReportEnvironment
from config.sections.servers import DatabaseAddress, ReferenceSection
from frafaldsvarsel.wiring.report import make_release
from reports.families import FAMILIES
from reports.read import Read, ReportPeriod
from reports.survival import still_enrolled
from tests.integration.reports.autumn import LAW, PERIOD
from tests.integration.reports.demo_autumn import told
from tests.integration.reports.plain_count import HORIZONS, PlainCounts, count_people
from tests.integration.reports.plain_duties import count_duties
from tests.integration.reports.played_autumn import Played, play
from tests.integration.reports.published import differences, stayed
from tests.integration.reports.test_every_number import read_in
from tests.reference import SHIPPED, copy_reference
from tests.travel.clock import under_our_clock

_MESSAGES: Final = 400
_EARLIER: Final = ReportPeriod(first=PERIOD.first, last=date(2026, 9, 30), as_of=date(2026, 10, 15))
_TARGETS: Final = {row.unit_id: row.working_days for row in SHIPPED.react_by.rows if row.unit_id is not None}


def plain(played: Played, period: ReportPeriod) -> PlainCounts:
    """The other count."""
    counts = PlainCounts(first=period.first, last=period.last, as_of=period.as_of, law=LAW)
    count_duties(counts, count_people(counts, played), played, _TARGETS)
    return counts


@pytest.fixture
async def played(database: str) -> Played:
    """The autumn, in the ledger."""
    await under_our_clock(database)
    story = sorted(told(_MESSAGES), key=lambda pair: pair[0])
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        return await play(connection, story, PERIOD.as_of)


def assert_alike(read: Read, counts: PlainCounts) -> None:
    """All that the report has counted, before anything is hidden."""
    counted = Counter(
        {
            (family, breakdown, value, category): number
            for family, by_line in read.counts.cells.items()
            for (breakdown, value), counter in by_line.items()
            for category, number in counter.items()
        }
    )
    assert counted == counts.found
    lives = {line: Counter(seen) for line, seen in counts.lives.items()}
    assert dict(read.counts.lives) == lives
    for line, seen in counts.lives.items():
        for _, limit in HORIZONS:
            part = still_enrolled(read.counts.lives[line], limit)
            assert part is None or abs(part - stayed(seen, limit)) < 1e-9
    days = {key: Counter(found) for key, found in counts.days.items()}
    assert {
        (what, line): found for what, by_line in read.counts.days.items() for line, found in by_line.items()
    } == days
    assert dict(read.sent) == dict(counts.sent)


async def test_every_number_of_the_demos_autumn(database: str, played: Played, tmp_path: Path) -> None:
    counts = plain(played, PERIOD)
    assert_alike(read_in(database), counts)
    assert_alike(read_in(database, _EARLIER), plain(played, _EARLIER))
    found = counts.found
    lacking = {family.code for family in FAMILIES} - {key[0] for key in found}
    assert not lacking
    assert found["starts", "total", "total", "from_benefit"] > 100
    assert found["duties", "total", "total", "reached"] > 50
    kinds = Counter(done.kind for done in played.journal)
    assert min(kinds[kind] for kind in ("attempt", "close", "reopen", "hand_over", "acknowledge")) > 5
    assert played.refused > 5

    environment = ReportEnvironment(
        database=DatabaseAddress.model_validate({"DATABASE_URL": database}),
        reference=ReferenceSection.model_validate({"REFERENCE_DIR": copy_reference(tmp_path / "data")}),
    )
    made, _ = make_release(environment, PERIOD, threshold=3, by="anna")
    shown, wrong = differences(made.files["figures.csv"], counts)
    assert wrong == []
    assert shown["count"] > 200
    measures = ("base", "percent", "median_days", "ninth_days", "still_enrolled_percent")
    assert min(shown[measure] for measure in measures) > 3
