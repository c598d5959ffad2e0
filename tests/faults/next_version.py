"""A later version of the service: a copy of this tree that has added something to every record and every table.

Made for a cell, so that nobody has to wait for the next release to know whether two versions bear each other.
"""

import re
import shutil
from pathlib import Path
from typing import Final

from tests.paths import ROOT

FIELD: Final = "added_later"
"""In every record that travels, and in every table."""
HEADER: Final = "added-later"
"""On every record that the next version itself has written."""
_NOT_THE_SERVICE: Final = ("tests", "bench")
_TRAVELLING: Final = re.compile(
    r'(^class \w+\([\w., ]*Travelling\):\n    """.*?"""\n)', re.MULTILINE | re.DOTALL
)
_FIRST_IMPORT: Final = re.compile(r"^(?:from|import) ", re.MULTILINE)
_TABLE: Final = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


def make(target: Path) -> Path:
    """The next version, in `target`; whatever was there is gone."""
    shutil.rmtree(target, ignore_errors=True)
    for package in sorted(file.parent for file in ROOT.glob("*/__init__.py")):
        if package.name not in _NOT_THE_SERVICE:
            shutil.copytree(package, target / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    added = sum(_add_field(file) for file in (target / "models").rglob("*.py"))
    assert added, "no record travels any more: the next version must be made otherwise"
    _replace(target / "streams" / "batch_producer.py", "list(headers)", f'[*headers, ("{HEADER}", b"1")]')
    _add_columns(target / "ledger" / "schema" / "migrations")
    return target


def _add_field(file: Path) -> int:
    text = file.read_text("utf-8")
    added = f'    {FIELD}: str | None = _Field(default_factory=lambda: "by the next version")\n'
    text, found = _TRAVELLING.subn(lambda match: match.group(1) + "\n" + added, text)
    if found:
        text = _FIRST_IMPORT.sub(
            lambda match: "from pydantic import Field as _Field\n" + match.group(), text, count=1
        )
        file.write_text(text, "utf-8")
    return found


def _add_columns(migrations: Path) -> None:
    tables = [
        name for file in sorted(migrations.glob("*.sql")) for name in _TABLE.findall(file.read_text("utf-8"))
    ]
    statements = [
        f"ALTER TABLE {table} ADD COLUMN {FIELD} text DEFAULT 'by the next version';\n" for table in tables
    ]
    (migrations / "9999_added_later.sql").write_text("".join(statements), "utf-8")


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"{file.name} has changed: the next version must be made otherwise"
    file.write_text(text.replace(old, new), "utf-8")
