"""Whose subject an event is about, where one sender has taken over another: by the register's dated links.

Pure. Nobody comes to own anything without a link, and what a sender had registered itself before a link stays its own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

FirstDay = Callable[[str], date | None]
"""A sender's number → the Danish date on which the brokers had its first version of the subject; None: it has none."""


@dataclass(frozen=True, slots=True)
class Takeover:
    """One sender that has been taken over."""

    predecessor: str
    ended_on: date
    """The first day on which its successor speaks for it: its own number is refused from then on."""


@dataclass(frozen=True, slots=True)
class Succession:
    """The register's chains."""

    links: Mapping[str, tuple[Takeover, ...]] = field(default_factory=dict)
    """By the successor's number, the latest link first."""

    def owner(self, sender: str, day: date, first: FirstDay) -> str:
        """The number whose subject an event is about that the brokers had from `sender` on `day`.

        Its own where it had registered the subject before a predecessor's link ended, or where none of those whose
        link has ended by `day` has registered it; otherwise the nearest of these that has.
        """
        return self._holder(sender, day, first, frozenset()) or sender

    def speaks_for(self, sender: str, day: date) -> frozenset[str]:
        """`sender` and all that it has taken over by `day`."""
        return frozenset(self._numbers(sender, day, set()))

    def family(self, number: str) -> frozenset[str]:
        """`number` and all that are linked to it, whatever the day."""
        found, before = {number}, 0
        while before < len(found):
            before = len(found)
            for successor, links in self.links.items():
                linked = {successor, *(link.predecessor for link in links)}
                if linked & found:
                    found |= linked
        return frozenset(found)

    def speaks_since(self, number: str, owner: str, first: FirstDay) -> date | None:
        """From which day on what `number` says of the subject is about the one of `owner`; None: it never is."""
        days = sorted({link.ended_on for links in self.links.values() for link in links})
        return next((day for day in days if self.owner(number, day, first) == owner), None)

    def _holder(self, number: str, day: date, first: FirstDay, seen: frozenset[str]) -> str | None:
        own = first(number)
        for link in self.links.get(number, ()):
            if link.predecessor in seen or day < link.ended_on:
                continue
            if own is None or own >= link.ended_on:
                holder = self._holder(link.predecessor, day, first, seen | {number})
                if holder is not None:
                    return holder
        return None if own is None else number

    def _numbers(self, number: str, day: date, seen: set[str]) -> Iterator[str]:
        if number not in seen:
            seen.add(number)
            yield number
            for link in self.links.get(number, ()):
                if link.ended_on <= day:
                    yield from self._numbers(link.predecessor, day, seen)


NO_SUCCESSION = Succession()
