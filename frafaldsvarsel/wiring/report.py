"""The composition root's part for `report`."""

import csv
from collections.abc import Iterable
from pathlib import Path

import psycopg

import frafaldsvarsel
from config.reading_environments import ReportEnvironment
from config.reference.csv_reader import DATA
from config.reference.days_off import days_off_of
from config.reference.law import law_of
from config.reference.tables import Reference
from config.reference.units import react_by_of
from frafaldsvarsel import VERSION
from frafaldsvarsel.wiring.common import read_reference
from inbox.released_report import ReleasedReport
from ledger.queries.released_figures import ReleasedFigure
from models.events import probe_identity
from models.events.sender import SenderKind
from models.ids import UnitId
from reports.files import as_csv, lines
from reports.make import MadeRelease, make
from reports.manifest import About, code_hash, file_hashes
from reports.pages import SenderCoverage
from reports.read import ReportPeriod, ReportTables, read
from reports.release import Cell, Status
from reports.releases import note
from reports.words import ReportLanguage, Words

_ROOT = Path(frafaldsvarsel.__file__).parents[1]
_CLUSTERS = _ROOT / "reports/data/clusters.csv"
_FONTS = _ROOT / "inbox/static/dkfds/fonts/IBMPlexSans/complete/woff"
_CONTROL_TOTAL = "control-total"


def words_of(reference: Reference) -> Words:
    """What the codes of a release are called."""
    return Words(
        {
            "municipality": {row.code: row.name for row in reference.municipalities.rows},
            "education_type": {row.code: row.name for row in reference.education_types.rows},
        },
        {row["cluster"]: row["name"] for row in _clusters()},
    )


def released_report(reference: Reference) -> ReleasedReport:
    """The same for the pages, with the file as a release has it."""
    words = words_of(reference)

    def file(found: Iterable[ReleasedFigure]) -> bytes:
        cells = (
            Cell(
                one.family,
                "municipality",
                one.value,
                one.category,
                one.measure,
                one.number,
                Status(one.status),
                tuple(one.members),
            )
            for one in found
        )
        return as_csv(lines(cells, words))

    return ReleasedReport(
        name=lambda kind, code, language: words.say(kind, code, ReportLanguage(language)),
        line=lambda code, language: words.value("municipality", code, ReportLanguage(language)),
        as_csv=file,
    )


def _clusters() -> list[dict[str, str]]:
    with _CLUSTERS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def make_release(
    known: ReportEnvironment, period: ReportPeriod, *, threshold: int, by: str
) -> tuple[MadeRelease, bool]:
    """The release, noted before anybody gets it; whether it is a new one. Raises `NotWhole`, `ReleaseRefused`."""
    reference = read_reference(known.reference)
    law, react_by = law_of(reference), react_by_of(reference)
    tables = ReportTables(
        law=law,
        senders=tuple(row.number for row in reference.senders.rows),
        react_by_days=lambda unit, day: react_by.on(UnitId(unit), day),
        days_off=days_off_of(reference),
    )
    url = known.database.url.get_secret_value()
    with psycopg.connect(url, application_name="frafaldsvarsel-report") as snapshot:
        snapshot.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot.read_only = True
        found = read(snapshot, period, tables)
    rows = _clusters()
    institutions = {
        row.number
        for row in reference.senders.rows
        if row.kind is SenderKind.INSTITUTION and row.number not in probe_identity.SENDERS
    }
    made = make(
        found.counts,
        About(
            first=period.first,
            last=period.last,
            as_of=period.as_of,
            threshold=threshold,
            version=VERSION,
            code=code_hash(_ROOT),
            law_versions=tuple(rules.version for rules in reversed(law.rule_sets)),
            tables=file_hashes(known.reference.directory or DATA),
            offsets=found.offsets,
            erased=found.erased,
        ),
        SenderCoverage(
            known=len(institutions),
            sent=len(institutions & {sender for sender, _ in found.sent}),
            totals=sum(number for (_, kind), number in found.sent.items() if _CONTROL_TOTAL in kind),
        ),
        words=words_of(reference),
        clusters={row["municipality_code"]: row["cluster"] for row in rows},
        fonts=_FONTS,
    )
    with psycopg.connect(url, autocommit=True, application_name="frafaldsvarsel-report") as connection:
        is_new = note(
            connection,
            first=period.first,
            last=period.last,
            as_of=period.as_of,
            threshold=threshold,
            sha256=made.sha256,
            by=by,
            by_municipality=made.by_municipality,
        )
    return made, is_new
