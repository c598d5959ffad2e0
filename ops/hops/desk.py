"""What every hop counts with: the log, the ledger at one moment, the grace time, and the list of what is missing."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg

from ops.accounts import Missing
from ops.log import Log

Connection = psycopg.Connection[tuple[Any, ...]]
LISTED: Final = 10_000
"""Exceptions looked at one by one in a partition; more are counted all the same."""


class Desk:
    """The means of one audit. Reads and counts; changes nothing."""

    def __init__(self, log: Log, connection: Connection, *, grace: timedelta) -> None:
        self.log = log
        self.connection = connection
        self.grace = grace
        self.missing: list[Missing] = []

    def rows(self, sql: Any, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that the ledger has for a query."""
        return self.connection.execute(sql, parameters).fetchall()

    def number(self, sql: Any, parameters: Sequence[Any] = ()) -> int:
        """The one number that a query asks for."""
        return int(self.rows(sql, parameters)[0][0])

    def counts(self, sql: Any, parameters: Sequence[Any] = ()) -> dict[str, int]:
        """Counts by name."""
        return dict(self.rows(sql, parameters))

    def is_young(self, timestamp_ms: int) -> bool:
        """Whether what was written then may still be under way."""
        return datetime.now(UTC) - datetime.fromtimestamp(timestamp_ms / 1000, UTC) < self.grace
