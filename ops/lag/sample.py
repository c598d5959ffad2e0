"""How far the consumer groups are behind, at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from config.kafka_rights import GROUPS, KafkaUser
from config.topics import Topic
from models.events.event_types import InputTopic
from ops.lag.retention import RetentionTime, by_the_table

DUTY_TOPICS: Final = frozenset(
    {*InputTopic, Topic.PERSON_EVENTS, Topic.DECISIONS} - {InputTopic.CONTROL_TOTALS}
)
"""What a message passes until the ledger has its decision. A fact counts like a message: it may make one a duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstWaiting:
    """The first record of a partition that its group has not finished."""

    offset: int
    appended_at: datetime
    """The record's own timestamp."""
    since: datetime
    """When the broker had appended what it came from: the sender's record, where the record says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionLag:
    """One partition that a group reads."""

    group: str
    topic: str
    partition: int
    committed: int | None
    """None: the group has never committed here, so it begins with the first record."""
    first: int
    end: int
    """Offset of the record that will be appended next."""
    waiting: FirstWaiting | None = None
    """None: nothing waits, or the record could not be read."""

    @property
    def place(self) -> tuple[str, str, int]:
        """What tells it from all others."""
        return (self.group, self.topic, self.partition)

    @property
    def next_offset(self) -> int:
        """The first offset that the group has not finished, of those that are still there."""
        return max(self.first, self.first if self.committed is None else self.committed)

    @property
    def records(self) -> int:
        """Offsets between it and the end; never negative, because the end is asked last."""
        return max(0, self.end - self.next_offset)

    @property
    def delays_a_duty(self) -> bool:
        """Whether a message may wait here. The ledger reads person events for figures alone."""
        if (self.group, self.topic) == (GROUPS[KafkaUser.LEDGER], Topic.PERSON_EVENTS):
            return False
        return self.topic in DUTY_TOPICS

    def age(self, at: datetime) -> float | None:
        """Seconds that the first record has waited at `at`; 0 where none waits, None: it could not be read."""
        if not self.records:
            return 0.0
        return None if self.waiting is None else (at - self.waiting.appended_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState:
    """A group as its coordinator describes it."""

    state: str
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LagSample:
    """What was found at one look."""

    taken_at: datetime
    partitions: Sequence[PartitionLag]
    groups: Mapping[str, GroupState]
    """Without those that no coordinator has described."""
    kept: Mapping[str, RetentionTime] = field(default_factory=dict)
    """For how long the brokers keep a topic's records; where they did not say it, as the table has it."""

    def headroom(self, one: PartitionLag, at: datetime) -> timedelta | None:
        """Until retention may remove the first record that waits; None: nothing waits, or nothing is removed."""
        kept = self.kept.get(one.topic, by_the_table(one.topic))
        return None if one.waiting is None or kept is None else one.waiting.appended_at + kept - at

    @property
    def duty_since(self) -> datetime | None:
        """Since when the oldest record waits that may make a message a duty; None: none does."""
        waits = [
            one.waiting.since for one in self.partitions if one.waiting is not None and one.delays_a_duty
        ]
        return min(waits, default=None)

    def duty_age(self, at: datetime) -> float | None:
        """Seconds that record has waited at `at`; 0 where none does, None: one that matters could not be read."""
        if any(one.records and one.waiting is None and one.delays_a_duty for one in self.partitions):
            return None
        since = self.duty_since
        return 0.0 if since is None else max(0.0, (at - since).total_seconds())
