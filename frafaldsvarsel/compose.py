"""The composition root: settings in, the parts of each process out. The only place where everything meets."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError

from config.channels import load_answers, load_webhooks
from config.days_off import load_days_off
from config.errors import ConfigError, Fault
from config.law import load_law
from config.senders import SenderRegister, base_senders
from config.settings import PREFIX, Settings
from config.steps import load_steps
from config.tables import DATA
from config.units import load_not_reached, load_react_by, load_units
from frafaldsvarsel.canary.fly import CanarySettings
from ledger.act import Rules
from ledger.project import Policy
from ledger.run import LedgerSettings
from ledger.telling import AnswerPolicy
from models import canary as reserved
from models.calendar import COPENHAGEN, copenhagen_date
from models.ids import UnitId
from models.law import Law
from models.outcome import Audience, Channel
from models.plan import StepPolicy
from models.retry import RetryPolicy
from notifiers.addresses import checked_address
from notifiers.bounces.address import bounce_address
from notifiers.bounces.run import Drop
from notifiers.bounces.store import Returns
from notifiers.due import Due, DueTask, Freeze, freezer
from notifiers.email.channel import EmailChannel
from notifiers.email.settings import SmtpSettings
from notifiers.fit import Contacts, UnitContact
from notifiers.run import NotifierSettings
from notifiers.webhook.hook import Hook, hook_freezer
from notifiers.webhook.secrets import NoSecret, SecretFiles
from notifiers.webhook.settings import WebhookSettings
from ops.topics import Replication
from publisher.keys import KeyFolder, NoKey
from seals.link import PATH, make_link_token, recipient_fingerprint
from seals.tags import Purpose
from streams.intake import Context
from streams.settings import WorkerSettings

if TYPE_CHECKING:
    from notifiers.webhook.channel import WebhookChannel


def reference_dir(settings: Settings) -> Path:
    """Where the reference data lies."""
    return settings.reference_dir or DATA


def law(settings: Settings) -> Law:
    """The dated rules and tables."""
    return load_law(reference_dir(settings))


def intake_context(settings: Settings) -> Context:
    """What intake judges by."""
    keyring = settings.open_keyring()
    return Context(
        register=SenderRegister(settings.senders_dir),
        vault=keyring.make_vault(),
        opening_keys=keyring.opening_keys(),
        clock_tolerance=timedelta(seconds=settings.clock_tolerance_seconds),
    )


def worker(settings: Settings) -> WorkerSettings:
    """What the stream worker needs."""
    return WorkerSettings(
        kafka=settings.kafka,
        instance=settings.instance,
        session_timeout=timedelta(seconds=settings.session_timeout_seconds),
        data_dir=str(settings.worker_data_dir),
    )


def ledger(settings: Settings) -> LedgerSettings:
    """What the ledger needs."""
    return LedgerSettings(
        kafka=settings.kafka,
        database_url=settings.database_url.get_secret_value(),
        instance=settings.instance,
        session_timeout_ms=settings.session_timeout_seconds * 1000,
        database_seconds=settings.database_timeout_seconds,
    )


def _steps(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> StepPolicy:
    """What falls due, and where each audience is reached: a unit by its webhooks of the day too."""
    directory = reference_dir(settings)
    steps, webhooks = load_steps(directory), load_webhooks(directory)

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


def replication(settings: Settings) -> Replication:
    """How many copies of every record."""
    return Replication(factor=settings.replication_factor, min_insync=settings.min_insync_replicas)


def smtp(settings: Settings) -> SmtpSettings:
    """How to reach the relay; raises `ConfigError`."""
    try:
        return SmtpSettings(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls.value,
            ca_file=None if settings.smtp_ca_file is None else Path(settings.smtp_ca_file),
            username=settings.smtp_username,
            password=settings.smtp_password,
            sender=settings.mail_from,
            timeout_seconds=settings.smtp_timeout_seconds,
            answer_timeout_seconds=settings.smtp_answer_timeout_seconds,
        )
    except ValidationError as error:
        raise ConfigError(
            [Fault(f"The mail settings do not fit together: {fault['msg']}.") for fault in error.errors()]
        ) from None


def channel(settings: Settings) -> EmailChannel:
    """The mail channel."""
    return EmailChannel(smtp(settings))


def webhook_channel(settings: Settings) -> "WebhookChannel":
    """The channel to the units' own systems."""
    # Here, not above: its client takes a fifth of a second to read, and only the notifier has one.
    from notifiers.webhook.channel import WebhookChannel

    networks = (part.strip() for part in settings.webhook_networks.split(","))
    return WebhookChannel(
        WebhookSettings(
            networks=tuple(ip_network(part) for part in networks if part),
            plain_http=settings.webhook_plain_http,
            rest_seconds=settings.webhook_rest_seconds,
            ca_file=None if settings.webhook_ca_file is None else Path(settings.webhook_ca_file),
        ),
        SecretFiles(settings.webhook_secrets_dir),
    )


def notifier(settings: Settings, *, owner: str) -> NotifierSettings:
    """How patient the notifier is."""
    first = timedelta(seconds=settings.mail_retry_seconds)
    policy = RetryPolicy(
        first_delay=first,
        longest_delay=max(first, RetryPolicy.longest_delay),
        misconfigured_delay=min(10 * first, RetryPolicy.misconfigured_delay),
    )
    return NotifierSettings(
        owner=owner,
        lease_seconds=settings.mail_lease_seconds,
        database_seconds=settings.database_timeout_seconds,
        policy=policy,
    )


