"""How tests say where a unit is reached, and what the notifier needs of a channel whose sender they hold themselves."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NoReturn

from models.notifications.delivery import Audience, Channel
from notifiers.content.mail_message import Mail
from notifiers.due_delivery import BuildPayload
from notifiers.registry import ChannelEntry
from notifiers.supersede import Contacts, UnitContact
from notifiers.webhook.endpoints import endpoint_superseded, watcher
from notifiers.webhook.hook import Hook

AddressesOfUnits = Callable[[str, Channel, date], Sequence[str]]


def unit_contact(
    name: str,
    *,
    mails: tuple[str, ...] = (),
    webhooks: tuple[str, ...] = (),
    above: Mapping[Audience, tuple[str, ...]] | None = None,
) -> UnitContact:
    """A unit with these addresses, and those above it by mail."""
    return UnitContact(
        name=name,
        addresses={
            Channel.EMAIL: {Audience.UNIT: mails, **(above or {})},
            Channel.WEBHOOK: {Audience.UNIT: webhooks},
        },
    )


def by_channel(
    mails: Callable[[str], Sequence[str]],
    webhooks: Callable[[str, date], Sequence[str]] = lambda _unit, _day: (),
) -> AddressesOfUnits:
    """A policy's addresses."""

    def of(unit: str, channel: Channel, day: date) -> Sequence[str]:
        if channel is Channel.EMAIL:
            return mails(unit)
        return webhooks(unit, day) if channel is Channel.WEBHOOK else ()

    return of


def with_webhooks(
    addresses: AddressesOfUnits, webhooks: Callable[[str, date], Sequence[str]]
) -> AddressesOfUnits:
    """The same, with these webhooks."""

    def of(unit: str, channel: Channel, day: date) -> Sequence[str]:
        return webhooks(unit, day) if channel is Channel.WEBHOOK else addresses(unit, channel, day)

    return of


def not_here() -> NoReturn:
    """In place of making a sender."""
    raise AssertionError("the test holds the sender itself")


def mail_entry(build: BuildPayload) -> ChannelEntry:
    """Mails."""
    return ChannelEntry(payload=Mail, build=build, open=not_here)


def webhook_entry(build: BuildPayload[Hook], contacts: Contacts) -> ChannelEntry[Hook]:
    """Webhooks."""
    return ChannelEntry(
        payload=Hook,
        build=build,
        open=not_here,
        superseded=endpoint_superseded,
        after=watcher(contacts),
    )
