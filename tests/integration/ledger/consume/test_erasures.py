"""A person is erased from the ledger: looked for in every column of every table, and a neighbour keeps everything."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from psycopg.types.json import Jsonb

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch, project
from ledger.consume.joins import settle
from ledger.store.erasures import ERASED, hashed
from models.eligibility.decision import Cause, Decision, ErasureMark, JoinMark
from models.events.receipt import Applied
from tests.factories import risk, uuid
from tests.integration.ledger.ledger_fixture import accepted, applied
from tests.integration.ledger.task_rows import add_delivery
from tests.unit.ledger.decisions import POLICY, decided, later

GONE: Final = "gonegonegonegonegonegone01"
STAYS: Final = "staysstaysstaysstaysstays1"
CUT_OFF: Final = later(60)
MARK: Final = ErasureMark(
    person_id=GONE, erased_before=CUT_OFF, cause=Cause(partition=0, offset=9), request="request-1"
)
COLUMNS: Final = """
SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema()
"""


class Ledger:
    """What one process does with its polls, on one partition of `decisions`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.known: dict[tuple[str, int], int] = {}
        self.at = 0

    async def poll(self, *said: Decision | JoinMark | ErasureMark, applied: Sequence[Applied] = ()) -> Batch:
        batch = Batch()
        batch.applied += applied
        for offset, one in enumerate(said, start=self.at):
            batch.add(Topic.DECISIONS, one.model_dump_json(exclude_none=True).encode(), 0, offset)
        self.at += len(said)
        batch.next_offsets[Topic.DECISIONS, 0] = self.at
        async with self.connection.transaction():
            await settle(self.connection, batch)
            await project(self.connection, batch, self.known, POLICY)
        self.known |= batch.next_offsets
        return batch

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        return await (await self.connection.execute(query.encode())).fetchall()

    async def found(self, *words: str) -> set[str]:
        """Tables and columns that hold one of the words."""
        places = set()
        for table, column, kind in await self.rows(COLUMNS):
            text = f"convert_from(\"{column}\", 'UTF8')" if kind == "bytea" else f'"{column}"::text'
            for word in words:
                if table != "trail" and await self.rows(
                    f"SELECT 1 FROM \"{table}\" WHERE {text} LIKE '%{word}%' LIMIT 1"  # noqa: S608 - our own names
                ):
                    places.add(f"{table}.{column}")
        return places


def of(person: str, name: str, *, days: int = 0, **more: Any) -> Decision:
    """A decision that obliges, with something sealed."""
    made = decided(name, person=person, at=later(days), enrolment=f"enrolment-{person}", **more)
    return made.model_copy(update={"sealed": f"sealed-of-{name}"})


async def told(connection: Connection) -> Ledger:
    """Two people with a task each, a notice with its frozen mail, and people who have looked at them."""
    ledger = Ledger(connection)
    events = [
        risk(person_id=person, event_id=uuid(person), origin=of(person, person).message.origin)
        for person in (GONE, STAYS)
    ]
    first = Batch()
    first.receipts += [accepted(event) for event in events]
    async with connection.transaction():
        await project(connection, first, {}, POLICY)
    await ledger.poll(of(GONE, GONE), of(STAYS, STAYS), applied=[applied((3, events[0]), (4, events[1]))])
    for person, task in await ledger.rows("SELECT person_id, id FROM tasks"):
        await add_delivery(connection, task, frozen=Jsonb({"text": f"about {person}"}), cause="0:77")
        await connection.execute(
            "INSERT INTO audit (kind, task_id, detail) VALUES ('opened', %s, %s), ('found_by_cpr', NULL, %s)",
            (task, Jsonb({"by": "somebody"}), Jsonb({"person_id": person})),
        )
    await connection.execute(
        "INSERT INTO follow_ups (user_id, task_id, day) SELECT 'anna', id, '2026-10-07' FROM tasks"
    )
    await connection.execute(
        "INSERT INTO seen_tasks (user_id, task_id, version) SELECT 'anna', id, 1 FROM tasks"
    )
    await connection.execute(
        "INSERT INTO resealed (sender, message_id, sent_as, sealed) "
        "SELECT sender, message_id, person_id, sealed || '-again' FROM messages"
    )
    await connection.commit()
    return ledger


async def test_nothing_of_the_person_is_left_in_any_column(connection: Connection) -> None:
    """Pseudonym, message id, sealed text, enrolment, ids of the task. What is left has its reason (0054)."""
    ledger = await told(connection)
    ((task, reference),) = await ledger.rows(
        f"SELECT id::text, reference FROM tasks WHERE person_id = '{GONE}'"  # noqa: S608 - our own names
    )
    words = (GONE, uuid(GONE), f"sealed-of-{GONE}", f"enrolment-{GONE}", task, reference)
    assert {
        "messages.sealed",
        "resealed.sealed",
        "tasks.person_id",
        "audit.detail",
        "follow_ups.task_id",
        "seen_tasks.task_id",
    } <= await ledger.found(*words)
    neighbour = await ledger.found(STAYS, f"sealed-of-{STAYS}")
    await ledger.poll(MARK)
    left = await ledger.found(*words)
    # The id of the sender's event stands in its receipt, by which a repeat is known; the other two leave in a week.
    assert left <= {"receipts.event_id", "outbox.key", "outbox.value", "outbox.id"}
    assert await ledger.found(GONE, f"sealed-of-{GONE}", f"enrolment-{GONE}") == set()
    assert await ledger.found(STAYS, f"sealed-of-{STAYS}") == neighbour


