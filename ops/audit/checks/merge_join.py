"""Two accounts of one partition, both in the order of the offsets, walked side by side. Keeps nothing in memory."""

from collections.abc import Iterator
from typing import Any, Final

from ops.audit.checks.context import LISTED

JoinedRow = tuple[Any, ...]
_NO_MORE: Final = None


def pairs(
    one: Iterator[JoinedRow], other: Iterator[JoinedRow]
) -> Iterator[tuple[int, JoinedRow | None, JoinedRow | None]]:
    """Every offset that either has, with what each has of it. The first field of a row is its offset."""
    left, right = next(one, _NO_MORE), next(other, _NO_MORE)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            yield left[0] if left is not None else 0, left, None
            left = next(one, _NO_MORE)
        elif left is None or right[0] < left[0]:
            yield right[0], None, right
            right = next(other, _NO_MORE)
        else:
            yield left[0], left, right
            left, right = next(one, _NO_MORE), next(other, _NO_MORE)


class Gaps:
    """The offsets that nobody has an answer for: the first of them one by one, the others as ranges."""

    def __init__(self, first: int) -> None:
        self._expected = first
        self.listed: list[int] = []
        self.unlisted: list[tuple[int, int]] = []

    def answered(self, place: int) -> None:
        """`place` is the next one that has an answer."""
        room = LISTED - len(self.listed)
        self.listed += range(self._expected, min(place, self._expected + room))
        if place > self._expected + room:
            self.unlisted.append((self._expected + room, place))
        self._expected = place + 1

    @property
    def total_unlisted(self) -> int:
        """How many are not listed."""
        return sum(end - start for start, end in self.unlisted)
