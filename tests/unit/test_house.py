"""The rules of the house that neither ruff, mypy nor import-linter can say."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.paths import ROOT

PACKAGES: Final = sorted(
    init.parent.name for init in ROOT.glob("*/__init__.py") if init.parent.name not in ("tests", "bench")
)
FILES: Final = [
    file
    for package in PACKAGES
    for file in sorted((ROOT / package).rglob("*.py"))
    if "node_modules" not in file.parts
]
MOST_LINES: Final = 300
LATE_IMPORTS: Final = {
    "frafaldsvarsel/processes/traced.py": "OpenTelemetry is loaded only where traces are on",
    "frafaldsvarsel/processes/worker.py": "the event loop is chosen before Faust is loaded, which may make one",
}
"""Where an import stands in a function, beside the commands, each of which loads what it runs when it is called."""
READS_THE_ENVIRONMENT: Final = ("config/settings.py", "local/")
BARE_DICTIONARIES: Final = 25
"""Public functions that take or give a bare dictionary. It only shrinks."""


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def test_no_file_is_longer_than_a_person_likes_to_read() -> None:
    assert [name_of(file) for file in FILES if len(file.read_text("utf-8").splitlines()) > MOST_LINES] == []


def defined(tree: ast.Module) -> Iterator[str]:
    """Public classes and names of types."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[0].isupper() and not name.isupper():
                yield name


def test_no_name_of_a_type_stands_for_two_things() -> None:
    found = defaultdict(set)
    for file in FILES:
        for name in defined(tree_of(file)):
            found[name].add(name_of(file))
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_imports_stand_at_the_top() -> None:
    late = {
        name_of(file)
        for file in FILES
        if not name_of(file).startswith("frafaldsvarsel/commands/")
        for function in ast.walk(tree_of(file))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert late == set(LATE_IMPORTS)


def test_one_file_reads_the_environment() -> None:
    readers = {
        name_of(file)
        for file in FILES
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
    }
    assert {name for name in readers if not name.startswith(READS_THE_ENVIRONMENT)} == set()


def annotations(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    for node in (*(one.annotation for one in arguments), function.returns):
        if node is not None:
            yield ast.unparse(node)


def test_bare_dictionaries_become_fewer() -> None:
    """A record says what it holds; a dictionary of anything does not."""
    bare = [
        f"{name_of(file)}:{function.lineno}"
        for file in FILES
        for owner in ast.walk(tree_of(file))
        if isinstance(owner, ast.Module | ast.ClassDef)
        for function in owner.body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and not function.name.startswith("_")
        if any(bad in text for text in annotations(function) for bad in ("[str, Any]", "[str, object]"))
    ]
    assert len(bare) <= BARE_DICTIONARIES, bare


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_holds_more_than_its_share(package: str) -> None:
    lines = {
        name: sum(
            len(file.read_text("utf-8").splitlines()) for file in FILES if name_of(file).split("/")[0] == name
        )
        for name in PACKAGES
    }
    assert lines[package] < 0.15 * sum(lines.values())
