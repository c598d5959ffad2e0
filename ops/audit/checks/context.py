"""What every hop counts with: the log and the ledger at one moment, the grace time, and the list of what is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, LiteralString

from infra.postgres import SyncConnection
from ops.audit import catch_up, consumer_groups
from ops.audit.consumer_groups import PartitionKey
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import Bounds, KafkaLog
from ops.audit.oracle import Oracle
from ops.audit.report import Check, Missing

LISTED: Final = 10_000
"""Exceptions looked at one by one in a partition; more are counted all the same."""
_STREAMED: Final = 10_000
POSITIONS: Final[LiteralString] = "SELECT topic, partition, next_offset FROM position"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditMoment:
    """The log and the ledger, looked at in an order that makes every difference mean something.

    Committed offsets are asked for first, and what is durable is read later; input comes before its receipts, and the
    ledger before the log that it follows. So what is missing then was missing, and what is ahead was ahead.
    """

    committed: Mapping[str, Mapping[PartitionKey, int]]
    input: Mapping[PartitionKey, Bounds]
    position: Mapping[PartitionKey, int]
    own: Mapping[PartitionKey, Bounds]


def observe(log: KafkaLog, index: AuditIndex, connection: SyncConnection) -> AuditMoment:
    """Bring the index up to date, and remember how far each side had come. `index` should be nearly so already."""
    committed = consumer_groups.committed(log.kafka)
    held = catch_up.input_bounds(log, index)
    rows = connection.execute(POSITIONS).fetchall()
    own = catch_up.read_on(log, index)
    return AuditMoment(
        committed=committed,
        input=held,
        position={(topic, part): offset for topic, part, offset in rows},
        own=own,
    )


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
        self._now = datetime.now(UTC)
        self.oldest_seconds = 0.0
        """The age of the oldest record that was found to be under way."""

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

    def young_from(self, topic: str, partition: int) -> int:
        """The first offset that may still be under way."""
        since = self._now - self.grace
        return self.log.first_since(topic, partition, int(since.timestamp() * 1000))

    def is_young(self, timestamp_ms: int) -> bool:
        """Whether what was written then may still be under way."""
        age = self._now - datetime.fromtimestamp(timestamp_ms / 1000, UTC)
        if age < self.grace:
            self.oldest_seconds = max(self.oldest_seconds, age.total_seconds())
        return age < self.grace
