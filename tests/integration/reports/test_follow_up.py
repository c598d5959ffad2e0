"""A released period as of a later day: for the country, the same when it is made again, beside what was released."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import psycopg
import pytest

from config.reading_environments import ReportEnvironment
from config.sections.servers import DatabaseAddress, ReferenceSection
from frafaldsvarsel.wiring.report import make_follow_up
from reports.make import MadeRelease
from reports.read import ReportPeriod
from reports.releases import ReleaseRefused
from tests.integration.reports.autumn import Autumn, make, put_in
from tests.integration.reports.recount import recount
from tests.integration.reports.test_release import released
from tests.reference import copy_reference

FIRST, LAST = date(2026, 8, 1), date(2026, 9, 30)


def of(day: date) -> ReportPeriod:
    return ReportPeriod(first=FIRST, last=LAST, as_of=day)


RELEASE, LATER, LAST_OF_ALL = of(date(2026, 10, 15)), of(date(2026, 12, 1)), of(date(2027, 2, 1))


def follow_up(url: str, tables: Path, period: ReportPeriod) -> tuple[MadeRelease, bool]:
    """By the command's own way."""
    environment = ReportEnvironment(
        database=DatabaseAddress.model_validate({"DATABASE_URL": url}),
        reference=ReferenceSection.model_validate({"REFERENCE_DIR": tables}),
    )
    return make_follow_up(environment, period, by="anna")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_reference(tmp_path_factory.mktemp("tables") / "data")


@pytest.fixture
async def autumn(ledger_url: str) -> Autumn:
    made = make(2, 500)
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await put_in(connection, made)
    return made


async def test_it_shows_the_country_as_it_was_counted(ledger_url: str, autumn: Autumn, tables: Path) -> None:
    released(ledger_url, tables, RELEASE)
    made, is_new = follow_up(ledger_url, tables, LATER)
    assert is_new
    rows = list(csv.DictReader(StringIO(made.files["figures.csv"].decode())))
    assert {row["breakdown"] for row in rows} == {"total"}
    assert not [name for name in made.files if name.endswith(".pdf")]
    assert b'"2026-10-15"' in made.files["manifest.json"]
    (then, _), (now, _) = recount(autumn, RELEASE), recount(autumn, LATER)
    shown = 0
    for row in rows:
        if row["measure"] == "count" and row["status"] == "shown":
            members = row["members"].split() or [row["category_code"]]
            keys = [(row["family"], "total", "total", member) for member in members]
            number = sum(now[key] for key in keys)
            change = abs(number - sum(then[key] for key in keys))
            assert number == int(row["number"])
            assert not 0 < change < 3
            shown += 1
    assert shown > 5
    # Shown as they are, some would have changed by few.
    assert [key for key in now if key[1] == "total" and 0 < abs(now[key] - then[key]) < 3]


async def test_made_again_it_is_the_same_and_each_is_of_a_later_day(
    ledger_url: str, autumn: Autumn, tables: Path
) -> None:
    with pytest.raises(ReleaseRefused, match="was not released"):
        follow_up(ledger_url, tables, LATER)
    released(ledger_url, tables, RELEASE)
    with pytest.raises(ReleaseRefused, match="choose a later day"):
        follow_up(ledger_url, tables, RELEASE)
    last, _ = follow_up(ledger_url, tables, LAST_OF_ALL)
    with pytest.raises(ReleaseRefused, match="2027-02-01"):
        follow_up(ledger_url, tables, LATER)
    again, is_new = follow_up(ledger_url, tables, LAST_OF_ALL)
    assert not is_new
    assert dict(again.files) == dict(last.files)


async def test_where_the_release_cannot_be_made_again_nothing_is_followed_up(
    ledger_url: str, autumn: Autumn, tables: Path
) -> None:
    released(ledger_url, tables, RELEASE)
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute("DELETE FROM person_facts WHERE kind = 'enrolment' AND \"offset\" % 3 = 0")
    with pytest.raises(ReleaseRefused, match="cannot be made again"):
        follow_up(ledger_url, tables, LATER)
