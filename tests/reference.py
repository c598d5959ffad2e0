"""The reference data that the service ships with, read once for all tests.

The last rule set is known for ever here, so that no test begins to fail on the day on which the shipped one ends.
"""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA, CsvLine
from config.reference.tables import Reference

ALWAYS: Final = date(9999, 12, 31)
AS_SHIPPED: Final[Reference] = sound_reference()
_LAST: Final = AS_SHIPPED.rule_sets.lines[-1]
SHIPPED: Final[Reference] = replace(
    AS_SHIPPED,
    rule_sets=replace(
        AS_SHIPPED.rule_sets,
        lines=(
            *AS_SHIPPED.rule_sets.lines[:-1],
            CsvLine(_LAST.number, _LAST.row.model_copy(update={"known_until": ALWAYS})),
        ),
    ),
)


def copy_reference(folder: Path, known_until: date = ALWAYS) -> Path:
    """The shipped tables in `folder`, the last rule set known until that day: for processes that tests start."""
    shutil.copytree(DATA, folder)
    file = folder / "law.toml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace(f"known_until = {_LAST.row.known_until}", f"known_until = {known_until}"), "utf-8"
    )
    return folder
