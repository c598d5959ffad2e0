"""Whether a consumer keeps up, judged by a window of samples as Burrow judges it, and by no threshold.

A threshold of records means hours on a quiet topic and nothing in a burst; these rules need none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

WINDOW: Final = 10
"""Samples in a full window."""


class ConsumerStatus(StrEnum):
    """What the window says."""

    OK = "ok"
    SLOW = "slow"
    """It works, and its lag has not become smaller in the whole window."""
    STALLED = "stalled"
    """There is work, the group has members, and nothing has moved in the whole window."""
    STOPPED = "stopped"
    """There is work, and the group has no member."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One partition in one sample."""

    next_offset: int
    end: int

    @property
    def lag(self) -> int:
        """Records."""
        return self.end - self.next_offset


def status(window: Sequence[Seen], members: int | None) -> ConsumerStatus | None:
    """What a window of samples, the oldest first, says; None while it is not full and there is work.

    `members`: of the group now; None where its coordinator has not said it.
    """
    if not window:
        return None
    last = window[-1]
    # At its end once, or by now past what was the end then: all that waited at the first sample is done.
    if any(seen.lag <= 0 for seen in window) or last.next_offset >= window[0].end:
        return ConsumerStatus.OK
    if len(window) < WINDOW:
        return None
    if last.next_offset <= window[0].next_offset:
        return ConsumerStatus.STOPPED if members == 0 else ConsumerStatus.STALLED
    if all(later.lag >= earlier.lag for earlier, later in pairwise(window)):
        return ConsumerStatus.SLOW
    return ConsumerStatus.OK
