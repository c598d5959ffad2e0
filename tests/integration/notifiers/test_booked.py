"""Which message is behind a notice: asked only where traces are on, and by no more than its place."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from infra.postgres import Pool
from models.notifications.retry import RetryPolicy
from notifiers.due_delivery import BookedMessage
from notifiers.repository import Store
from tests.channels import mail_entry
from tests.integration.notifiers.builders import FREEZE, add_delivery, contacts, rows

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)


async def add_message(
    pool: Pool, task: UUID, *, offset: int, cause: int, revision: int = 1, has_left: bool = False
) -> None:
    """A message of the task, received at the minute `offset`, decided by the person event 3:`cause`."""
    await rows(
        pool,
        """INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, law_version, registered_at,
             appended_at, origin_topic, origin_partition, origin_offset, decision, task_id)
           VALUES ('900101', %s, %s, %s, 'obliged', 'obliged', 'v', %s, %s, 'dropout-risks', 2, %s, %s, %s)
           RETURNING 1""",
        str(uuid4()),
        str(task),  # as the builder calls the person of a task
        revision,
        AT,
        AT + timedelta(minutes=offset),
        offset,
        Jsonb({"cause": {"partition": 3, "offset": cause}}),
        None if has_left else task,
    )


async def behind(pool: Pool, delivery: UUID, *, traced: bool = True) -> BookedMessage | None:
    """The message behind a claimed delivery."""
    store = Store(
        pool,
        owner="one",
        lease=timedelta(minutes=1),
        contacts=contacts,
        entry=mail_entry(FREEZE),
        policy=RetryPolicy(),
        traced=traced,
    )
    (claim,) = [claim for claim in (await store.claim(10)).claims if claim.id == delivery]
    return claim.message


async def test_the_message_whose_decision_made_the_notice_is_behind_it(pool: Pool) -> None:
    """Whichever of the task's messages came last."""
    made = await add_delivery(pool, cause="3:17")
    await add_message(pool, made.task_id, offset=5, cause=17, revision=4)
    await add_message(pool, made.task_id, offset=9, cause=40)
    found = await behind(pool, made.id)
    assert found is not None
    assert (found.origin.place, found.origin.appended_at) == (
        ("dropout-risks", 2, 5),
        AT + timedelta(minutes=5),
    )
    assert (found.revision, found.is_cause) == (4, True)


async def test_a_reminder_comes_of_the_latest_message_of_its_task_and_of_no_decision(pool: Pool) -> None:
    made = await add_delivery(pool, occasion="overdue", cause=f"step:{uuid4()}")
    await add_message(pool, made.task_id, offset=9, cause=40)
    await add_message(pool, made.task_id, offset=5, cause=17)
    found = await behind(pool, made.id)
    assert found is not None
    assert (found.origin.offset, found.is_cause) == (9, False)


async def test_a_message_that_has_left_its_task_is_behind_the_word_that_says_so(pool: Pool) -> None:
    made = await add_delivery(pool, occasion="withdrawn", task_status="withdrawn", cause="3:17")
    await add_message(pool, made.task_id, offset=9, cause=40, has_left=True)
    await add_message(pool, made.task_id, offset=5, cause=17, has_left=True)
    found = await behind(pool, made.id)
    assert found is not None
    assert (found.origin.offset, found.is_cause) == (5, True)


async def test_where_nothing_is_known_of_it_there_is_none(pool: Pool) -> None:
    """Nor is another message of the same person taken for it."""
    made = await add_delivery(pool, cause="3:17")
    await add_message(pool, made.task_id, offset=9, cause=40, has_left=True)
    assert await behind(pool, made.id) is None


async def test_it_is_not_asked_where_nothing_is_traced(pool: Pool) -> None:
    made = await add_delivery(pool, cause="3:17")
    await add_message(pool, made.task_id, offset=5, cause=17)
    assert await behind(pool, made.id, traced=False) is None
