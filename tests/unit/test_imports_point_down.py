"""What a folder may import stands in `pyproject.toml` and is held by import-linter; here is what that cannot say."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.paths import ROOT


def imported(file: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            yield node.lineno, (node.module or "").partition(".")[0]


def test_models_import_the_standard_library_pydantic_and_msgspec_only() -> None:
    allowed = sys.stdlib_module_names | {"models", "msgspec", "pydantic", "pydantic_core"}
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sorted((ROOT / "models").rglob("*.py"))
        for line, name in imported(file)
        if name not in allowed
    ]
    assert wrong == []


def test_every_folder_of_code_has_its_place() -> None:
    """import-linter reads only the packages that it is told."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
    told = tools["importlinter"]["root_packages"]
    assert {init.parent.name for init in ROOT.glob("*/__init__.py")} - {"tests", "bench"} == set(told)
