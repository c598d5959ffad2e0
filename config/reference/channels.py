"""Which channels a unit has besides mail, and what institutions may learn: dated, as everything that people set."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from config.reference.rows import AnswerRow, WebhookRow
from config.reference.tables import Reference


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The units' endpoints."""

    rows: Mapping[str, tuple[WebhookRow, ...]]
    """By unit."""

    def urls(self, unit_id: str, on: date) -> tuple[str, ...]:
        """The endpoints of `unit_id` on a day."""
        return tuple(row.url for row in self.rows.get(unit_id, ()) if row.in_force(on))

    def all(self) -> tuple[tuple[str, str], ...]:
        """Unit and address of every one, whatever its days."""
        return tuple((unit, row.url) for unit, rows in self.rows.items() for row in rows)


@dataclass(frozen=True, slots=True)
class Answers:
    """What institutions learn beside the receipt; nothing, unless the municipality has said so."""

    rows: Mapping[str, tuple[AnswerRow, ...]]
    """By unit: its municipality's."""

    def contact_made(self, unit_id: str, on: date) -> bool:
        """Whether an institution learns that the unit has reached the young person."""
        return any(row.contact_made for row in self.rows.get(unit_id, ()) if row.in_force(on))

    def closed(self, unit_id: str, on: date) -> bool:
        """Whether an institution learns that the unit has ended its task; never how."""
        return any(row.closed for row in self.rows.get(unit_id, ()) if row.in_force(on))


def webhooks_of(reference: Reference) -> Webhooks:
    """Every endpoint."""
    found: dict[str, list[WebhookRow]] = defaultdict(list)
    for row in reference.webhooks.rows:
        found[row.unit_id].append(row)
    return Webhooks(MappingProxyType({unit: tuple(rows) for unit, rows in found.items()}))


def answers_of(reference: Reference) -> Answers:
    """What each unit's municipality has set."""
    set_by: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in reference.answers.rows:
        set_by[row.municipality_code].append(row)
    return Answers(
        MappingProxyType(
            {unit.unit_id: tuple(set_by.get(unit.municipality_code, ())) for unit in reference.units.rows}
        )
    )
