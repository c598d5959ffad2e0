"""A release of a known autumn: the same each time, never beside another one, and with nobody in it."""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from config.reading_environments import ReportEnvironment
from config.sections.servers import DatabaseAddress, ReferenceSection
from frafaldsvarsel.wiring.report import make_release
from reports.make import MadeRelease
from reports.read import NotWhole, ReportPeriod
from reports.releases import ReleaseRefused
from tests.integration.reports.autumn import PERIOD, Autumn, make, put_in
from tests.reference import copy_reference


def released(
    url: str, tables: Path, period: ReportPeriod = PERIOD, threshold: int = 3
) -> tuple[MadeRelease, bool]:
    """By the command's own way."""
    environment = ReportEnvironment(
        database=DatabaseAddress.model_validate({"DATABASE_URL": url}),
        reference=ReferenceSection.model_validate({"REFERENCE_DIR": tables}),
    )
    return make_release(environment, period, threshold=threshold, by="anna")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference data."""
    return copy_reference(tmp_path_factory.mktemp("tables") / "data")


@pytest.fixture
async def autumn(ledger_url: str) -> Autumn:
    """In the ledger."""
    made = make(2, 400)
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        await put_in(connection, made)
    return made


async def test_made_again_later_it_is_the_same_byte_for_byte(
    ledger_url: str, autumn: Autumn, tables: Path
) -> None:
    earlier = ReportPeriod(first=PERIOD.first, last=date(2026, 9, 30), as_of=date(2026, 10, 15))
    first, is_new = released(ledger_url, tables, earlier)
    assert is_new
    async with await psycopg.AsyncConnection.connect(ledger_url) as connection:
        # What is known only now: everything of these people came later than the as-of date.
        await connection.execute(
            "INSERT INTO person_facts SELECT 7, row_number() OVER (), 'new ' || person_id, kind, 'new ' || name, "
            "sender, registered_at, rank, appended_at, origin_topic, origin_partition, origin_offset, '2026-11-20', "
            "institution_number, education_type, starts_on, ends_on, reason, benefit_type, target_group, "
            "municipality_code FROM person_facts"
        )
        await connection.commit()
    again, is_new = released(ledger_url, tables, earlier)
    assert not is_new
    assert dict(first.files) == dict(again.files)


async def test_no_file_holds_a_person(ledger_url: str, autumn: Autumn, tables: Path) -> None:
    made, _ = released(ledger_url, tables)
    everything = b"\n".join(made.files[name] for name in ("figures.csv", "manifest.json", "dcat.jsonld"))
    ids = {event.event_id for event in (*autumn.events, *autumn.messages)} | {
        deed.enrolment for deed in autumn.deeds
    }
    people = {event.person_id for event in autumn.events}
    assert not [one for one in ids | people if one and one.encode() in everything]
    assert set(made.files) == {
        "figures.csv",
        "figures.xlsx",
        "figures.parquet",
        "report.da.pdf",
        "report.en.pdf",
        "dcat.jsonld",
        "manifest.json",
    }


async def test_a_release_that_could_be_held_against_another_is_refused(
    ledger_url: str, autumn: Autumn, tables: Path
) -> None:
    made, _ = released(
        ledger_url,
        tables,
        ReportPeriod(first=date(2026, 8, 1), last=date(2026, 9, 30), as_of=date(2026, 11, 1)),
    )
    for period, threshold in (
        (ReportPeriod(first=date(2026, 8, 1), last=date(2026, 10, 31), as_of=date(2026, 11, 1)), 3),
        (ReportPeriod(first=date(2026, 8, 1), last=date(2026, 9, 30), as_of=date(2026, 11, 2)), 3),
        (ReportPeriod(first=date(2026, 8, 1), last=date(2026, 9, 30), as_of=date(2026, 11, 1)), 5),
    ):
        with pytest.raises(ReleaseRefused):
            released(ledger_url, tables, period, threshold)
    with psycopg.connect(ledger_url) as connection:
        kept = connection.execute(
            "SELECT value, category, measure, number, status, members FROM released_figures ORDER BY place"
        ).fetchall()
    with_lines = [
        (cell.value, cell.category, cell.measure, cell.number, str(cell.status), list(cell.members))
        for cell in made.by_municipality
    ]
    assert kept == with_lines
    assert len(kept) > 50
    _, is_new = released(
        ledger_url,
        tables,
        ReportPeriod(first=date(2026, 10, 1), last=date(2026, 10, 31), as_of=date(2026, 11, 1)),
    )
    assert is_new


async def test_without_the_history_of_decisions_nothing_is_counted(
    ledger_url: str, autumn: Autumn, tables: Path
) -> None:
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute('DELETE FROM verdicts WHERE "offset" < 5')
    with pytest.raises(NotWhole, match="rebuild ledger --apply"):
        released(ledger_url, tables)
