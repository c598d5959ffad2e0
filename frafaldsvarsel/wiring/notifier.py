"""The composition root's part for the notifier: its channels, what comes back, and how patient it is.

Beside `notices`, because the channels' clients take a fifth of a second to load, and only the notifier sends.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network

from config.environments import NotifierEnvironment
from config.reference.units import gathering_of
from config.sections.notices import SmtpSection, WebhookSection
from frafaldsvarsel.wiring.common import read_reference
from frafaldsvarsel.wiring.notices import contacts, mail_payloads, smtp
from models.notifications.delivery import Channel
from models.notifications.retry import RetryPolicy
from notifiers.bounces.run import BounceMailbox
from notifiers.bounces.store import BounceAddress
from notifiers.content.mail_message import Mail
from notifiers.email.channel import EmailChannel
from notifiers.gathering import Gathering, told_at_once
from notifiers.registry import ChannelEntry, Registry
from notifiers.supersede import Contacts
from notifiers.webhook.channel import WebhookChannel
from notifiers.webhook.endpoints import endpoint_superseded, watcher
from notifiers.webhook.hook import Hook, webhook_payload_builder
from notifiers.webhook.secrets import SecretFiles
from notifiers.webhook.settings import WebhookSettings
from notifiers.worker import NotifierSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierParts:
    """What the notifier is handed."""

    settings: NotifierSettings
    contacts: Contacts
    channels: Registry
    mailbox: BounceMailbox | None


def notifier_parts(settings: NotifierEnvironment, *, process: str) -> NotifierParts:
    """Everything that it needs; raises `ConfigError`. `process`: who it is where it has no name of its own."""
    reference = read_reference(settings.reference)
    known = contacts(reference)
    gathering = gathering_of(reference).on if settings.deliveries.gather else told_at_once
    return NotifierParts(
        settings=notifier(settings, owner=settings.instance.name or process, gathering=gathering),
        contacts=known,
        channels=channels(settings, known),
        mailbox=bounces(settings),
    )


def channels(settings: NotifierEnvironment, known: Contacts) -> Registry:
    """Every channel that there is; a further one is one more entry."""
    return {
        Channel.EMAIL: ChannelEntry(
            payload=Mail, build=mail_payloads(settings), open=lambda: channel(settings.smtp)
        ),
        Channel.WEBHOOK: ChannelEntry(
            payload=Hook,
            build=webhook_payload_builder(settings.links.url),
            open=lambda: webhook_channel(settings.webhooks),
            superseded=endpoint_superseded,
            after=watcher(known),
        ),
    }


def channel(section: SmtpSection) -> EmailChannel:
    """The mail channel."""
    return EmailChannel(smtp(section))


def webhook_channel(section: WebhookSection) -> WebhookChannel:
    """The channel to the units' own systems."""
    networks = (part.strip() for part in section.networks.split(","))
    return WebhookChannel(
        WebhookSettings(
            networks=tuple(ip_network(part) for part in networks if part),
            plain_http=section.plain_http,
            rest_seconds=section.rest_seconds,
            ca_file=section.ca_file,
        ),
        SecretFiles(section.secrets_dir),
    )


def notifier(
    settings: NotifierEnvironment, *, owner: str, gathering: Gathering = told_at_once
) -> NotifierSettings:
    """How patient the notifier is."""
    first = timedelta(seconds=settings.deliveries.retry_seconds)
    policy = RetryPolicy(
        first_delay=first,
        longest_delay=max(first, RetryPolicy.longest_delay),
        misconfigured_delay=min(10 * first, RetryPolicy.misconfigured_delay),
    )
    return NotifierSettings(
        owner=owner,
        lease_seconds=settings.deliveries.lease_seconds,
        database_seconds=settings.database.timeout_seconds,
        policy=policy,
        gathering=gathering,
    )


def bounces(settings: NotifierEnvironment) -> BounceMailbox | None:
    """Where undeliverable mails come back to; None where nobody has set it."""
    section = settings.bounces
    if section.address is None or section.maildir is None:
        return None
    returns = BounceAddress(tags=settings.keys.notices.bounces, base=section.address)
    return BounceMailbox(
        maildir=section.maildir,
        bounce_address=returns,
        database_seconds=settings.database.timeout_seconds,
    )
