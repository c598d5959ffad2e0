"""How many requests a client may send: a bucket of tokens, filled steadily. Pure; the time is an argument."""

from dataclasses import dataclass
from typing import Final

_BURST_SECONDS: Final = 10.0
"""A client that was quiet may send at once what it may send in this time."""
_LEAST_BURST: Final = 5.0
_MOST_BUCKETS: Final = 10_000


@dataclass(slots=True)
class Bucket:
    """One client's."""

    per_second: float
    level: float
    at: float

    @classmethod
    def full(cls, per_minute: int, now: float) -> "Bucket":
        """A bucket of a client that has sent nothing yet."""
        made = cls(per_second=per_minute / 60, level=0, at=now)
        made.level = made.size
        return made

    @property
    def size(self) -> float:
        """What it holds at most."""
        return max(_LEAST_BURST, self.per_second * _BURST_SECONDS)

    def take(self, now: float) -> float:
        """0 where one more request may be served, or the seconds to wait."""
        wait = self.wait(now)
        if wait == 0:
            self.level -= 1
        return wait

    def wait(self, now: float) -> float:
        """0 where one more request might be served, or the seconds until then; takes nothing."""
        self.level = min(self.size, self.level + (now - self.at) * self.per_second)
        self.at = now
        return 0 if self.level >= 1 else (1 - self.level) / self.per_second


class RateLimiter:
    """The buckets of all clients; one whose rate has been changed begins anew.

    Names may hold addresses, of which there is no end: of too many the least lately used is forgotten.
    """

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def wait(self, name: str, per_minute: int, now: float) -> float:
        """0 where `name` may send now, or the seconds to wait."""
        return self._of(name, per_minute, now).take(now)

    def would_wait(self, name: str, per_minute: int, now: float) -> bool:
        """Whether `name` has sent as much as it may; takes nothing."""
        return self._of(name, per_minute, now).wait(now) > 0

    def _of(self, name: str, per_minute: int, now: float) -> Bucket:
        bucket = self._buckets.pop(name, None)
        if bucket is None or bucket.per_second != per_minute / 60:
            bucket = Bucket.full(per_minute, now)
        self._buckets[name] = bucket
        if len(self._buckets) > _MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return bucket
