"""What the judge needs to know of the reference data. It holds no rule itself."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Rules:
    """What the reference model needs to know; `days` is the unit's own target in working days."""

    law: dict[str, Any]
    days: Mapping[str, int]
    usual_days: int
    days_off: Container[date]
    addresses: Mapping[str, str]
    """Unit → the one address it is written to."""
    above: frozenset[str] = frozenset()
    """Who may be told besides, when a unit cannot be reached: of municipality and service."""
    refusals: bool = False
    """Whether the relay refuses some mails for good, so that refused notices are right."""
