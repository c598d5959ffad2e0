"""Which records do not count, because their id was taken: by the ledger's word across people, or within one person."""

from collections.abc import Iterable
from typing import Protocol

from models.events.content import RefusedDuplicate
from models.events.person_event import Origin
from models.events.simple_event import KnownEvent, SimpleOrigin


def refusals(events: Iterable[KnownEvent]) -> frozenset[tuple[str, int, int]]:
    """The places of the records that the ledger has refused: their id came first about another person."""
    return frozenset(
        (event.content.topic, event.content.partition, event.content.offset)
        for event in events
        if isinstance(event.content, RefusedDuplicate)
    )


class Identified(Protocol):
    """What tells two events with one id apart."""

    @property
    def identity(self) -> tuple[str, str]:
        """Sender and id."""

    @property
    def origin(self) -> Origin | SimpleOrigin:
        """Where its record stands."""


def conflicts(events: Iterable[Identified]) -> frozenset[tuple[str, int, int]]:
    """The places of records whose id their sender used earlier, by the brokers' time, for other content."""
    events = tuple(events)
    if len({event.identity for event in events}) == len(events):
        return frozenset()
    first: dict[tuple[str, str], Identified] = {}
    losers = set()
    for event in sorted(events, key=lambda event: event.origin.order):
        if first.setdefault(event.identity, event) is not event:
            losers.add(event.origin.place)
    return frozenset(losers)
