"""A notice's cause became two columns: filled rows are migrated under load, and two versions read each other's."""

import asyncio
from typing import Any, Final

import psycopg
import pytest

from ledger.rebuild.compare import CAUSE
from ledger.schema import backfill
from ledger.schema.migrate import MIGRATIONS, migrate
from ledger.store.deliveries import add_in_order
from ledger.tasks.rows import NewDelivery
from models.ids import delivery_id, digest_id
from models.notifications.cause import CauseKind, DeliveryCause
from models.notifications.delivery import Channel, Occasion
from tests.integration.ledger.schema import before_0012 as before

READ: Final = "SELECT cause, cause_kind, cause_ref FROM deliveries"
UNFILLED: Final = "SELECT count(*) FROM deliveries WHERE cause_kind IS NULL"
WAITING: Final = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'deliveries'::regclass
"""
NEW: Final = {
    DeliveryCause.of_event(3, 17): Occasion.NEW,
    DeliveryCause.of_step(before.STEP): Occasion.REMINDER,
    DeliveryCause.of_act(before.ACT): Occasion.HANDED_OVER,
    DeliveryCause.of_digest(before.DAY): Occasion.DIGEST,
    DeliveryCause.of_endpoint("gone", before.OFF_AT): Occasion.CHANNEL_OFF,
}


def rows(url: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def as_migrated(found: list[tuple[Any, ...]]) -> bool:
    """Whether every row has both, each saying the same."""
    return bool(found) and all(before.CAUSES[cause] == (kind, ref) for cause, kind, ref in found)


async def test_a_filled_database_is_migrated(database: str) -> None:
    """Every kind of cause, more rows than a batch holds, and no id has changed."""
    before.make(database)
    before.write(database, "a@unit.example", number=30)
    ids = rows(database, "SELECT id, cause FROM deliveries ORDER BY id")
    assert await migrate(database) == [
        "0012_cause.sql",
        "0013_cause_filled.sql",
        "0015_fingerprint_utc.sql",
        "0016_left_out.sql",
        "0018_subjects.sql",
    ]
    assert len(ids) == 150
    assert as_migrated(rows(database, READ))
    assert rows(database, "SELECT id, cause FROM deliveries ORDER BY id") == ids
    assert await migrate(database) == []
    # What a rebuild compares by is the old text, so that its hashes are the same.
    assert rows(database, f"SELECT count(*) FROM deliveries d WHERE {CAUSE} <> d.cause") == [(0,)]  # noqa: S608 - our own words


async def test_what_the_version_before_writes_afterwards_is_read_rightly(database: str) -> None:
    """It knows nothing of the new columns, and both versions run side by side."""
    before.make(database)
    await migrate(database)
    before.write(database, "b@unit.example")
    found = rows(database, "SELECT cause_kind, cause_ref, id, task_id, occasion, recipient FROM deliveries")
    assert len(found) == len(before.CAUSES)
    for kind, ref, made, task, occasion, recipient in found:
        cause = DeliveryCause(CauseKind(kind), ref)
        assert made == (
            digest_id("jc-0101", cause.text, "email", recipient)
            if task is None
            else delivery_id(task, occasion, cause.text, "email", recipient)
        )


async def test_what_this_version_writes_is_read_rightly_by_the_one_before(database: str) -> None:
    """By its own statements, which take the text apart; and it makes no second notice of the same."""
    before.make(database)
    await migrate(database)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await add_in_order(connection, [notice(cause, occasion) for cause, occasion in NEW.items()])
    assert {cause for cause, *_ in rows(database, READ)} == set(before.CAUSES)
    assert rows(database, before.STEP_OF) == [(before.STEP,)]
    assert rows(database, before.MORNINGS) == [(before.DAY,)]
    assert rows(database, before.PLACES) == [(3, 17)]
    assert rows(database, before.TOLD, [before.TASK], ["3:17", "3:18"]) == [(before.TASK, "3:17")]
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        before.insert(connection, "3:17", "a@unit.example")


def notice(cause: DeliveryCause, occasion: Occasion) -> NewDelivery:
    """One as this version makes it out."""
    return NewDelivery(
        task_id=None if occasion is Occasion.DIGEST else before.TASK,
        occasion=occasion,
        cause=cause,
        channel=Channel.EMAIL,
        unit_id="jc-0101",
        recipient="a@unit.example",
        deadline=before.OFF_AT,
    )


async def test_a_row_that_the_version_before_touches_is_filled_at_once(database: str) -> None:
    """Between the first file and the backfill its notifier leases and ends rows that have no kind yet."""
    before.make(database)
    before.write(database, "a@unit.example")
    apply(database, "0012_cause.sql")
    assert rows(database, UNFILLED) == [(5,)]
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE deliveries SET status = 'delivered', ended_at = now() WHERE occasion = 'reminder'"
        )
    assert rows(database, f"{READ} WHERE cause_kind IS NOT NULL") == [
        (f"step:{before.STEP}", "step", str(before.STEP))
    ]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("SET cause = '4:1'", ("4:1", "event", "4:1")),
        ("SET cause_ref = '4:2'", ("4:2", "event", "4:2")),
        ("SET cause_kind = 'step', cause_ref = 'x'", ("step:x", "step", "x")),
    ],
)
async def test_whichever_is_changed_the_other_follows(
    database: str, change: str, found: tuple[str, str, str]
) -> None:
    before.make(database)
    await migrate(database)
    with psycopg.connect(database) as connection:
        before.insert(connection, "3:17", "a@unit.example")
        connection.execute(f"UPDATE deliveries {change}".encode())
    assert rows(database, READ) == [found]


async def test_a_row_that_is_held_is_waited_for_and_holds_up_nobody(database: str) -> None:
    """A notifier claims rows all the time: a batch passes over them, and comes again."""
    before.make(database)
    before.write(database, "a@unit.example", number=4)
    apply(database, "0012_cause.sql")
    with psycopg.connect(database) as holder:
        holder.execute("SELECT 1 FROM deliveries WHERE occasion = 'new' FOR UPDATE")
        migrating = asyncio.create_task(migrate(database))
        while rows(database, UNFILLED) != [(4,)]:
            await asyncio.sleep(0.05)
        assert not migrating.done()
        holder.execute("UPDATE deliveries SET due_at = now() WHERE recipient = 'a@unit.example-0'")
    await migrating
    assert as_migrated(rows(database, READ))


async def test_who_works_meanwhile_is_not_held_up_by_a_migration_that_waits(database: str) -> None:
    """A rebuild reads for an hour; behind a migration that waits for it nobody could write."""
    before.make(database)
    before.write(database, "a@unit.example")
    with psycopg.connect(database) as reader:
        reader.execute("SELECT count(*) FROM deliveries")
        migrating = asyncio.create_task(migrate(database))
        while rows(database, WAITING) == [(0,)]:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(before.write, database, "b@unit.example")
        assert not migrating.done()
    await migrating
    assert as_migrated(rows(database, READ))


async def test_the_backfill_goes_on_where_a_batch_ends(database: str) -> None:
    """Batches of three, and one that was killed in between."""
    before.make(database)
    before.write(database, "a@unit.example", number=4)
    apply(database, "0012_cause.sql")
    causes = backfill.BEFORE["0013_cause_filled.sql"]
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        await connection.execute(causes.fill, {"after": backfill.FIRST, "limit": 3})
        assert rows(database, UNFILLED) == [(17,)]
        await backfill.fill(connection, causes, batch=3)
    assert as_migrated(rows(database, READ))
    assert await migrate(database) == [
        "0013_cause_filled.sql",
        "0015_fingerprint_utc.sql",
        "0016_left_out.sql",
        "0018_subjects.sql",
    ]


async def test_without_its_kind_no_row_is_kept(database: str) -> None:
    """The list of kinds is closed."""
    before.make(database)
    await migrate(database)
    with psycopg.connect(database) as connection:
        before.insert(connection, "3:17", "a@unit.example")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("UPDATE deliveries SET cause_kind = 'whim'")


def apply(url: str, name: str) -> None:
    """One file, as `migrate` applies it."""
    with psycopg.connect(url) as connection:
        connection.execute((MIGRATIONS / name).read_bytes())
        connection.execute("INSERT INTO migrations (name) VALUES (%s)", (name,))
