"""The composition root's part for `report`."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
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
from infra.postgres import SyncConnection
from ledger.queries.released_figures import ReleasedFigure
from models.events import probe_identity
from models.events.sender import SenderKind
from models.ids import UnitId
from reports.count import FigureCounts
from reports.files import as_csv, lines
from reports.follow_up import followed_up
from reports.make import MadeRelease, cells_hash, make
from reports.manifest import About, code_hash, file_hashes
from reports.pages import SenderCoverage
from reports.read import Read, ReportPeriod, ReportSnapshot, ReportTables, read
from reports.release import Cell, Status, controlled
from reports.releases import ReleaseRefused, note, note_follow_up, released_before
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
    with _snapshot(known) as snapshot:
        found = read(snapshot, period, _tables(reference))
    clusters = {row["municipality_code"]: row["cluster"] for row in _clusters()}
    made = make(
        controlled(found.counts, threshold, clusters),
        found.counts,
        _about(known, reference, period, found, threshold),
        _coverage(reference, found),
        words=words_of(reference),
        fonts=_FONTS,
    )
    with _writing(known) as connection:
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


def make_follow_up(known: ReportEnvironment, period: ReportPeriod, *, by: str) -> tuple[MadeRelease, bool]:
    """The released period as of a later day, for the country; otherwise as `make_release`.

    What was released of it before is counted again, and must be what was given out.
    """
    reference = read_reference(known.reference)
    words = words_of(reference)
    with _snapshot(known) as snapshot:
        before = released_before(snapshot.connection, first=period.first, last=period.last)
        earlier = [day for day in before.hashes if day < period.as_of]
        if not earlier:
            raise ReleaseRefused(f"The period was released as of {min(before.hashes)}: choose a later day.")
        tables, counts = _tables(reference), list[FigureCounts]()
        for day in earlier:
            counts.append(read(snapshot, replace(period, as_of=day), tables).counts)
            if _hash(counts, before.threshold, words) != before.hashes[day]:
                raise ReleaseRefused(
                    f"What was released as of {day} cannot be made again, so nothing can be held against it: the code "
                    f"or a reference table has changed."
                )
        found = read(snapshot, period, tables)
    made = make(
        followed_up([*counts, found.counts], before.threshold),
        found.counts,
        _about(known, reference, period, found, before.threshold, tuple(earlier)),
        _coverage(reference, found),
        words=words,
        fonts=_FONTS,
    )
    with _writing(known) as connection:
        is_new = note_follow_up(
            connection,
            before,
            first=period.first,
            last=period.last,
            as_of=period.as_of,
            sha256=made.sha256,
            by=by,
        )
    return made, is_new


def _hash(counts: Sequence[FigureCounts], threshold: int, words: Words) -> str:
    """Of the cells of the last one, as they were released."""
    if len(counts) > 1:
        return cells_hash(followed_up(counts, threshold), counts[-1], words)
    clusters = {row["municipality_code"]: row["cluster"] for row in _clusters()}
    return cells_hash(controlled(counts[0], threshold, clusters), counts[0], words)


@contextmanager
def _snapshot(known: ReportEnvironment) -> Iterator[ReportSnapshot]:
    with _connection(known) as connection, _connection(known) as beside:
        yield ReportSnapshot.of(connection, beside)


def _writing(known: ReportEnvironment) -> SyncConnection:
    return _connection(known, autocommit=True)


def _connection(known: ReportEnvironment, *, autocommit: bool = False) -> SyncConnection:
    return psycopg.connect(
        known.database.url.get_secret_value(), autocommit=autocommit, application_name="frafaldsvarsel-report"
    )


def _tables(reference: Reference) -> ReportTables:
    react_by = react_by_of(reference)
    return ReportTables(
        law=law_of(reference),
        senders=tuple(row.number for row in reference.senders.rows),
        react_by_days=lambda unit, day: react_by.on(UnitId(unit), day),
        days_off=days_off_of(reference),
    )


def _about(
    known: ReportEnvironment,
    reference: Reference,
    period: ReportPeriod,
    found: Read,
    threshold: int,
    before: tuple[date, ...] = (),
) -> About:
    return About(
        first=period.first,
        last=period.last,
        as_of=period.as_of,
        threshold=threshold,
        version=VERSION,
        code=code_hash(_ROOT),
        law_versions=tuple(rules.version for rules in reversed(law_of(reference).rule_sets)),
        tables=file_hashes(known.reference.directory or DATA),
        offsets=found.offsets,
        erased=found.erased,
        before=before,
    )


def _coverage(reference: Reference, found: Read) -> SenderCoverage:
    institutions = {
        row.number
        for row in reference.senders.rows
        if row.kind is SenderKind.INSTITUTION and row.number not in probe_identity.SENDERS
    }
    return SenderCoverage(
        known=len(institutions),
        sent=len(institutions & {sender for sender, _ in found.sent}),
        totals=sum(number for (_, kind), number in found.sent.items() if _CONTROL_TOTAL in kind),
    )
