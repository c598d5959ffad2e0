"""What the canary asks of PostgreSQL: where its message stands, and which earlier ones still do. Reading only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, LiteralString

import psycopg

from infra.postgres import Connection
from infra.postgres_timeouts import CONNECT_SECONDS
from models.eligibility.decision import Outcome
from models.events import probe_identity
from models.tasks.status import TaskStatus
from ops.probe.trace import LedgerState

_PATIENCE_MS: Final = 10_000
_MOST_LEFT: Final = 100
STANDING: Final[LiteralString] = """
SELECT m.outcome, m.reason, t.unit_id, t.status,
       EXISTS (SELECT 1 FROM receipts r JOIN applied a
               ON (a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset")
               WHERE r.sender = m.sender AND r.event_id = m.message_id AND r.status = 'accepted') AS booked,
       ARRAY(SELECT d.status FROM deliveries d WHERE d.task_id = t.id
             AND (d.cause_kind, d.cause_ref)
             = ('event', concat_ws(':', m.decision -> 'cause' ->> 'partition', m.decision -> 'cause' ->> 'offset')))
FROM messages m LEFT JOIN tasks t ON t.id = m.task_id
WHERE m.sender = %s AND m.message_id = %s
"""
LEFT: Final[LiteralString] = """
SELECT m.registered_at FROM tasks t JOIN messages m ON m.task_id = t.id
WHERE t.unit_id = %(unit)s AND t.status = 'open' AND m.sender = %(sender)s AND m.registered_at < %(before)s
UNION ALL
SELECT registered_at FROM messages
WHERE outcome = 'undecided' AND sender = %(sender)s AND registered_at < %(before)s
ORDER BY 1 LIMIT %(limit)s
"""


class ProbeLedger:
    """A connection that is made when it is needed, and made anew after a fault."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None

    async def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def state(self, message_id: str) -> LedgerState | None:
        """Where a message of the canary stands; None while the ledger does not know it. Raises `psycopg.Error`."""
        rows = await self._rows(STANDING, (probe_identity.INSTITUTION, message_id))
        if not rows:
            return None
        ((outcome, reason, unit, task, booked, notices),) = rows
        return LedgerState(
            outcome=Outcome(outcome),
            reason=reason,
            booked=booked,
            unit=unit,
            task=None if task is None else TaskStatus(task),
            notices=notices,
        )

    async def left(self, before: datetime) -> list[datetime]:
        """The moments of earlier messages that still stand: they were lost, or we ended before we took them back."""
        parameters = {
            "unit": probe_identity.UNIT,
            "sender": probe_identity.INSTITUTION,
            "before": before,
            "limit": _MOST_LEFT,
        }
        return [moment for (moment,) in await self._rows(LEFT, parameters)]

    async def _rows(
        self, sql: LiteralString, parameters: Sequence[object] | dict[str, object]
    ) -> list[tuple[Any, ...]]:
        try:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    options=f"-c statement_timeout={_PATIENCE_MS}",
                    application_name="frafaldsvarsel-canary",
                    connect_timeout=CONNECT_SECONDS,
                )
            cursor = await self._connection.execute(sql, parameters)
            return await cursor.fetchall()
        except BaseException:
            # Cut off in the middle, it is of no use for the next question either.
            await self.close()
            raise
