"""``law.toml`` is read strictly, and a fault names the line that a person must change."""

from pathlib import Path

import pytest

from config.reference.csv_reader import DATA
from config.reference.rule_sets import read_rule_sets

SHIPPED = (DATA / "law.toml").read_text("utf-8")


def faults(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "law.toml").write_text(text, "utf-8")
    return [str(fault) for fault in read_rule_sets(tmp_path).faults]


def line_of(text: str, start: str, occurrence: int) -> int:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start)][occurrence]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_fault_stands_on_its_line_in_its_version(version: int, tmp_path: Path) -> None:
    line = line_of(SHIPPED, "mentor_months", version)
    lines = SHIPPED.splitlines()
    lines[line - 1] = "mentor_months = 0"
    assert faults(tmp_path, "\n".join(lines)) == [
        f'law.toml, line {line}: mentor_months "0": input should be greater than 0.'
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("window_months = 6", "window_months = true"),
        ("window_months = 6", "window_months = 6.5"),
        ("window_months = 6", "window_months = nan"),
        ("window_months = 6", "window_months = 999999999999999999999"),
        ("in_force_from = 2022-01-01", "in_force_from = 1640995200"),
        ("in_force_from = 2022-01-01", "in_force_from = 12:00:00"),
        ('version = "lab-2022-01-01"', 'version = "Lov om aktiv"'),
        ('review_days = "made-up"', 'review_days = "sure"'),
        ('review_days = "made-up", ', ""),
        ('    ["uddannelseshjaelp", "uddannelsesparat"],', '    ["uddannelseshjaelp"],'),
        ("review_days = 14", 'review_days = 14\nnote = "x"'),
    ],
)
def test_a_value_of_another_kind_is_a_fault(old: str, new: str, tmp_path: Path) -> None:
    assert old in SHIPPED
    assert len(faults(tmp_path, SHIPPED.replace(old, new, 1))) >= 1


@pytest.mark.parametrize(
    "text", ["", "rule_sets = 1", "rule_sets = [1]", "rule_sets = {a = 1}", "[rule_sets]\na = 1"]
)
def test_another_shape_is_a_fault_and_no_exception(text: str, tmp_path: Path) -> None:
    assert faults(tmp_path, text) == ["law.toml: rule sets are written as [[rule_sets]], one or more."]


@pytest.mark.parametrize(
    "text", [f"a = {'[' * 5_000}", f"a = {'{b = ' * 3_000}", f"a = {'9' * 5_000}", f"a = 0x{'f' * 5_000}"]
)
def test_what_the_parser_itself_gives_up_is_a_fault_and_no_exception(text: str, tmp_path: Path) -> None:
    assert faults(tmp_path, text)[0].startswith("law.toml: ")