async def test_a_tasks_row_stays_for_figures_and_leads_nowhere(connection: Connection) -> None:
    ledger = await told(connection)
    before = await ledger.rows("SELECT count(*), min(appended_at), min(react_by) FROM tasks")
    await ledger.poll(MARK)
    assert await ledger.rows("SELECT count(*), min(appended_at), min(react_by) FROM tasks") == before
    ((person, enrolment, status),) = await ledger.rows(
        "SELECT person_id, enrolment_id, status FROM tasks WHERE person_id LIKE 'erased:%'"
    )
    assert (enrolment, status) == (ERASED, "withdrawn")
    assert person.removeprefix("erased:") not in hashed(GONE)


async def test_the_trail_is_emptied_by_a_line_that_names_what_it_empties(connection: Connection) -> None:
    ledger = await told(connection)
    await ledger.poll(MARK)
    ((by, detail),) = await ledger.rows("SELECT id, detail FROM audit WHERE kind = 'person_erased'")
    emptied = await ledger.rows(f"SELECT id FROM audit WHERE erased_by = {by} ORDER BY id")  # noqa: S608 - a number
    assert detail == {"request": "request-1", "emptied": [line for (line,) in emptied]}
    assert len(emptied) >= 4
    assert await ledger.rows("SELECT 1 FROM audit WHERE kind = 'opened' AND erased_by IS NULL") == [(1,)]


@pytest.mark.parametrize("together", [True, False])
async def test_what_comes_late_is_dropped_and_what_was_sent_later_counts(
    connection: Connection, together: bool
) -> None:
    """Behind the mark or before it, in its batch or in another: by the append time alone."""
    ledger = await told(connection)
    again = of(GONE, "late", revision=3)
    new = of(GONE, "new", days=61)
    if together:
        await ledger.poll(again, MARK, new, again)
    else:
        for one in (MARK, again, new, MARK):
            await ledger.poll(one)
    rows = await ledger.rows(f"SELECT message_id FROM messages WHERE person_id = '{GONE}'")  # noqa: S608 - our own names
    assert rows == [(uuid("new"),)]
    assert len(await ledger.rows("SELECT 1 FROM tasks WHERE status = 'open'")) == 2
    assert len(await ledger.rows("SELECT 1 FROM audit WHERE kind = 'person_erased'")) == 1


async def test_entries_are_accounted_for_and_name_nobody(connection: Connection) -> None:
    """Those that were booked before, and those that come behind the mark; what was said later stays the person's."""
    ledger = await told(connection)
    await ledger.poll(MARK)
    late = risk(person_id=GONE, event_id=uuid("late"), origin=of(GONE, "late").message.origin)
    new = risk(person_id=GONE, event_id=uuid("new"), origin=of(GONE, "new", days=61).message.origin)
    await ledger.poll(applied=[applied((8, late), (10, new))])
    entries = await ledger.rows('SELECT "offset", person_id FROM applied ORDER BY 1')
    assert entries == [(3, ERASED), (4, STAYS), (8, ERASED), (10, GONE)]
    subjects = await ledger.rows(f"SELECT event_id FROM subjects WHERE person_id = '{GONE}'")  # noqa: S608 - our own names
    assert subjects in ([(uuid("new"),)], [])


async def test_nobody_waits_for_the_last_word_of_a_number_that_is_erased(connection: Connection) -> None:
    """Its rows are gone, and its last word may be, too. Joined anew, it is joined again."""
    ledger = await told(connection)
    await ledger.poll(JoinMark(person_id=GONE, joined_to="another"))
    await ledger.poll(MARK)
    assert await ledger.rows("SELECT 1 FROM person_joins") == []
    joined = of("another", "of another", days=61).model_copy(update={"joined": (GONE,)})
    batch = await ledger.poll(joined)
    assert not batch.is_held
    assert await ledger.rows("SELECT 1 FROM messages WHERE person_id = 'another'") == [(1,)]


async def test_a_restored_database_forgets_again_when_it_reads_on(connection: Connection) -> None:
    """The mark stands on the log, behind the position that the backup has."""
    ledger = await told(connection)
    await ledger.poll(MARK)
    await connection.execute("DELETE FROM erasures")
    await connection.commit()
    await ledger.poll(of(GONE, "again", revision=2), MARK)
    assert await ledger.found(GONE) == set()
    assert await ledger.rows("SELECT person FROM erasures") == [(hashed(GONE),)]
