"""A flood of messages about one open task is a few mails, and each notice has its end and its reason."""

from datetime import timedelta
from itertools import count
from uuid import UUID

from infra.postgres import Pool
from models.notifications.delivery import Occasion
from models.notifications.retry import RetryPolicy
from notifiers.repository import Store
from tests.channels import mail_entry
from tests.integration.notifiers.builders import FREEZE, add_delivery, contacts, rows
from tests.integration.notifiers.test_repository import DELIVERED, LATER

_offsets = count(1)


def a_store(pool: Pool, *, minutes: int = 60) -> Store:
    """With gathering; `minutes` 0: without."""
    return Store(
        pool,
        owner="one",
        lease=timedelta(minutes=1),
        contacts=contacts,
        entry=mail_entry(FREEZE),
        policy=RetryPolicy(),
        gathering=lambda _unit, _day: timedelta(minutes=minutes),
    )


async def further(pool: Pool, task: UUID | None = None) -> UUID:
    """One more message of the task; returns the task."""
    cause = f"0:{next(_offsets)}"
    row = await add_delivery(pool, occasion=Occasion.MORE_MESSAGES, task=task, cause=cause)
    return row.task_id


async def send(store: Store) -> int:
    """What is claimed now goes out; returns how many mails that is."""
    claims = (await store.claim(500)).claims
    for claim in claims:
        await store.record(claim, DELIVERED, claim.claimed_at)
    return len(claims)


async def an_hour_later(pool: Pool, minutes: int = 60) -> None:
    """As if so much time had gone by."""
    ago = "make_interval(mins => %s)"
    await rows(
        pool,
        f"UPDATE deliveries SET due_at = due_at - {ago}, ended_at = ended_at - {ago} RETURNING id",  # noqa: S608 - our own words
        minutes,
        minutes,
    )


async def ends(pool: Pool) -> list[tuple[object, ...]]:
    """How many notices stand how."""
    return await rows(pool, "SELECT status, count(*) FROM deliveries GROUP BY 1 ORDER BY 1")


async def test_120_messages_are_two_mails_within_the_hour_and_after_it(pool: Pool) -> None:
    """The first at once; those that follow in one mail when the hour is over. Each other one has its reason."""
    store = a_store(pool)
    task = await further(pool)
    assert await send(store) == 1
    for _ in range(119):
        await further(pool, task)
        assert await send(store) == 0
    await an_hour_later(pool, 59)
    assert await send(store) == 0
    await an_hour_later(pool, 1)
    assert await send(store) == 1
    assert await ends(pool) == [("delivered", 2), ("superseded", 118)]
    reasons = "SELECT DISTINCT detail ->> 'reason' FROM audit WHERE kind = 'delivery_superseded'"
    assert await rows(pool, reasons) == [("gathered",)]
    await an_hour_later(pool)
    await further(pool, task)
    assert await send(store) == 1


async def test_what_is_found_together_is_one_mail(pool: Pool) -> None:
    task = await further(pool)
    for _ in range(7):
        await further(pool, task)
    assert await send(a_store(pool)) == 1
    assert await ends(pool) == [("delivered", 1), ("superseded", 7)]


async def test_tasks_are_gathered_apart_and_a_mail_on_its_way_counts(pool: Pool) -> None:
    """Two notifiers tell a unit of one task once; another task is another mail."""
    store = a_store(pool)
    task, _ = await further(pool), await further(pool)
    held = (await store.claim(500)).claims
    assert len(held) == 2
    await further(pool, task)
    assert await send(store) == 0
    for claim in held:
        await store.record(claim, DELIVERED, claim.claimed_at)
    assert (await ends(pool))[0] == ("delivered", 2)


async def test_a_mail_that_was_tried_is_finished(pool: Pool) -> None:
    """The relay may have it; what comes later is gathered behind it, also while the mailbox defers."""
    store = a_store(pool)
    task = await further(pool)
    (claim,) = (await store.claim(500)).claims
    await store.record(claim, LATER, claim.claimed_at)
    for _ in range(5):
        await further(pool, task)
    assert await send(store) == 0
    await rows(
        pool, "UPDATE deliveries SET due_at = now() - interval '1 s' WHERE frozen IS NOT NULL RETURNING id"
    )
    assert await send(store) == 1
    assert await ends(pool) == [("delivered", 1), ("due", 1), ("superseded", 4)]
    await an_hour_later(pool)
    assert await send(store) == 1


async def test_behind_a_mail_that_is_put_off_the_others_wait_for_the_units_time(pool: Pool) -> None:
    """It counts from the last attempt; each further one would meet the same mailbox."""
    store = a_store(pool)
    task = await further(pool)
    (claim,) = (await store.claim(500)).claims
    await store.record(claim, LATER, claim.claimed_at)
    await rows(pool, "UPDATE deliveries SET due_at = now() + interval '5 h' RETURNING id")
    await further(pool, task)
    assert await send(store) == 0
    await rows(pool, "UPDATE attempts SET at = at - interval '61 min' RETURNING attempt")
    await rows(pool, "UPDATE deliveries SET due_at = now() WHERE frozen IS NULL RETURNING id")
    assert await send(store) == 1


async def test_without_gathering_each_is_told(pool: Pool) -> None:
    task = await further(pool)
    await further(pool, task)
    assert await send(a_store(pool, minutes=0)) == 2


async def test_what_would_miss_its_deadline_does_not_wait(pool: Pool) -> None:
    store = a_store(pool)
    task = await further(pool)
    assert await send(store) == 1
    await further(pool, task)
    await rows(pool, "UPDATE deliveries SET deadline = now() + interval '64 min' RETURNING id")
    assert await send(store) == 1


async def test_between_waiting_and_deadline_is_time_for_some_attempts(pool: Pool) -> None:
    """A tenth of the wait, at most an hour: a mail that goes out at its deadline comes too late."""
    store = a_store(pool)
    task = await further(pool)
    assert await send(store) == 1
    await further(pool, task)
    await rows(pool, "UPDATE deliveries SET deadline = now() + interval '68 min' RETURNING id")
    assert await send(store) == 0
