"""The runner of steps, beside the outbox: fires what is due, follows what could not be delivered, plans what changed.

Any number may run. A task that cannot be planned must not hold up the others: it is left alone, and said.
"""

import asyncio
import logging
from typing import Final
from uuid import UUID

import psycopg

from ledger.digests import Digests
from ledger.failures import follow_failures
from ledger.hang_up import CONNECT_SECONDS, hung_up_after
from ledger.run import limits
from ledger.steps import fire_due, plan_stale
from ledger.store import Connection
from models.plan import StepPolicy

log = logging.getLogger(__name__)

_BATCH: Final = 200
_POLL_SECONDS: Final = 1.0
_SWEEP_SECONDS: Final = 60.0
_WAIT_SECONDS: Final = 2.0
_NAME: Final = "frafaldsvarsel-steps"


async def run(
    database_url: str, policy: StepPolicy, stop: asyncio.Event, *, database_seconds: float = 60
) -> None:
    """Until `stop`; waits, and says so, while PostgreSQL cannot be reached."""
    while not stop.is_set():
        try:
            async with await psycopg.AsyncConnection.connect(
                database_url,
                options=limits(database_seconds),
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

    def __init__(self, connection: Connection, policy: StepPolicy, *, patience: float = 120) -> None:
        self._connection = connection
        self._policy = policy
        self._patience = patience
        self._digests = Digests(policy)
        self._next_sweep = 0.0
        self._left_alone: set[UUID] = set()

    async def round(self) -> bool:
        """Do what there is to do once; whether there may be more at once."""
        now = asyncio.get_running_loop().time()
        sweep = now >= self._next_sweep
        with hung_up_after(self._connection, self._patience):
            planned = await self.sweep() if sweep else 0
        if sweep and planned < _BATCH:
            self._next_sweep = now + _SWEEP_SECONDS
        with hung_up_after(self._connection, self._patience):
            fired = await self.fire()
            failed = await follow_failures(self._connection, self._policy, limit=_BATCH)
            await self._digests.fire(self._connection)
        return planned == _BATCH or fired == _BATCH or failed == _BATCH

    async def sweep(self) -> int:
        """Plan again what stands otherwise than when it was planned; and try again what was left alone."""
        self._left_alone.clear()
        try:
            return await plan_stale(self._connection, self._policy, limit=_BATCH)
        except (LookupError, ValueError) as error:
            log.error("steps: a task cannot be planned: %s", error)
            return 0

    async def fire(self) -> int:
        """Fire what is due about up to a batch of tasks; one by one where one of them cannot be planned."""
        try:
            return len(await fire_due(self._connection, self._policy, limit=_BATCH, but=self._left_alone))
        except (LookupError, ValueError, StopIteration):
            return await self._one_by_one()

    async def _one_by_one(self) -> int:
        done = 0
        for task in await self._due_tasks():
            try:
                done += len(await fire_due(self._connection, self._policy, limit=1, only=task))
            except (LookupError, ValueError, StopIteration) as error:
                log.error("steps: task %s cannot be planned: %s", task, type(error).__name__)
                self._left_alone.add(task)
        return done

    async def _due_tasks(self) -> list[UUID]:
        cursor = await self._connection.execute(
            "SELECT DISTINCT task_id FROM steps WHERE status = 'waiting' AND due_at <= clock_timestamp() "
            "AND NOT task_id = ANY(%s) LIMIT %s",
            (list(self._left_alone), _BATCH),
        )
        return [task for (task,) in await cursor.fetchall()]
