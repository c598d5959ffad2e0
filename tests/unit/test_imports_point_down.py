"""Top-level folders are the flow, and imports point down it: what a folder may know stands here."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
BASE: Final = {"models", "config", "seals"}
MAY_KNOW: Final[dict[str, set[str]]] = {
    "models": set(),
    "seals": {"models"},
    "config": {"models", "seals"},
    "streams": BASE,
    "ledger": BASE,
    "publisher": BASE,
    "notifiers": BASE | {"ledger"},
    "inbox": BASE | {"ledger"},
    "ops": BASE | {"ledger"},
    "frafaldsvarsel": BASE | {"streams", "ledger", "publisher", "notifiers", "inbox", "ops"},
}


def imported(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            yield node.lineno, (node.module or "").partition(".")[0]


@pytest.mark.parametrize("folder", MAY_KNOW)
def test_a_folder_knows_only_what_lies_below_it(folder: str) -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for line, name in imported(file)
        if name in MAY_KNOW.keys() - MAY_KNOW[folder] - {folder} or name in {"tests", "bench"}
    ]
    assert wrong == []


def test_models_import_the_standard_library_and_pydantic_only() -> None:
    allowed = sys.stdlib_module_names | {"models", "pydantic", "pydantic_core"}
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sorted((ROOT / "models").rglob("*.py"))
        for line, name in imported(file)
        if name not in allowed
    ]
    assert wrong == []


def test_every_folder_of_code_has_its_place() -> None:
    folders = {init.parent.name for init in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert folders <= MAY_KNOW.keys()
