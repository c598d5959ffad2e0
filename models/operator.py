"""Who decides at the command line, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operator:
    """Who decides, and why."""

    by: str
    because: str | None
