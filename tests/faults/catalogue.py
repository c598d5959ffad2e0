"""Every cell, and which of them make the short form."""

import fnmatch
from collections.abc import Sequence
from typing import Final

from tests.faults import (
    action_cells,
    api_cells,
    backlog_cells,
    bounce_cells,
    certificate_cells,
    clock_cells,
    cluster_cells,
    disk_cells,
    erasure_cells,
    foreign_cells,
    growth_cells,
    join_cells,
    kafka_cells,
    postgres_cells,
    rights_cells,
    service_cells,
    smtp_cells,
    subject_cells,
    version_cells,
    webhook_cells,
)
from tests.faults.cells import Cell

CELLS: Final = (
    # First what has to be done again from the log's beginning: it takes longer, the more there is.
    *kafka_cells.CELLS,
    *postgres_cells.CELLS,
    *service_cells.CELLS,
    *join_cells.CELLS,
    *erasure_cells.CELLS,
    *subject_cells.CELLS,
    *action_cells.CELLS,
    *api_cells.CELLS,
    *smtp_cells.CELLS,
    *bounce_cells.CELLS,
    *webhook_cells.CELLS,
    *clock_cells.CELLS,
    *version_cells.CELLS,
    *foreign_cells.CELLS,
    *growth_cells.CELLS,
    *disk_cells.CELLS,
    *rights_cells.CELLS,
    *certificate_cells.CELLS,
    *backlog_cells.CELLS,
    *cluster_cells.CELLS,
)
SHORT: Final = (
    "kill at output.half",
    "kill at people.after",
    "raise at match.judged",
    "cancel at ledger.fetched",
    "stop at ledger.before_commit",
    "kill at mail.dot",
    "answer to Produce swallowed",
    "broker killed and started",
    "answer to COMMIT swallowed",
    "database killed and started",
    "body taken and never answered",
    "keys rotated under load",
)
"""Twelve of all families, of those that one node can show, in about four minutes."""


def chosen(patterns: Sequence[str], cells: Sequence[Cell] = CELLS) -> list[Cell]:
    """The cells whose name or family fits one of the patterns (`*` and `?`), in the catalogue's order."""
    return [
        cell
        for cell in cells
        if any(fnmatch.fnmatchcase(name, one) for name in (cell.name, cell.family) for one in patterns)
    ]
