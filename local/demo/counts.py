"""Where the service stands while the demo plays: counted in the ledger, in the log and in the caught mails."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, LiteralString

import psycopg

from config.topics import Topic
from local.servers.mailbox import count_mails
from local.service import Service
from ops.audit.kafka_log import KafkaLog, LogUnreachable

_REST_SECONDS: Final = 0.08
_COUNTED: Final = (
    "accepted",
    "rejected",
    "duplicates",
    "conflicts",
    "obliged",
    "not_obliged",
    "undecided",
    "tasks",
)


NO_REPEAT: Final = (
    'NOT EXISTS (SELECT 1 FROM repeats r WHERE (r.topic, r.partition, r."offset") '
    "= (origin_topic, origin_partition, origin_offset))"
)
"""Of messages: those that no earlier record had said."""
BY: Final[LiteralString] = "SELECT {column}, count(*) FROM {table} WHERE {where} GROUP BY 1"
COUNTS: Final = f"""
SELECT (SELECT count(*) FROM receipts WHERE status = 'accepted'),
       (SELECT count(*) FROM receipts WHERE status = 'rejected'),
       (SELECT count(*) FROM repeats WHERE kind = 'duplicate'),
       (SELECT count(*) FROM repeats WHERE kind = 'conflict'),
       count(*) FILTER (WHERE outcome = 'obliged'),
       count(*) FILTER (WHERE outcome = 'not_obliged'),
       count(*) FILTER (WHERE outcome = 'undecided'),
       (SELECT count(*) FROM tasks WHERE status = 'open')
FROM messages WHERE {NO_REPEAT}
"""
APPLIED: Final[LiteralString] = "SELECT count(*) FROM applied"
POSITIONS: Final[LiteralString] = "SELECT topic, partition, next_offset FROM position"
UNSENT: Final[LiteralString] = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
DUE: Final[LiteralString] = "SELECT count(*) FROM deliveries WHERE status = 'due'"


@dataclass(frozen=True, slots=True)
class DemoCounts:
    """Where the service stands."""

    receipts: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    conflicts: int = 0
    obliged: int = 0
    not_obliged: int = 0
    undecided: int = 0
    tasks: int = 0
    mails: int = 0
    open_ends: tuple[str, ...] = ()


class DemoCounter:
    """Counts again and again, whatever is away meanwhile."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._log = KafkaLog(service.settings.kafka)
        self._connection: psycopg.Connection[Any] = service.database()
        self.last = DemoCounts()

    def close(self) -> None:
        """Disconnect."""
        self._log.close()
        self._connection.close()

    def count(self, *, published: int | None = None) -> DemoCounts:
        """The present counts; with `published` also what is still open of so many records.

        A server that is away is an open end.
        """
        try:
            counts = self._counts()
            self.last = DemoCounts(
                receipts=counts["accepted"] + counts["rejected"],
                **counts,
                mails=count_mails(self._service.data / "catcher"),
                open_ends=tuple(self._open_ends(counts, published)) if published is not None else (),
            )
        except (psycopg.OperationalError, LogUnreachable) as error:
            self.last = replace(self.last, open_ends=(f"a server that is away ({type(error).__name__})",))
            self._reconnect()
        return self.last

    def by(self, column: str, table: str, where: str) -> dict[str, int]:
        """How many rows of `table` there are for each value of `column`."""
        rows = self._connection.execute(BY.format(column=column, table=table, where=where)).fetchall()
        return dict(rows)

    def _reconnect(self) -> None:
        if not self._connection.closed and not self._connection.broken:
            return
        try:
            self._connection = self._service.database()
        except psycopg.OperationalError:
            time.sleep(_REST_SECONDS)

    def _counts(self) -> dict[str, int]:
        row = self._connection.execute(COUNTS).fetchone()
        return dict(zip(_COUNTED, row or (), strict=True))

    def _open_ends(self, counts: dict[str, int], published: int) -> Iterator[str]:
        receipts = counts["accepted"] + counts["rejected"]
        if receipts < published:
            yield f"{published - receipts} records without receipt"
            return
        events = sum(end for _, end in self._log.bounds(Topic.PERSON_EVENTS).values())
        applied = self._number(APPLIED)
        if applied < events:
            yield f"{events - applied} person events not applied"
            return
        ends = {
            (topic, partition): end
            for topic in (Topic.RECEIPTS, Topic.DECISIONS)
            for partition, (_, end) in self._log.bounds(topic).items()
        }
        at = {(topic, partition): offset for topic, partition, offset in self._connection.execute(POSITIONS)}
        behind = sum(end - at.get((str(topic), partition), 0) for (topic, partition), end in ends.items())
        if behind > 0:
            yield f"{behind} records not in the ledger"
        if unsent := self._number(UNSENT):
            yield f"{unsent} records in the outbox"
        if due := self._number(DUE):
            yield f"{due} mails to be sent"

    def _number(self, sql: Any) -> int:
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0