def contacts(settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Contacts:
    """How each unit is named and reached at present, by `clock`."""
    directory = reference_dir(settings)
    units, addresses = load_units(directory), load_steps(directory).addresses
    webhooks = load_webhooks(directory)

    def contact(unit_id: str) -> UnitContact:
        unit = units.get(UnitId(unit_id))
        found = {one: tuple(addresses(unit_id, one, Channel.EMAIL)) for one in Audience}
        # A unit that has left the data may have open tasks: those above it are told under the name that is left.
        name = unit_id if unit is None else unit.name
        return UnitContact(
            name=name,
            recipients=found.pop(Audience.UNIT),
            above=found,
            webhooks=webhooks.urls(unit_id, copenhagen_date(clock())),
        )

    return contact


def freeze(settings: Settings) -> Freeze:
    """How a due delivery becomes a mail."""
    relay = smtp(settings)
    return freezer(
        sender=relay.sender,
        sender_name=relay.sender_name,
        message_id_domain=relay.domain,
        link_base=settings.inbox_url,
        return_to=_return_to(settings),
        acknowledge_link=_acknowledge_link(settings),
    )


def freeze_hook(settings: Settings) -> Freeze[Hook]:
    """How a due delivery becomes a webhook."""
    return hook_freezer(settings.inbox_url)


def bounces(settings: Settings) -> Drop | None:
    """Where undeliverable mails come back to; None where nobody has set it."""
    if settings.bounce_address is None or settings.bounce_maildir is None:
        return None
    returns = Returns(tags=settings.open_keyring().tags(Purpose.BOUNCE), base=settings.bounce_address)
    return Drop(
        maildir=settings.bounce_maildir,
        returns=returns,
        database_seconds=settings.database_timeout_seconds,
    )


def channel_faults(
    settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[Fault]:
    """What keeps mails from coming back, and webhooks from being sent, as the data stands by `clock`."""
    faults = []
    if settings.bounce_address is not None and settings.bounce_maildir is not None:
        try:
            checked_address(settings.bounce_address)
        except ValueError as error:
            faults.append(Fault(f"BOUNCE_ADDRESS is {error}."))
        if not (settings.bounce_maildir / "new").is_dir():
            faults.append(Fault("BOUNCE_MAILDIR is no Maildir: it has no folder new."))
    today, secrets = copenhagen_date(clock()), SecretFiles(settings.webhook_secrets_dir)
    webhooks = load_webhooks(reference_dir(settings))
    for unit in webhooks.rows:
        urls = webhooks.urls(unit, today)
        if any(url.startswith("http:") for url in urls) and not settings.webhook_plain_http:
            faults.append(Fault(f"The webhook of {unit} is without TLS, and WEBHOOK_PLAIN_HTTP is not set."))
        try:
            _ = secrets.of(unit) if urls else ()
        except NoSecret as error:
            faults.append(Fault(f"The webhook of {unit} cannot be signed: {error}."))
    return faults


def _return_to(settings: Settings) -> Callable[[UUID], str] | None:
    base = settings.bounce_address
    if base is None:
        return None
    tags = settings.open_keyring().tags(Purpose.BOUNCE)
    return lambda delivery: bounce_address(tags, base, delivery)


def _acknowledge_link(settings: Settings) -> Callable[[Due, datetime], str | None] | None:
    days = timedelta(days=settings.acknowledge_link_days)
    if not days:
        return None
    keyring = settings.open_keyring()
    links, recipients = keyring.tags(Purpose.LINK), keyring.tags(Purpose.RECIPIENT)
    base = settings.inbox_url.rstrip("/") + PATH

    def link(due: Due, now: datetime) -> str | None:
        if not isinstance(due.about, DueTask):
            return None
        token = make_link_token(
            links,
            task_id=due.about.id,
            unit_id=due.unit_id,
            recipient=recipient_fingerprint(recipients, due.recipient),
            expires_at=now + days,
        )
        return f"{base}/{token}"

    return link


def register_faults(settings: Settings) -> tuple[Fault, ...]:
    """What is wrong in the senders' register; raises `ConfigError` where it cannot be read at all."""
    register = SenderRegister(settings.senders_dir, report=lambda _: None)
    register.find("")
    return register.faults


def canary_within(settings: Settings) -> timedelta | None:
    """How old the last canary that came home may be before there is no sign of life; None: none is expected."""
    if settings.canary_seconds is None:
        return None
    return timedelta(seconds=settings.canary_seconds + settings.canary_patience_seconds)


def canary(settings: Settings) -> CanarySettings:
    """What the canary needs; raises `ConfigError` where it could not come home."""
    if settings.canary_keys_dir is None:
        raise ConfigError(
            [Fault(f"{PREFIX}CANARY_KEYS_DIR is missing: the canary signs with keys of its own.")]
        )
    directory = reference_dir(settings)
    senders = {one.number: one.source for one in base_senders(directory) if one.number in reserved.SENDERS}
    faults = [
        Fault(f"Sender {number} of the canary is not in the reference data.", "senders.csv")
        for number in sorted(reserved.SENDERS - senders.keys())
    ]
    keys = KeyFolder(settings.canary_keys_dir)
    for number in sorted(senders):
        try:
            keys.signing_key(number)
        except NoKey as error:
            faults.append(Fault(str(error)))
    try:
        keys.service_key()
    except NoKey as error:
        faults.append(Fault(str(error)))
    known = load_law(directory)
    if reserved.UNIT not in {route.unit_id for route in known.routes.get(reserved.MUNICIPALITY, ())}:
        sentence = f"Municipality {reserved.MUNICIPALITY} of the canary is not routed to {reserved.UNIT}."
        faults.append(Fault(sentence, "routes.csv"))
    if faults:
        raise ConfigError(faults)
    return CanarySettings(
        kafka=settings.kafka,
        database_url=settings.database_url.get_secret_value(),
        keys=keys,
        sources=senders,
        law=known,
        patience=timedelta(seconds=settings.canary_patience_seconds),
    )
