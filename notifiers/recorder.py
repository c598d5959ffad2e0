"""Writes down what came of several claims at once: while one statement runs, those that end wait for the next.

Nobody waits longer than for the statement before: a mail that was sent and is not recorded would be sent again.
"""

import asyncio
from datetime import datetime
from typing import Final, Generic

from models.notifications.delivery import DeliveryStatus, SendAttempt
from notifiers.due_delivery import Answered, Claim, PayloadT
from notifiers.repository import Store

_TOGETHER_SECONDS: Final = 0.005


class Recorder(Generic[PayloadT]):
    """`run` it beside those who call `record`."""

    def __init__(self, store: Store[PayloadT]) -> None:
        self._store = store
        self._waiting: list[tuple[Answered[PayloadT], asyncio.Future[DeliveryStatus | None]]] = []
        self._any = asyncio.Event()

    async def record(
        self, claim: Claim[PayloadT], attempt: SendAttempt, at: datetime
    ) -> DeliveryStatus | None:
        """As `Store.record`; raises what the database raised."""
        if self._store.records_alone:
            return await self._store.record(claim, attempt, at)
        done: asyncio.Future[DeliveryStatus | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((Answered(claim=claim, attempt=attempt, at=at), done))
        self._any.set()
        return await done

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._any.wait()
            await asyncio.sleep(_TOGETHER_SECONDS)
            self._any.clear()
            waiting, self._waiting = self._waiting, []
            try:
                statuses = await self._store.record_all([answered for answered, _ in waiting])
            except Exception as fault:  # theirs to judge, each of its own
                for _, done in waiting:
                    if not done.done():
                        done.set_exception(fault)
                continue
            for (_, done), status in zip(waiting, statuses, strict=True):
                if not done.done():
                    done.set_result(status)
