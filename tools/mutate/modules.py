"""Which modules are changed, and which tests are to notice: pure rules, and the unit tests of their packages."""

import ast
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
MODULES: Final = (
    "models/*.py",
    "crypto/*.py",
    "ledger/tasks/*.py",
    "notifiers/supersede.py",
    "notifiers/circuit_breaker.py",
    "notifiers/email/answer.py",
    "notifiers/email/classify.py",
    "notifiers/email/in_a_row.py",
    "notifiers/webhook/classify.py",
    "notifiers/bounces/automatic.py",
    "notifiers/bounces/free_text.py",
    "notifiers/bounces/report.py",
    "notifiers/bounces/status_fields.py",
    "notifiers/bounces/verdict.py",
    "notifiers/bounces/address.py",
    "notifiers/content/*.py",
    "streams/intake.py",
    "streams/open_person.py",
    "streams/wrong_fields.py",
)
"""`*` crosses folders."""
TESTS: Final = tuple(
    f"tests/unit/{package}" for package in ("models", "crypto", "ledger", "notifiers", "streams")
)

_MOST_FILES: Final = 8
"""What a hundred files import is told by the nearest of them."""


def chosen(patterns: tuple[str, ...]) -> list[Path]:
    """The modules that fit one of the patterns, below the root."""
    packages = {pattern.split("/")[0] for pattern in MODULES}
    paths = (path.relative_to(ROOT) for package in packages for path in (ROOT / package).rglob("*.py"))
    return sorted(
        path
        for path in paths
        if any(fnmatch(path.as_posix(), known) for known in MODULES)
        and any(fnmatch(path.as_posix(), f"{pattern}*") for pattern in patterns)
    )


def dotted(path: str) -> str:
    """The name by which a module is imported."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def own_tests(path: str) -> list[str]:
    """The test file that mirrors the module, then those that import it by name, the nearest first; at most so many."""
    mirrored = Path("tests/unit") / Path(path).with_name(f"test_{Path(path).name}")
    files = [
        file.relative_to(ROOT) for folder in TESTS for file in sorted((ROOT / folder).rglob("test_*.py"))
    ]
    own = [file for file in files if file == mirrored or dotted(path) in _imported(ROOT / file)]
    own.sort(key=lambda file: (file != mirrored, file.parts[2] != mirrored.parts[2]))
    return [file.as_posix() for file in own[:_MOST_FILES]]


def _imported(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
        elif isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
    return names
