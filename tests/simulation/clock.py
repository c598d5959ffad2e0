"""The world's only clock: it moves when the world says so."""

from datetime import UTC, datetime, timedelta
from typing import Final

BEGIN: Final = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
"""A Monday, after every registration time that a history may hold."""


class Clock:
    """Virtual time."""

    def __init__(self) -> None:
        self.now = BEGIN

    def forward(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by

    @property
    def seconds(self) -> float:
        """Time that only goes forward, for what measures intervals."""
        return (self.now - BEGIN).total_seconds()
