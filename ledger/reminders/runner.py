"""The runner of steps, beside the outbox: fires what is due, follows what could not be delivered, plans what changed.

Any number may run. A task that cannot be planned must not hold up the others: it is left alone, and said.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, LiteralString
from uuid import UUID

import psycopg

from infra.postgres import Connection
from infra.postgres_timeouts import CONNECT_SECONDS, shut_down_after, statement_timeouts
from ledger.reminders.digest import Digests
from ledger.reminders.failed_deliveries import follow_failures
from ledger.reminders.scheduler import fire_due, plan_stale, stale
from models.tasks.reminders import ReminderPolicy

log = logging.getLogger(__name__)

_BATCH: Final = 200
_POLL_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 60.0
_WAIT_SECONDS: Final = 2.0
_NAME: Final = "frafaldsvarsel-steps"
_CANNOT: Final = (LookupError, ValueError, StopIteration)
"""What planning one task may raise, when the tables or the calendar do not reach as far as it needs."""
TASKS_WITH_DUE: Final[LiteralString] = """
SELECT DISTINCT task_id FROM steps
WHERE status = 'waiting' AND due_at <= clock_timestamp() AND NOT task_id = ANY(%s) LIMIT %s
"""


async def run(
    database_url: str, policy: ReminderPolicy, stop: asyncio.Event, *, database_seconds: float = 60
) -> None:
    """Until `stop`; waits, and says so, while PostgreSQL cannot be reached."""
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url,
                options=statement_timeouts(database_seconds),
                application_name=_NAME,
                connect_timeout=CONNECT_SECONDS,
                autocommit=True,
            ) as connection:
                runner = Runner(connection, policy, patience=2 * database_seconds)
                while not stop.is_set():
                    if not await runner.round():
                        await asyncio.sleep(_POLL_SECONDS)
        except (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError) as error:
            log.warning("steps: waiting; cannot go on: %s", type(error).__name__)
            await asyncio.sleep(_WAIT_SECONDS)


class Runner:
    """One connection's work. All times are the database's; only the pace of the rounds is our own."""

    def __init__(self, connection: Connection, policy: ReminderPolicy, *, patience: float = 120) -> None:
        self._connection = connection
        self._policy = policy
        self._patience = patience
        self._digests = Digests(policy)
        self._next_sweep = 0.0
        self._left_alone: set[UUID] = set()

    async def round(self) -> bool:
        """Do what there is to do once; whether there may be more at once."""
        now = asyncio.get_running_loop().time()
        planned = 0
        if now >= self._next_sweep:
            with shut_down_after(self._connection, self._patience):
                planned = await self.sweep()
            if planned < _BATCH:
                self._next_sweep = now + _SWEEP_SECONDS
        with shut_down_after(self._connection, self._patience):
            fired = await self.fire()
            failed = await follow_failures(self._connection, self._policy, limit=_BATCH)
            await self._digests.fire(self._connection)
        return planned == _BATCH or fired == _BATCH or failed == _BATCH

    async def sweep(self) -> int:
        """Plan again up to a batch of what stands otherwise than when it was planned; how many were looked at.

        What was left alone is tried again when everything else is planned.
        """
        policy, but = self._policy, self._left_alone
        try:
            looked_at = await plan_stale(self._connection, policy, limit=_BATCH, but=but)
        except _CANNOT:
            tasks = await stale(self._connection, policy, limit=_BATCH, but=but)
            await self._one_by_one(tasks, self._plan_one)
            return len(tasks)
        if looked_at < _BATCH:
            self._left_alone.clear()
        return looked_at

    async def fire(self) -> int:
        """Fire what is due about up to a batch of tasks; one by one where one of them cannot be planned."""
        try:
            return len(await fire_due(self._connection, self._policy, limit=_BATCH, but=self._left_alone))
        except _CANNOT:
            return await self._one_by_one(await self._due_tasks(), self._fire_one)

    async def _plan_one(self, task: UUID) -> int:
        return await plan_stale(self._connection, self._policy, limit=1, only=task)

    async def _fire_one(self, task: UUID) -> int:
        return len(await fire_due(self._connection, self._policy, limit=1, only=task))

    async def _one_by_one(self, tasks: Sequence[UUID], do: Callable[[UUID], Awaitable[int]]) -> int:
        done = 0
        for task in tasks:
            try:
                done += await do(task)
            except _CANNOT as error:
                log.error("steps: task %s cannot be planned: %s", task, type(error).__name__)
                self._left_alone.add(task)
        return done

    async def _due_tasks(self) -> list[UUID]:
        cursor = await self._connection.execute(
            TASKS_WITH_DUE,
            (list(self._left_alone), _BATCH),
        )
        return [task for (task,) in await cursor.fetchall()]
