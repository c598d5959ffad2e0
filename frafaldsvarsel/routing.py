"""Who would be told about a resident of a municipality on a day, and why: the rows that say so, and their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config.channels import Answers, Webhooks
from config.reference import Reference
from config.units import ReactBy
from models.outcome import Audience, Channel
from models.plan import StepPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One address."""

    audience: Audience
    channel: Channel
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """The answer. `unit_id` None: nobody answers for the municipality, and a message waits in a queue for people."""

    municipality_code: str
    municipality: str | None
    on: date
    unit_id: str | None
    unit: str | None
    because: str
    working_days: int | None
    told: tuple[Told, ...]
    answers: tuple[str, ...]
    """What the institution learns beside the receipt."""


def route(
    code: str,
    on: date,
    *,
    reference: Reference,
    react_by: ReactBy,
    steps: StepPolicy,
    webhooks: Webhooks,
    answers: Answers,
) -> Routed:
    """Pure, on tables that are sound."""
    municipality = next((row.name for row in reference.municipalities.rows if row.code == code), None)
    for line in reference.routes.lines:
        row = line.row
        if row.municipality_code != code or row.valid_from > on:
            continue
        if row.valid_to is not None and row.valid_to <= on:
            continue
        unit = next(one for one in reference.units.rows if one.unit_id == row.unit_id)
        until = f"until {row.valid_to}" if row.valid_to else "without an end"
        return Routed(
            municipality_code=code,
            municipality=municipality,
            on=on,
            unit_id=row.unit_id,
            unit=unit.name,
            because=f"routes.csv, line {line.number}: from {row.valid_from} {until}; {row.certainty}: {row.source}",
            working_days=react_by.days(row.unit_id, on),
            told=_told(row.unit_id, on, steps, webhooks),
            answers=_answers(row.unit_id, on, answers),
        )
    why = "routes.csv has no unit for it on that day"
    return Routed(
        municipality_code=code,
        municipality=municipality,
        on=on,
        unit_id=None,
        unit=None,
        because=why if municipality else f"municipalities.csv does not know {code}",
        working_days=None,
        told=(),
        answers=(),
    )


def _told(unit: str, on: date, steps: StepPolicy, webhooks: Webhooks) -> tuple[Told, ...]:
    found = [
        Told(audience=audience, channel=Channel.EMAIL, recipient=recipient)
        for audience in Audience
        for recipient in steps.addresses(unit, audience, Channel.EMAIL)
    ]
    urls: Sequence[str] = webhooks.urls(unit, on)
    return (
        *found,
        *(Told(audience=Audience.UNIT, channel=Channel.WEBHOOK, recipient=url) for url in urls),
    )


def _answers(unit: str, on: date, answers: Answers) -> tuple[str, ...]:
    kinds = {"contact-made": answers.contact_made(unit, on), "closed": answers.closed(unit, on)}
    return tuple(kind for kind, told in kinds.items() if told)
