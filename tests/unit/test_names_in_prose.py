"""What pages and docstrings name is there: files, modules and names of modules, tests, commands, checks, packages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from frafaldsvarsel.commands import MODULES
from models.notifications.delivery import Occasion
from ops.audit.auditor import COUNTS
from ops.audit.report import ABOUT, Check, GapKind
from tests.named_tests import NAMED, there
from tests.paths import ROOT

PACKAGES: Final = tuple(sorted(init.parent.name for init in ROOT.glob("*/__init__.py")))
PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "config" / "data" / "README.md"]
)
SOURCES: Final = sorted(
    file
    for package in PACKAGES
    for file in (ROOT / package).rglob("*.py")
    if "node_modules" not in file.parts
)
FILE: Final = re.compile(
    rf"(?<![\w/.-])((?:{'|'.join(PACKAGES)})/[\w/.-]+\.(?:py|sql|csv|toml|yaml|json|j2|html))\b"
)
DOTTED: Final = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:\.\w+)+)`")
COMMAND_LINE: Final = (ROOT / "docs" / "command-line.md").read_text("utf-8")
README: Final = (ROOT / "README.md").read_text("utf-8")


def named_files(text: str) -> Iterator[str]:
    """Files of ours that a text names; in capitals stands what a reader fills in."""
    return (found for found in FILE.findall(text) if not re.search(r"NAME|NNNN", found))


def is_there(dotted: str) -> bool:
    """Whether a dotted name is a package or a module, or one that a module has."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        if place.is_dir() and end == len(parts):
            return True
        module = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        if module.is_file():
            text = module.read_text("utf-8")
            return all(re.search(rf"\b{name}\b", text) for name in parts[end:])
    return False


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_page_names_what_is_there(file: Path) -> None:
    text = file.read_text("utf-8")
    missing = [name for name in named_files(text) if not (ROOT / name).exists()]
    missing += [name for name in DOTTED.findall(text) if not is_there(name)]
    assert missing == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_page_names_tests_that_are_there(file: Path) -> None:
    assert [name for name in NAMED.findall(file.read_text("utf-8")) if not there(name)] == []


def test_a_docstring_names_what_is_there() -> None:
    missing = []
    for file in SOURCES:
        text = file.read_text("utf-8")
        missing += [
            f"{file.relative_to(ROOT)}: {name}" for name in DOTTED.findall(text) if not is_there(name)
        ]
    assert missing == []


def test_each_audit_check_is_counted() -> None:
    assert len(COUNTS) == len(Check)


@pytest.mark.parametrize("check", Check)
def test_each_audit_check_has_its_words_and_stands_with_its_equation(check: Check) -> None:
    assert check in ABOUT
    assert f"| `{check}` |" in COMMAND_LINE


@pytest.mark.parametrize("gap", GapKind)
def test_the_page_says_what_is_redriven(gap: GapKind) -> None:
    assert f"`{gap}`" in COMMAND_LINE


@pytest.mark.parametrize("command", sorted(name for names in MODULES.values() for name in names))
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"`{command}\b", README)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_readme_names_every_package(package: str) -> None:
    assert f"[`{package}/`]({package})" in README


def test_the_page_of_the_webhooks_names_every_type() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text("utf-8")
    assert [one for one in Occasion if f"`{one}`" not in page] == [Occasion.CHANNEL_OFF, Occasion.DIGEST]
