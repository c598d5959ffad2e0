"""The composition root's part for the ledger, and for whoever acts on its tasks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from config.environments import LedgerEnvironment
from config.reference.addresses import addresses_of
from config.reference.channels import answers_of, webhooks_of
from config.reference.law import succession_of
from config.reference.reminder_policy import reminder_policy_of
from config.reference.tables import Reference
from config.reference.units import not_reached_of, react_by_of, units_of
from frafaldsvarsel.wiring.common import read_reference, stream_mac
from ledger.actions.perform import Rules
from ledger.consume.consumer import LedgerSettings
from ledger.tasks.outbound_events import AnswerPolicy
from ledger.tasks.projection import Policy
from models.calendar import COPENHAGEN, copenhagen_date
from models.events import probe_identity as reserved
from models.ids import UnitId
from models.notifications.delivery import Audience
from models.tasks.actions import ATTEMPTS_APART


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerParts:
    """What the ledger is handed."""

    settings: LedgerSettings
    policy: Policy
    municipality_of: Callable[[str], str]
    """Of a unit, for the metrics; empty where the tables do not name it any more."""


def ledger_parts(settings: LedgerEnvironment) -> LedgerParts:
    """Everything that it needs; raises `ConfigError`."""
    reference = read_reference(settings.reference)
    units = {unit_id: unit.municipality_code for unit_id, unit in units_of(reference).items()}
    return LedgerParts(
        settings=LedgerSettings(
            kafka=settings.kafka,
            database_url=settings.database.url.get_secret_value(),
            mac=stream_mac(settings.stream),
            instance=settings.instance.name,
            session_timeout_ms=settings.consumer.session_timeout_seconds * 1000,
            database_seconds=settings.database.timeout_seconds,
        ),
        policy=replace(
            policy(reference),
            names_nothing_after=timedelta(hours=settings.naming.names_nothing_after_hours),
        ),
        municipality_of=lambda unit_id: units.get(UnitId(unit_id), ""),
    )


def policy(reference: Reference, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Policy:
    """What the municipalities have set."""
    addresses, answers, steps = addresses_of(reference), answers_of(reference), reminder_policy_of(reference)
    return Policy(
        react_by_days=react_by_of(reference).on,
        addresses=lambda unit, channel, day: addresses(unit, Audience.UNIT, channel, day),
        days_off=steps.days_off,
        endpoints=webhooks_of(reference).all(),
        succession=succession_of(reference),
        answers=AnswerPolicy(contact_made=answers.contact_made, closed=answers.closed),
        # What falls due goes to where each audience is reached on that day.
        steps=replace(
            steps,
            addresses=lambda unit, audience, channel: addresses(
                unit, audience, channel, copenhagen_date(clock())
            ),
        ),
    )


def rules(reference: Reference, attempts_apart: timedelta = ATTEMPTS_APART) -> Rules:
    """What decides on what people do with a task."""
    not_reached = not_reached_of(reference)
    return Rules(
        policy=policy(reference),
        not_reached_after=lambda unit_id: not_reached.on(unit_id, datetime.now(COPENHAGEN).date()),
        units=frozenset(units_of(reference)) - {reserved.UNIT},
        attempts_apart=attempts_apart,
    )
