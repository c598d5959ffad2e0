"""The world's only clock: it moves when the world says so."""

from datetime import UTC, datetime, timedelta
from typing import Final

BEGINNINGS: Final = (
    datetime(2026, 3, 2, 7, 0, tzinfo=UTC),
    datetime(2026, 3, 25, 7, 0, tzinfo=UTC),
    datetime(2026, 10, 20, 7, 0, tzinfo=UTC),
)
"""After every registration time that a history may hold: a Monday, and the days before a night of summer time."""
BEGIN: Final = BEGINNINGS[0]


class Clock:
    """Virtual time."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self._begin = begin
        self.now = begin

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

    @property
    def seconds(self) -> float:
        """Time that only goes forward, for what measures intervals."""
        return (self.now - self._begin).total_seconds()
