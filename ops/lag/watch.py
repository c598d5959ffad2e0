"""Keeps the last samples, and says what they mean. Pure but for what it remembers."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ops.lag.consumer_status import WINDOW, ConsumerStatus, Seen, status
from ops.lag.sample import LagSample, PartitionLag

ConsumerPlace = tuple[str, str, int]
_MISSED: Final = 3
_AT_LEAST: Final = timedelta(seconds=30)
"""After so many looks without an answer, and at least this long, what was found is no longer said."""


@dataclass(slots=True)
class LagWatch:
    """The last sample, and a window of samples for each partition."""

    interval: timedelta
    sample: LagSample | None = None
    seconds: float = 0.0
    """What the last sample took."""
    _windows: dict[ConsumerPlace, deque[Seen]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=WINDOW))
    )
    _standing: frozenset[ConsumerPlace] = frozenset()

    def take(self, sample: LagSample, seconds: float) -> None:
        """A new sample."""
        before = {} if self.sample is None else {one.place: one.waiting for one in self.sample.partitions}
        self._standing = frozenset(
            one.place
            for one in sample.partitions
            if one.waiting is not None and before.get(one.place) == one.waiting
        )
        for one in sample.partitions:
            self._windows[one.place].append(Seen(one.next_offset, max(one.end, one.next_offset)))
        self.sample, self.seconds = sample, seconds

    def is_current(self, now: datetime) -> bool:
        """Whether the last sample still says something."""
        return self.sample is not None and now - self.sample.taken_at <= max(
            _MISSED * self.interval, _AT_LEAST
        )

    def lag_seconds(self, one: PartitionLag, now: datetime) -> float | None:
        """The age of the first record that waits; None: there is one, and it could not be read.

        What already waited at the sample before still waits, as far as anybody knows, so its age runs on until `now`.
        """
        if self.sample is None:
            return None
        age = one.age(now if one.place in self._standing else self.sample.taken_at)
        return None if age is None else max(0.0, age)

    def duty_seconds(self, now: datetime) -> float | None:
        """The age of the oldest record that may make a duty; None: unknown."""
        if self.sample is None:
            return None
        is_standing = any(
            one.place in self._standing
            and one.waiting is not None
            and one.waiting.since == self.sample.duty_since
            for one in self.sample.partitions
        )
        return self.sample.duty_age(now if is_standing else self.sample.taken_at)

    def headroom_seconds(self, one: PartitionLag, now: datetime) -> float | None:
        """Until retention may remove the first record that waits; None: nothing waits, or nothing is removed."""
        left = None if self.sample is None else self.sample.headroom(one, now)
        return None if left is None else left.total_seconds()

    def statuses(self) -> Mapping[ConsumerPlace, ConsumerStatus]:
        """Of every partition whose window says something."""
        if self.sample is None:
            return {}
        members = {group: state.members for group, state in self.sample.groups.items()}
        return {
            one.place: found
            for one in self.sample.partitions
            if (found := status(self._windows[one.place], members.get(one.group))) is not None
        }
