"""The changes that are tried: of each kind, never where nothing is decided, and none that does not compile."""

import ast
from pathlib import Path
from typing import Final

import pytest

from tools.mutate.changes import changed_tree, changes_of
from tools.mutate.modules import ROOT, chosen

SOURCE: Final = '''"""A module."""

LIMIT: Final = 3


@dataclass(frozen=True)
class Rule:
    """A rule."""

    words: str = "said"

    @property
    def holds(self) -> bool:
        """Whether it holds."""
        return self.days >= LIMIT and not self.over


def judge(days: "int | None", rules: list) -> Literal["a", "b"]:
    """What is judged."""
    if days is None:
        raise ValueError("no days")
    for rule in rules:
        if rule.first < days:
            continue
        rules.append(days - 1)
    return min(days, 2)
'''


def tried(tmp_path: Path, source: str = SOURCE) -> list[tuple[str, str, str]]:
    (tmp_path / "one.py").write_text(source, "utf-8")
    return [(one.function, one.before, one.after) for one in changes_of(Path("one.py"), tmp_path)]


def test_every_kind_of_mistake_is_tried(tmp_path: Path) -> None:
    """In tables and defaults, in what is decorated, and in plain functions."""
    assert tried(tmp_path) == [
        ("", "3", "4"),
        ("", "'said'", "''"),
        ("Rule.holds", "return self.days >= LIMIT and (not self.over)", "return None"),
        ("Rule.holds", "self.days >= LIMIT and (not self.over)", "not self.over"),
        ("Rule.holds", "self.days >= LIMIT and (not self.over)", "self.days >= LIMIT"),
        ("Rule.holds", "self.days >= LIMIT", "self.days > LIMIT"),
        ("Rule.holds", "self.days >= LIMIT", "self.days < LIMIT"),
        ("Rule.holds", "not self.over", "self.over"),
        ("judge", "days is None", "True"),
        ("judge", "days is None", "False"),
        ("judge", "raise ValueError('no days')", "pass"),
        ("judge", "rule.first < days", "True"),
        ("judge", "rule.first < days", "False"),
        ("judge", "rule.first < days", "rule.first <= days"),
        ("judge", "continue", "break"),
        ("judge", "rules.append(days - 1)", "pass"),
        ("judge", "days - 1", "days + 1"),
        ("judge", "1", "2"),
        ("judge", "return min(days, 2)", "return None"),
        ("judge", "min", "max"),
        ("judge", "2", "3"),
    ]


def test_each_change_changes_one_place(tmp_path: Path) -> None:
    """And leaves the file on the disk alone."""
    tried(tmp_path)
    plain = ast.unparse(ast.parse(SOURCE)).splitlines()
    for change in changes_of(Path("one.py"), tmp_path):
        changed = ast.unparse(changed_tree(SOURCE, change)).splitlines()
        assert len([1 for one, other in zip(plain, changed, strict=False) if one != other]) >= 1
        assert abs(len(plain) - len(changed)) <= 1
    assert (tmp_path / "one.py").read_text("utf-8") == SOURCE


def test_a_change_keeps_its_key_when_its_line_moves(tmp_path: Path) -> None:
    """So that what a run has found stands when something above is written anew."""
    tried(tmp_path)
    before = {change.key for change in changes_of(Path("one.py"), tmp_path)}
    assert len(before) == len(changes_of(Path("one.py"), tmp_path))
    tried(tmp_path, SOURCE.replace("LIMIT: Final", "\n\n# A reason.\nLIMIT: Final"))
    assert {change.key for change in changes_of(Path("one.py"), tmp_path)} == before


@pytest.mark.parametrize("path", chosen(("",)), ids=str)
def test_changes_of_the_rules_compile(path: Path) -> None:
    """One that does not would count as noticed. Every tenth is looked at."""
    source = (ROOT / path).read_text("utf-8")
    for change in changes_of(path, ROOT)[::10]:
        compile(changed_tree(source, change), str(path), "exec", dont_inherit=True)
