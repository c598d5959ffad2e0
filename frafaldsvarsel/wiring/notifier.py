"""The composition root's part for the notifier: mails, webhooks, what comes back, and whom they are made out to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import ValidationError

from config.errors import ConfigError, Fault
from config.reference.channels import load_webhooks
from config.reference.reminder_policy import load_reminder_policy
from config.reference.units import load_units
from config.settings import Settings
from crypto.acknowledge_link import PATH, make_link_token, recipient_fingerprint
from crypto.hmac_tokens import Purpose
from frafaldsvarsel.wiring.common import reference_dir
from models.calendar import copenhagen_date
from models.ids import UnitId
from models.notifications.delivery import Audience, Channel
from models.notifications.retry import RetryPolicy
from notifiers.addresses import checked_address
from notifiers.bounces.address import bounce_address
from notifiers.bounces.run import BounceMailbox
from notifiers.bounces.store import BounceAddress
from notifiers.due_delivery import BuildPayload, Due, DueTask, payload_builder
from notifiers.email.channel import EmailChannel
from notifiers.email.settings import SmtpSettings
from notifiers.supersede import Contacts, UnitContact
from notifiers.webhook.hook import Hook, webhook_payload_builder
from notifiers.webhook.secrets import NoSecret, SecretFiles
from notifiers.webhook.settings import WebhookSettings
from notifiers.worker import NotifierSettings

if TYPE_CHECKING:
    from notifiers.webhook.channel import WebhookChannel


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
    units, addresses = load_units(directory), load_reminder_policy(directory).addresses
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


def knows_unit(settings: Settings, unit_id: str) -> bool:
    """Whether the reference data has the unit."""
    return UnitId(unit_id) in load_units(reference_dir(settings))


def mail_payloads(settings: Settings) -> BuildPayload:
    """How a due delivery becomes a mail."""
    relay = smtp(settings)
    return payload_builder(
        sender=relay.sender,
        sender_name=relay.sender_name,
        message_id_domain=relay.domain,
        link_base=settings.inbox_url,
        return_to=_return_to(settings),
        acknowledge_link=_acknowledge_link(settings),
    )


def webhook_payloads(settings: Settings) -> BuildPayload[Hook]:
    """How a due delivery becomes a webhook."""
    return webhook_payload_builder(settings.inbox_url)


def bounces(settings: Settings) -> BounceMailbox | None:
    """Where undeliverable mails come back to; None where nobody has set it."""
    if settings.bounce_address is None or settings.bounce_maildir is None:
        return None
    returns = BounceAddress(tags=settings.open_keyring().tags(Purpose.BOUNCE), base=settings.bounce_address)
    return BounceMailbox(
        maildir=settings.bounce_maildir,
        bounce_address=returns,
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
