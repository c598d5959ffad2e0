"""Which channels a unit has besides mail, and what institutions may learn: dated, as everything that people set."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.rows import AnswerRow, WebhookRow


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The units' endpoints."""

    rows: Mapping[str, tuple[WebhookRow, ...]]
    """By unit."""

    def urls(self, unit_id: str, on: date) -> tuple[str, ...]:
        """The endpoints of `unit_id` on a day."""
        return tuple(row.url for row in self.rows.get(unit_id, ()) if _in_force(row, on))

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
        return any(row.contact_made for row in self.rows.get(unit_id, ()) if _in_force(row, on))

    def closed(self, unit_id: str, on: date) -> bool:
        """Whether an institution learns that the unit has ended its task; never how."""
        return any(row.closed for row in self.rows.get(unit_id, ()) if _in_force(row, on))


def load_webhooks(directory: Path = DATA) -> Webhooks:
    """Every endpoint; raises `config.errors.ConfigError` with every fault."""
    found: dict[str, list[WebhookRow]] = defaultdict(list)
    for row in sound_reference(directory).webhooks.rows:
        found[row.unit_id].append(row)
    return Webhooks(MappingProxyType({unit: tuple(rows) for unit, rows in found.items()}))


def load_answers(directory: Path = DATA) -> Answers:
    """What each unit's municipality has set; raises `config.errors.ConfigError` with every fault."""
    reference = sound_reference(directory)
    set_by: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in reference.answers.rows:
        set_by[row.municipality_code].append(row)
    return Answers(
        MappingProxyType(
            {unit.unit_id: tuple(set_by.get(unit.municipality_code, ())) for unit in reference.units.rows}
        )
    )


def _in_force(row: WebhookRow | AnswerRow, on: date) -> bool:
    return row.valid_from <= on and (row.valid_to is None or on < row.valid_to)
