"""A release as files: everything that goes into its folder, by name. The same bytes for the same rows and tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from pathlib import Path

from reports.count import FigureCounts
from reports.files import as_csv, as_parquet, as_workbook, lines
from reports.manifest import About, catalogue, manifest
from reports.pages import Pages, SenderCoverage
from reports.pdf import pdf
from reports.release import Cell, ControlledTables, cells
from reports.words import ReportLanguage, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRelease:
    """What is to be written."""

    files: Mapping[str, bytes]
    sha256: str
    """Of its cells: of `figures.csv`."""
    cells: int
    shown: int
    by_municipality: tuple[Cell, ...]
    """For the interface."""


def make(
    tables: ControlledTables,
    counts: FigureCounts,
    about: About,
    coverage: SenderCoverage,
    *,
    words: Words,
    fonts: Path | None,
) -> MadeRelease:
    """Everything. `tables`: of `counts`, controlled; `fonts`: the pages' typeface. A follow-up has no pages."""
    every = list(cells(tables, counts))
    rows = lines(every, words)
    made = datetime.combine(about.as_of, time(), UTC)
    note = [
        ("Periode", f"{about.first} / {about.last}"),
        ("Opgjort", f"{about.as_of}"),
        ("Tærskel", f"{about.threshold}"),
        ("Program", f"{about.version} {about.code}"),
    ]
    files = {
        "figures.csv": as_csv(rows),
        "figures.xlsx": as_workbook(rows, note, made.replace(tzinfo=None)),
        "figures.parquet": as_parquet(rows),
    }
    for language in ReportLanguage if not about.before else ():
        data = Pages(every, words, language).data(about, coverage)
        files[f"report.{language}.pdf"] = pdf(data, fonts, made=int(made.timestamp()))
    files["dcat.jsonld"] = catalogue(about, files)
    files["manifest.json"] = manifest(about, files)
    return MadeRelease(
        files=files,
        sha256=sha256(files["figures.csv"]).hexdigest(),
        cells=len(every),
        shown=sum(cell.number is not None for cell in every),
        by_municipality=tuple(cell for cell in every if cell.breakdown == "municipality"),
    )


def cells_hash(tables: ControlledTables, counts: FigureCounts, words: Words) -> str:
    """Of the cells alone, as a release is noted by it."""
    return sha256(as_csv(lines(cells(tables, counts), words))).hexdigest()
