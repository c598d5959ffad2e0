"""Where each audience of a unit is reached, by channel: which table has the addresses of which."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from config.reference.channels import webhooks_of
from config.reference.reminder_policy import Addresses
from config.reference.tables import Reference
from models.notifications.delivery import Audience, Channel

AddressesOf = Callable[[str, Audience, Channel, date], Sequence[str]]
"""(unit, audience, channel, day) → addresses, in the order of the data, each once."""
_Source = Callable[[str, Audience, date], Sequence[str]]


def addresses_of(reference: Reference) -> AddressesOf:
    """Of every channel that there is."""
    sources = {channel: make(reference) for channel, make in SOURCES.items()}
    return lambda unit, audience, channel, day: sources[channel](unit, audience, day)


def _mails(reference: Reference) -> _Source:
    addresses = Addresses(reference)
    return lambda unit, audience, _day: addresses.of(unit, audience, Channel.EMAIL)


def _webhooks(reference: Reference) -> _Source:
    """Those above a unit have none."""
    webhooks = webhooks_of(reference)
    return lambda unit, audience, day: webhooks.urls(unit, day) if audience is Audience.UNIT else ()


SOURCES: Final[Mapping[Channel, Callable[[Reference], _Source]]] = {
    Channel.EMAIL: _mails,
    Channel.WEBHOOK: _webhooks,
}
