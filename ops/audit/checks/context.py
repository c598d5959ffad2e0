"""What every hop counts with: the log and the ledger at one moment, the grace time, and the list of what is missing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, LiteralString

from config.topics import Topic
from infra.postgres import SyncConnection
from models.events.event_types import InputTopic
from ops.audit import catch_up, consumer_groups
from ops.audit.consumer_groups import PartitionKey
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import Bounds, KafkaLog
from ops.audit.oracle import Oracle
from ops.audit.report import Check, Missing

INPUTS: Final = frozenset(map(str, InputTopic))
DELIVERIES: Final = "deliveries/"
"""And the channel: notices for the notifier."""
STEPS_DUE: Final = "steps/due"
STEPS_UNPLANNED: Final = "steps/unplanned"
STEPS_FAILED: Final = "steps/failed"
"""For the ledger: reminders that fell due, tasks to plan anew, failed notices to follow."""
MAILDIR: Final = "maildir"
"""For the notifier: mails that came back."""
LISTED: Final = 10_000
"""Exceptions looked at one by one in a partition; more are counted all the same."""
_STREAMED: Final = 10_000
POSITIONS: Final[LiteralString] = "SELECT topic, partition, next_offset FROM position"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditMoment:
    """The log and the ledger, looked at in an order that makes every difference mean something.

    Committed offsets and checkpoints are asked for first, and what is durable is read later; input comes before its
    receipts, and the ledger before the log that it follows. So what is missing then was missing, and what is ahead
    was ahead.
    """

    committed: Mapping[str, Mapping[PartitionKey, int]]
    input: Mapping[PartitionKey, Bounds]
    passed: Mapping[PartitionKey, int]
    """How far the step that reads a partition says that it has finished it: of the stream its checkpoint, of the
    ledger its position. ``person-events`` is match's: the ledger reads it too, for what is counted."""
    projected: Mapping[PartitionKey, int]
    """The ledger's positions, of every topic that it reads."""
    own: Mapping[PartitionKey, Bounds]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClaims:
    """What is asked first: how far others say that they have come, and the input."""

    committed: Mapping[str, Mapping[PartitionKey, int]]
    passed: Mapping[PartitionKey, int]
    input: Mapping[PartitionKey, Bounds]


def ask_first(log: KafkaLog, index: AuditIndex) -> StepClaims:
    """Before the ledger's moment begins: Kafka may take its time, and no transaction should be open meanwhile."""
    committed = consumer_groups.committed(log.kafka)
    passed = catch_up.passed(log, index)
    return StepClaims(committed=committed, passed=passed, input=catch_up.input_bounds(log, index))


def observe(log: KafkaLog, index: AuditIndex, connection: SyncConnection, claims: StepClaims) -> AuditMoment:
    """Bring the index up to date, and remember how far each side had come. `index` should be nearly so already."""
    projected = {(topic, part): offset for topic, part, offset in connection.execute(POSITIONS).fetchall()}
    return AuditMoment(
        committed=claims.committed,
        input=claims.input,
        passed={
            **claims.passed,
            **{place: offset for place, offset in projected.items() if place[0] != Topic.PERSON_EVENTS},
        },
        projected=projected,
        own=catch_up.read_on(log, index),
    )


def moment_of(timestamp_ms: int) -> datetime:
    """A record's timestamp."""
    return datetime.fromtimestamp(timestamp_ms / 1000, UTC)


class CheckContext:
    """The means of one audit. Reads and counts; changes nothing but the index."""

    def __init__(
        self,
        log: KafkaLog,
        connection: SyncConnection,
        *,
        index: AuditIndex,
        oracle: Oracle,
        moment: AuditMoment,
        grace: timedelta,
        now: datetime,
        maildir: Path | None = None,
    ) -> None:
        """`maildir`: where mails come back to, if the notifiers read such a folder and it can be seen from here."""
        self.log = log
        self.connection = connection
        self.index = index
        self.oracle = oracle
        self.moment = moment
        self.grace = grace
        self.maildir = maildir
        self.missing: list[Missing] = []
        self.now = now
        self.oldest: dict[PartitionKey, datetime] = {}
        """Of what each step has still to do, since when the oldest has waited for it."""
        self._oldest_of_all = self.now

    def miss(self, hop: Check, what: str, **where: Any) -> None:
        """Note one thing that does not balance."""
        self.missing.append(Missing(hop=hop, what=what, **where))

    def rows(self, sql: Any, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """All rows that the ledger has for a query."""
        return self.connection.execute(sql, parameters).fetchall()

    def stream(self, sql: Any, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The same, a part at a time, however many they are."""
        with self.connection.cursor(name="audit") as cursor:
            cursor.itersize = _STREAMED
            cursor.execute(sql, parameters)
            yield from cursor

    def number(self, sql: Any, parameters: Sequence[Any] = ()) -> int:
        """The one number that a query asks for."""
        return int(self.rows(sql, parameters)[0][0])

    def counts(self, sql: Any, parameters: Sequence[Any] = ()) -> dict[str, int]:
        """Counts by name."""
        return dict(self.rows(sql, parameters))

    def shortened(self, topic: str) -> bool:
        """Whether retention has taken the oldest records: then the ledger alone remembers them."""
        return any(first > 0 for (name, _), (first, _) in self.moment.own.items() if name == topic)

    def waits(self, topic: str | None, partition: int | None, place: int | None) -> bool:
        """Whether the step that reads the partition has still to come to the place. None, where nothing stands."""
        if topic is None or partition is None or place is None:
            return False
        return place >= self.moment.passed.get((topic, partition), 0)

    def is_young(self, at: datetime) -> bool:
        """Whether what happened then is within the grace time."""
        return self.now - at < self.grace

    def under_way(self, since: datetime, *, waits: bool) -> bool:
        """Whether what has been there `since` then may still be answered: a step has yet to come to it, or just has."""
        if not waits and not self.is_young(since):
            return False
        self._oldest_of_all = min(self._oldest_of_all, since)
        return True

    def under_way_at(self, since: datetime, topic: str, partition: int, place: int) -> bool:
        """The same of what waits at a place itself: it is noted how long its partition has been waiting."""
        waits = self.waits(topic, partition, place)
        if waits:
            self.wait(since, topic, partition)
        return self.under_way(since, waits=waits)

    def wait(self, since: datetime, topic: str, partition: int = 0) -> None:
        """Note that something has been waiting there `since` then."""
        key = (topic, partition)
        self.oldest[key] = min(self.oldest.get(key, since), since)

    def is_behind(self, at: datetime, topics: Collection[str]) -> bool:
        """Whether what was sent by then, and the grace time after it, may still wait in one of the topics.

        To be asked after the check that looks through them.
        """
        return any(topic in topics and since <= at + self.grace for (topic, _), since in self.oldest.items())

    @property
    def oldest_seconds(self) -> float:
        """The age of the oldest record that was found to be under way."""
        return (self.now - self._oldest_of_all).total_seconds()
