"""`docs/asvs.csv`: every requirement of OWASP ASVS 5.0 up to level 2 is answered once, and what it names is there."""

import csv
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.named_tests import there
from tests.paths import DATA, ROOT

COLUMNS: Final = ("id", "level", "applies", "how", "test")


class Row(NamedTuple):
    """A requirement, whether it concerns the service, by what it is met, and the tests that hold it."""

    id: str
    level: int
    applies: str
    how: str
    tests: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether something of it is missing."""
        return "Open:" in self.how


def rows() -> list[Row]:
    """The table as it stands."""
    with (ROOT / "docs" / "asvs.csv").open(encoding="utf-8", newline="") as file:
        read = csv.DictReader(file, strict=True)
        assert tuple(read.fieldnames or ()) == COLUMNS
        return [
            Row(
                each["id"],
                int(each["level"]),
                each["applies"],
                each["how"],
                tuple(filter(None, each["test"].split("; "))),
            )
            for each in read
        ]


def levels() -> dict[str, int]:
    """The ids of ASVS 5.0.0 with their levels: facts of the standard, of which no sentence is repeated here."""
    with (DATA / "asvs" / "levels.csv").open(encoding="utf-8", newline="") as file:
        return {each["id"]: int(each["level"]) for each in csv.DictReader(file, strict=True)}


ROWS: Final = rows()
LEVELS: Final = levels()


def test_each_requirement_up_to_level_2_is_answered_once() -> None:
    answered = Counter(row.id for row in ROWS if row.level <= 2)
    assert answered == Counter(identity for identity, level in LEVELS.items() if level <= 2)


def test_of_level_3_none_is_made_up_and_none_stands_twice() -> None:
    assert max(Counter(row.id for row in ROWS).values()) == 1
    assert {row.id: row.level for row in ROWS}.items() <= LEVELS.items()


def test_the_standard_has_as_many_requirements_as_were_read() -> None:
    assert Counter(LEVELS.values()) == {1: 70, 2: 183, 3: 92}


def test_each_stands_where_the_standard_has_it() -> None:
    assert [row.id for row in ROWS] == sorted((row.id for row in ROWS), key=list(LEVELS).index)


def test_each_named_test_is_there() -> None:
    assert [(row.id, test) for row in ROWS for test in row.tests if not there(test)] == []


def numbers(levels: set[int]) -> str:
    """What the page says of some levels, as its table has it."""
    answered = [row for row in ROWS if row.level in levels]
    concern = [row for row in answered if row.applies != "no"]
    counted = (
        len(answered),
        len(answered) - len(concern),
        sum(bool(row.tests) for row in concern),
        sum(not row.tests for row in concern),
        sum(row.is_open for row in concern),
    )
    return " | ".join(map(str, counted))


def test_the_page_says_how_many_have_a_test_how_many_an_argument_and_how_many_are_open() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
    assert f"| 1 and 2, all of them | {numbers({1, 2})} |" in page
    assert f"| 3, chosen | {numbers({3})} |" in page


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_an_answer_says_how(row: Row) -> None:
    assert row.applies in {"yes", "no", "partly"}
    assert row.how == row.how.strip()
    assert row.how, "how, or why not"
    # What does not concern us is neither held by a test nor open.
    assert row.applies != "no" or not (row.tests or row.is_open)


def test_a_test_that_is_not_there_would_be_found() -> None:
    mine = Path(__file__).relative_to(ROOT)
    assert there(f"{mine}::test_each_named_test_is_there")
    assert not there(f"{mine}::test_each_named_test")
    assert not there("tests/unit/test_nothing.py::test_each_named_test_is_there")
    assert not there(f"{mine}::there")
