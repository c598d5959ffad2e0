"""How many requests a client may send: a bucket of tokens, filled steadily. Pure; the time is an argument."""

from dataclasses import dataclass
from typing import Final

_BURST_SECONDS: Final = 10.0
"""A client that was quiet may send at once what it may send in this time."""
_LEAST_BURST: Final = 5.0


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
        self.level = min(self.size, self.level + (now - self.at) * self.per_second)
        self.at = now
        if self.level < 1:
            return (1 - self.level) / self.per_second
        self.level -= 1
        return 0


class RateLimiter:
    """The buckets of all clients; one whose rate has been changed begins anew."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def wait(self, name: str, per_minute: int, now: float) -> float:
        """0 where `name` may send now, or the seconds to wait. Names are of a known set: nothing is forgotten."""
        bucket = self._buckets.get(name)
        if bucket is None or bucket.per_second != per_minute / 60:
            bucket = self._buckets[name] = Bucket.full(per_minute, now)
        return bucket.take(now)
