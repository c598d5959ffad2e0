"""The composition root's part for what is sent to units: whom a notice is made out to, and what it is made of."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from pydantic import ValidationError

from config.environments import NoticeEnvironment
from config.errors import ConfigError, Fault
from config.reference.addresses import addresses_of
from config.reference.channels import webhooks_of
from config.reference.tables import Reference
from config.reference.units import units_of
from config.sections.notices import BounceSection, SmtpSection, WebhookSection
from crypto.acknowledge_link import PATH, make_link_token, recipient_fingerprint
from models.calendar import copenhagen_date
from models.ids import UnitId
from models.notifications.delivery import Audience, Channel
from notifiers.addresses import checked_address
from notifiers.bounces.address import bounce_address
from notifiers.due_delivery import BuildPayload, Due, DueTask, payload_builder
from notifiers.email.settings import SmtpSettings
from notifiers.supersede import Contacts, UnitContact
from notifiers.webhook.secrets import NoSecret, SecretFiles

_UNITS: Final = 1000


def smtp(section: SmtpSection) -> SmtpSettings:
    """How to reach the relay; raises `ConfigError`."""
    try:
        return SmtpSettings(
            host=section.host,
            port=section.port,
            tls=section.tls.value,
            ca_file=section.ca_file,
            username=section.username,
            password=section.password,
            sender=section.sender,
            timeout_seconds=section.timeout_seconds,
            answer_timeout_seconds=section.answer_timeout_seconds,
        )
    except ValidationError as error:
        raise ConfigError(
            [Fault(f"The mail settings do not fit together: {fault['msg']}.") for fault in error.errors()]
        ) from None


def contacts(reference: Reference, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Contacts:
    """How each unit is named and reached at present, by `clock`."""
    units, addresses = units_of(reference), addresses_of(reference)

    @lru_cache(_UNITS)  # asked for every notice
    def on(unit_id: str, today: date) -> UnitContact:
        unit = units.get(UnitId(unit_id))
        # A unit that has left the data may have open tasks: those above it are told under the name that is left.
        name = unit_id if unit is None else unit.name
        found = {
            channel: {one: tuple(addresses(unit_id, one, channel, today)) for one in Audience}
            for channel in Channel
        }
        return UnitContact(name=name, addresses=found)

    return lambda unit_id: on(unit_id, copenhagen_date(clock()))


def mail_payloads(settings: NoticeEnvironment) -> BuildPayload:
    """How a due delivery becomes a mail."""
    relay = smtp(settings.smtp)
    return payload_builder(
        sender=relay.sender,
        sender_name=relay.sender_name,
        message_id_domain=relay.domain,
        link_base=settings.links.url,
        return_to=_return_to(settings),
        acknowledge_link=_acknowledge_link(settings),
    )


def channel_faults(
    coming_back: BounceSection,
    hooks: WebhookSection,
    reference: Reference,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Fault]:
    """What keeps mails from coming back, and webhooks from being sent, as the data stands by `clock`."""
    faults = []
    if coming_back.address is not None and coming_back.maildir is not None:
        try:
            checked_address(coming_back.address)
        except ValueError as error:
            faults.append(Fault(f"BOUNCE_ADDRESS is {error}."))
        if not (coming_back.maildir / "new").is_dir():
            faults.append(Fault("BOUNCE_MAILDIR is no Maildir: it has no folder new."))
    today, secrets = copenhagen_date(clock()), SecretFiles(hooks.secrets_dir)
    webhooks = webhooks_of(reference)
    for unit in webhooks.rows:
        urls = webhooks.urls(unit, today)
        if any(url.startswith("http:") for url in urls) and not hooks.plain_http:
            faults.append(Fault(f"The webhook of {unit} is without TLS, and WEBHOOK_PLAIN_HTTP is not set."))
        try:
            _ = secrets.of(unit) if urls else ()
        except NoSecret as error:
            faults.append(Fault(f"The webhook of {unit} cannot be signed: {error}."))
    return faults


def _return_to(settings: NoticeEnvironment) -> Callable[[UUID], str] | None:
    base, tags = settings.bounces.address, settings.keys.notices.bounces
    if base is None:
        return None
    return lambda delivery: bounce_address(tags, base, delivery)


def _acknowledge_link(settings: NoticeEnvironment) -> Callable[[Due, datetime], str | None] | None:
    days = timedelta(days=settings.acknowledge.days)
    if not days:
        return None
    links, recipients = settings.keys.notices.links, settings.keys.notices.recipients
    base = settings.links.url.rstrip("/") + PATH

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
