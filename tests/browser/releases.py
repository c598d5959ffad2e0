"""Two releases of the follow-up report in the inbox's database: made-up counts under the report's own control."""

from datetime import date
from typing import Final

import psycopg

from reports.release import cells, controlled
from reports.releases import note
from tests.unit.reports.test_attack import world

HOMES: Final = ("0101", "0751", "0851", "0461", "0147", "0157", "0159", "0253", "0155")
"""Of the two units that a manager answers for the first two; the last ones are so small that they are merged."""
_CLUSTERS: Final = dict.fromkeys(HOMES, "DK011")


def release(url: str) -> None:
    """As `report` notes them."""
    with psycopg.connect(url, autocommit=True) as connection:
        for seed, first, last, size in (
            (1, date(2026, 1, 1), date(2026, 6, 30), 120),
            (2, date(2026, 7, 1), date(2026, 10, 31), 3000),
        ):
            counts = world(seed, size, HOMES)
            found = cells(controlled(counts, 3, _CLUSTERS), counts)
            note(
                connection,
                first=first,
                last=last,
                as_of=date(2026, 11, 1),
                threshold=3,
                sha256="0" * 64,
                by="anna",
                by_municipality=tuple(cell for cell in found if cell.breakdown == "municipality"),
            )
