"""The composition root's part for the ledger, and for whoever acts on its tasks."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from config.reference.channels import load_answers, load_webhooks
from config.reference.days_off import load_days_off
from config.reference.reminder_policy import load_reminder_policy
from config.reference.units import load_not_reached, load_react_by, load_units
from config.settings import Settings
from frafaldsvarsel.wiring.common import reference_dir
from ledger.actions.perform import Rules
from ledger.consume.consumer import LedgerSettings
from ledger.tasks.outbound_events import AnswerPolicy
from ledger.tasks.projection import Policy
from models.calendar import COPENHAGEN, copenhagen_date
from models.events import probe_identity as reserved
from models.notifications.delivery import Audience, Channel
from models.tasks.reminders import ReminderPolicy


def ledger(settings: Settings) -> LedgerSettings:
    """What the ledger needs."""
    return LedgerSettings(
        kafka=settings.kafka,
        database_url=settings.database_url.get_secret_value(),
        instance=settings.instance,
        session_timeout_ms=settings.session_timeout_seconds * 1000,
        database_seconds=settings.database_timeout_seconds,
    )


def _steps(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> ReminderPolicy:
    """What falls due, and where each audience is reached: a unit by its webhooks of the day too."""
    directory = reference_dir(settings)
    steps, webhooks = load_reminder_policy(directory), load_webhooks(directory)

    def addresses(unit: str, audience: Audience, channel: Channel) -> Sequence[str]:
        if channel is Channel.WEBHOOK:
            return webhooks.urls(unit, copenhagen_date(clock())) if audience is Audience.UNIT else ()
        return steps.addresses(unit, audience, channel)

    return replace(steps, addresses=addresses)


def policy(settings: Settings) -> Policy:
    """What the municipalities have set."""
    directory = reference_dir(settings)
    steps, answers, webhooks = _steps(settings), load_answers(directory), load_webhooks(directory)
    return Policy(
        react_by_days=load_react_by(directory).days,
        recipients=lambda unit: steps.addresses(unit, Audience.UNIT, Channel.EMAIL),
        days_off=load_days_off(directory),
        webhooks=webhooks.urls,
        endpoints=webhooks.all(),
        answers=AnswerPolicy(contact_made=answers.contact_made, closed=answers.closed),
        steps=steps,
    )


def rules(settings: Settings) -> Rules:
    """What decides on what people do with a task."""
    not_reached = load_not_reached(reference_dir(settings))
    return Rules(
        policy=policy(settings),
        not_reached_after=lambda unit_id: not_reached.attempts(unit_id, datetime.now(COPENHAGEN).date()),
        units=frozenset(load_units(reference_dir(settings))) - {reserved.UNIT},
    )
