"""What serves starts no program, reads no format that can run code, and takes chance for secrets from the system."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.paths import ROOT

SERVING: Final = (
    "api", "config", "crypto", "doctor", "frafaldsvarsel", "inbox", "infra", "ledger", "models", "notifiers", "ops",
    "publisher", "streams",
)  # fmt: skip
"""The packages of the image."""
FILES: Final = sorted(
    file for package in SERVING for file in (ROOT / package).rglob("*.py") if "node_modules" not in file.parts
)
DANGEROUS: Final = frozenset(
    {"subprocess", "pickle", "cPickle", "marshal", "shelve", "dill", "xml", "lxml", "yaml", "ctypes", "pty"}
)
"""Programs, code in data, external entities, memory."""
RUNS_TEXT: Final = frozenset({"eval", "exec", "compile", "__import__"})
RUNS_PROGRAMS: Final = frozenset({"system", "popen", "execv", "execve", "spawnv", "posix_spawn"})
WEAK: Final = frozenset({"md5", "sha1", "MD5", "SHA1"})
SUMS: Final = frozenset({"models/quick_uuid.py", "ops/audit/digest.py"})
"""Find mistakes or name things, and protect nothing: PostgreSQL has to compute the same, and an id of a name is made
by SHA-1 (RFC 9562), by `uuid.uuid5` too."""


def imported(tree: ast.AST) -> Iterator[str]:
    """The first names of the modules that are imported, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.partition(".")[0]


def called(tree: ast.AST) -> Iterator[tuple[str | None, str]]:
    """What is called: on which name, and the name of what."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield None, node.func.id
            elif isinstance(node.func, ast.Attribute):
                on = node.func.value
                yield on.id if isinstance(on, ast.Name) else "", node.func.attr


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that is used or imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name


def _parsed(file: Path) -> ast.AST:
    return ast.parse(file.read_text("utf-8"))


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_no_package_that_serves_imports_what_is_dangerous() -> None:
    found = {_name(file): names for file in FILES if (names := DANGEROUS & set(imported(_parsed(file))))}
    assert found == {}


def test_no_package_that_serves_runs_text_as_code() -> None:
    found = {
        (_name(file), name)
        for file in FILES
        for on, name in called(_parsed(file))
        if (on is None and name in RUNS_TEXT) or (on == "os" and name in RUNS_PROGRAMS)
    }
    assert found == set()


def test_no_weak_hash_is_used() -> None:
    assert {_name(file) for file in FILES if WEAK & set(names(_parsed(file)))} == SUMS


def test_all_chance_is_the_systems() -> None:
    assert {_name(file) for file in FILES if "random" in set(imported(_parsed(file)))} == set()


@pytest.mark.parametrize(
    "text", ["import subprocess", "from xml.etree import ElementTree", "def f():\n import pickle"]
)
def test_an_import_would_be_found(text: str) -> None:
    assert DANGEROUS & set(imported(ast.parse(text)))


@pytest.mark.parametrize(("text", "what"), [("eval(x)", (None, "eval")), ("os.system(x)", ("os", "system"))])
def test_a_call_would_be_found(text: str, what: tuple[str | None, str]) -> None:
    assert what in set(called(ast.parse(text)))


@pytest.mark.parametrize("text", ["from hashlib import md5", "hashlib.sha1(x)", "hashes.SHA1()"])
def test_a_weak_hash_would_be_found(text: str) -> None:
    assert WEAK & set(names(ast.parse(text)))
