"""The files of a release are read by other programs as they were meant, and are the same bytes each time."""

import csv
from datetime import datetime
from io import BytesIO, StringIO
from zipfile import ZipFile

from pyarrow import parquet

from reports.files import HEAD, as_csv, as_parquet, as_workbook, lines
from reports.release import Cell, Status
from reports.words import ReportLanguage, Words

WORDS = Words({"municipality": {"0101": "København"}}, {"DK032": "Sydjylland"})
CELLS = [
    Cell("starts", "municipality", "0101", "from_benefit", "count", 12, Status.SHOWN),
    Cell("starts", "municipality", "0101", "other", "count", None, Status.HIDDEN),
    Cell("starts", "municipality", "DK032+", "", "base", 0, Status.SHOWN, ("0563", "0580")),
    *[Cell("starts", "month", "2026-08", "other", "percent", number, Status.SHOWN) for number in range(99)],
]
ROWS = lines(CELLS, WORDS)


def test_parquet_is_read_by_another_library_as_it_was_written() -> None:
    table = parquet.read_table(BytesIO(as_parquet(ROWS)))
    assert table.column_names == list(HEAD)
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        tuple(str(each) if isinstance(each, str) else each for each in row) for row in ROWS
    ]


def test_a_csv_says_nothing_where_nothing_is_shown() -> None:
    read = list(csv.DictReader(StringIO(as_csv(ROWS).decode())))
    assert [row["number"] for row in read[:3]] == ["12", "", "0"]
    assert read[0]["value_da"] == "København"
    assert read[2]["value_da"] == "Sydjylland, små kommuner"
    assert read[2]["members"] == "0563 0580"


def test_a_workbook_is_the_same_bytes_each_time() -> None:
    made = datetime(2026, 12, 1)  # noqa: DTZ001 - a workbook has no offset
    one, other = (as_workbook(ROWS, [("Periode", "2026")], made) for _ in range(2))
    assert one == other
    assert "xl/worksheets/sheet1.xml" in ZipFile(BytesIO(one)).namelist()


def test_every_code_has_a_name_in_both_languages() -> None:
    from reports.families import FAMILIES
    from reports.rows import BREAKDOWNS

    for language in ReportLanguage:
        for family in FAMILIES:
            assert WORDS.say("family", family.code, language) != family.code
            for category in family.categories:
                assert WORDS.say("category", category, language) != category
        for breakdown in BREAKDOWNS:
            assert WORDS.say("breakdown", breakdown, language) != breakdown
