"""What came of several claims, written down together on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from psycopg import OperationalError

from infra.postgres import Pool
from models.notifications.delivery import DeliveryStatus
from models.notifications.retry import RetryPolicy
from notifiers.content.mail_message import Mail
from notifiers.due_delivery import Answered
from notifiers.recorder import Recorder
from notifiers.repository import Store
from tests.channels import mail_entry
from tests.integration.notifiers.builders import FREEZE, add_delivery, contacts, outcomes_of, rows, status_of
from tests.integration.notifiers.test_repository import (
    DELIVERED,
    LATER,
    REFUSED,
    a_store,
    audit_of,
    claimed,
    pass_by,
)


class CountingStore(Store[Mail]):
    """Counts how many were written at once; fails as often as it is told to."""

    def __init__(self, pool: Pool, *, failures: int = 0) -> None:
        super().__init__(
            pool,
            owner="one",
            lease=timedelta(minutes=1),
            contacts=contacts,
            entry=mail_entry(FREEZE),
            policy=RetryPolicy(),
        )
        self.written: list[int] = []
        self._failures = failures

    async def record_all(self, answered: Sequence[Answered[Mail]]) -> list[DeliveryStatus | None]:
        if self._failures:
            self._failures -= 1
            raise OperationalError("away")
        self.written.append(len(answered))
        return await super().record_all(answered)


@asynccontextmanager
async def running(store: Store[Mail]) -> AsyncIterator[Recorder[Mail]]:
    recorder = Recorder(store)
    task = asyncio.create_task(recorder.run())
    yield recorder
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_those_that_end_together_are_written_by_one_statement(pool: Pool) -> None:
    added = [await add_delivery(pool) for _ in range(4)]
    store = CountingStore(pool)
    claims = await claimed(store)
    attempts = [DELIVERED, REFUSED, LATER, DELIVERED]
    async with running(store) as recorder:
        told = await asyncio.gather(
            *(
                recorder.record(claim, attempt, claim.claimed_at)
                for claim, attempt in zip(claims, attempts, strict=True)
            )
        )
    assert store.written == [4]
    assert told == ["delivered", "refused", "due", "delivered"]
    by_id = {claim.id: attempt for claim, attempt in zip(claims, attempts, strict=True)}
    for row in added:
        assert await outcomes_of(pool, row) == [by_id[row.id].outcome]
    kinds = [kind for row in added for kind, _ in await audit_of(pool, row.task_id)]
    assert kinds == ["delivery_refused"]


async def test_a_lost_lease_does_not_touch_the_others(pool: Pool) -> None:
    await add_delivery(pool)
    store = CountingStore(pool)
    (lost,) = await claimed(store)
    await pass_by(pool, 60)
    (held,) = await claimed(a_store(pool))
    kept = await add_delivery(pool)
    (other,) = await claimed(store)
    async with running(store) as recorder:
        told = await asyncio.gather(
            recorder.record(lost, DELIVERED, lost.claimed_at),
            recorder.record(other, DELIVERED, other.claimed_at),
        )
    assert (store.written, list(told)) == ([2], [None, DeliveryStatus.DELIVERED])
    assert await status_of(pool, kept) == "delivered"
    assert await rows(pool, "SELECT lease_owner FROM deliveries WHERE id = %s", held.id) == [(held.token,)]


async def test_a_fault_of_the_database_reaches_all_who_wait_and_they_ask_again(pool: Pool) -> None:
    for _ in range(2):
        await add_delivery(pool)
    store = CountingStore(pool, failures=1)
    claims = await claimed(store)
    async with running(store) as recorder:
        asked = [recorder.record(claim, DELIVERED, claim.claimed_at) for claim in claims]
        faults = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(fault) for fault in faults] == [OperationalError, OperationalError]
        for claim in claims:
            assert await recorder.record(claim, DELIVERED, claim.claimed_at) is DeliveryStatus.DELIVERED


async def test_one_who_is_cancelled_is_written_down_and_holds_back_nobody(pool: Pool) -> None:
    for _ in range(2):
        await add_delivery(pool)
    store = CountingStore(pool)
    first, second = await claimed(store)
    async with running(store) as recorder:
        gone = asyncio.create_task(recorder.record(first, DELIVERED, first.claimed_at))
        await asyncio.sleep(0)
        gone.cancel()
        assert await recorder.record(second, DELIVERED, second.claimed_at) is DeliveryStatus.DELIVERED
        with pytest.raises(asyncio.CancelledError):
            await gone
    assert await rows(pool, "SELECT DISTINCT status FROM deliveries") == [("delivered",)]


async def test_a_renewal_does_not_wait_for_what_is_being_recorded(pool: Pool) -> None:
    """Each writes several rows, in an order of its own."""
    for _ in range(2):
        await add_delivery(pool)
    store = a_store(pool)
    first, second = await claimed(store)
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("UPDATE deliveries SET attempts = attempts WHERE id = %s", (first.id,))
        async with asyncio.timeout(10):
            assert await store.renew([first, second]) == {second.id}
    assert await store.renew([first, second]) == {first.id, second.id}
