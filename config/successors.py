"""The chain of a sender's successors, wherever its rows stand: in ``senders.csv`` or in the register."""

from collections.abc import Mapping
from typing import Protocol


class Succeeded(Protocol):
    """What may have a successor."""

    @property
    def number(self) -> str:
        """Its own number."""

    @property
    def successor(self) -> str | None:
        """The number of the sender that goes on in its place."""


def leads_back(start: Succeeded, known: Mapping[str, Succeeded]) -> bool:
    """Whether the successors of `start` come to it again; `known` is by number."""
    seen: set[str] = set()
    number = start.successor
    while number is not None and number not in seen:
        if number == start.number:
            return True
        seen.add(number)
        number = known[number].successor if number in known else None
    return False
