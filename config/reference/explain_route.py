"""Who would be told about a resident of a municipality on a day, when, and why: the rows that say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config.reference.channels import Answers, Webhooks, answers_of, webhooks_of
from config.reference.reminder_policy import reminder_policy_of
from config.reference.tables import Reference
from config.reference.units import municipalities_of, react_by_of
from models.notifications.delivery import Audience, Channel, Occasion
from models.tasks.reminders import ReminderKind, ReminderPolicy, ReminderRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One address."""

    audience: Audience
    channel: Channel
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """One occasion, and whom it is told; beside these, a notice that one cannot be given goes to the next."""

    occasion: Occasion
    level: int | None
    """As in steps.csv; None where it is no step, but the task itself."""
    working_days: int | None
    """From the task's date, below 0 before it; `mentor_ends`: from the last day of the right. None: at once."""
    until_seen: bool
    """Whether nobody is told once a person has seen the task."""
    to: tuple[Audience, ...]
    channels: tuple[Channel, ...]


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
    when: tuple[When, ...]
    """In the order of time; what goes by the end of the right to a mentor is last."""
    answers: tuple[str, ...]
    """What the institution learns beside the receipt."""


def route(code: str, on: date, reference: Reference) -> Routed:
    """Pure, on tables that are sound."""
    municipality = municipalities_of(reference).get(code)
    steps, webhooks = reminder_policy_of(reference), webhooks_of(reference)
    for line in reference.routes.lines:
        row = line.row
        if row.municipality_code != code or not row.in_force(on):
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
            working_days=react_by_of(reference).on(row.unit_id, on),
            told=_told(row.unit_id, on, steps, webhooks),
            when=_when(steps.rules(row.unit_id, on), hooked=bool(webhooks.urls(row.unit_id, on))),
            answers=_answers(row.unit_id, on, answers_of(reference)),
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
        when=(),
        answers=(),
    )


def _told(unit: str, on: date, steps: ReminderPolicy, webhooks: Webhooks) -> tuple[Told, ...]:
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


def _when(rules: Sequence[ReminderRule], *, hooked: bool) -> tuple[When, ...]:
    at_once = When(
        occasion=Occasion.NEW,
        level=None,
        working_days=None,
        until_seen=False,
        to=(Audience.UNIT,),
        channels=(Channel.EMAIL, Channel.WEBHOOK) if hooked else (Channel.EMAIL,),
    )
    ordered = sorted(
        rules, key=lambda rule: (rule.kind is ReminderKind.MENTOR_ENDS, rule.working_days, rule.level)
    )
    return (
        at_once,
        *(
            When(
                occasion=rule.kind.occasion,
                level=rule.level,
                working_days=rule.working_days,
                until_seen=rule.until_seen,
                to=rule.to,
                channels=rule.channels,
            )
            for rule in ordered
        ),
    )


def _answers(unit: str, on: date, answers: Answers) -> tuple[str, ...]:
    kinds = {"contact-made": answers.contact_made(unit, on), "closed": answers.closed(unit, on)}
    return tuple(kind for kind, told in kinds.items() if told)
