"""A person is erased from the ledger: looked for in every column of every table, and a neighbour keeps everything."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from psycopg.types.json import Jsonb

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.store.erasures import ERASED, hashed
from models.eligibility.decision import Cause, Decision, ErasureMark, JoinMark
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import Applied
from tests.factories import enrolment, enrolment_end, origin, risk, uuid
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


def fact(batch: Batch, person: str, offset: int, *, days: int = 0) -> None:
    """A record of `person-events`: the person's enrolment, as its decision names it."""
    place = origin(appended_at=later(days))
    event = enrolment(name=f"enrolment-{person}", person_id=person, origin=place)
    value = event.model_dump_json(exclude_none=True).encode()
    batch.add(Topic.PERSON_EVENTS, value, 0, offset, later(days))


async def told(connection: Connection) -> Ledger:
    """Two people with an enrolment and a task each, a notice with its frozen mail, and who has looked at them."""
    ledger = Ledger(connection)
    events = [
        risk(person_id=person, event_id=uuid(person), origin=of(person, person).message.origin)
        for person in (GONE, STAYS)
    ]
    first = Batch()
    first.receipts += [accepted(event) for event in events]
    for offset, person in enumerate((GONE, STAYS), start=1):
        fact(first, person, offset)
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
    words = (GONE, uuid(GONE), f"sealed-of-{GONE}", uuid(f"enrolment-{GONE}"), task, reference)
    before = await ledger.found(*words)
    assert {"messages.sealed", "resealed.sealed", "tasks.person_id", "audit.detail"} <= before
    assert {"person_facts.name", "verdicts.enrolment_id", "verdicts.message_id", "verdicts.sent_as"} <= before
    assert {"follow_ups.task_id", "seen_tasks.task_id"} <= before
    neighbour = await ledger.found(STAYS, f"sealed-of-{STAYS}")
    await ledger.poll(MARK)
    left = await ledger.found(*words)
    # The id of the sender's event stands in its receipt, by which a repeat is known; the other two leave in a week.
    assert left <= {"receipts.event_id", "outbox.key", "outbox.value", "outbox.id"}
    assert await ledger.found(GONE, f"sealed-of-{GONE}", uuid(f"enrolment-{GONE}")) == set()
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


async def test_a_task_that_a_later_message_keeps_has_its_dates(connection: Connection) -> None:
    """As a rebuild gives them, which reads nothing of the first."""
    ledger = await told(connection)
    await ledger.poll(of(GONE, "new", days=61))
    query = f"SELECT appended_at, react_by FROM tasks WHERE person_id = '{GONE}'"  # noqa: S608 - our own names
    await ledger.poll(MARK)
    assert await ledger.rows(query) == [(later(61), POLICY.react_by("unit-0101", later(61)))]


async def test_what_is_counted_stays_together_under_one_name(connection: Connection) -> None:
    """And what comes late has no place there: nobody knows any more whose it would be."""
    ledger = await told(connection)
    await ledger.poll(MARK)
    rows = """
        SELECT f.person_id, v.person_id, f.name, v.enrolment_id, v.sent_as FROM person_facts f, verdicts v
        WHERE f.person_id LIKE 'erased:%' AND v.person_id LIKE 'erased:%'
    """
    ((person, same, name, enrolled, sent_as),) = await ledger.rows(rows)
    assert (person, name) == (same, enrolled)
    assert name.startswith(f"{person}/")
    assert sent_as == person
    late = Batch()
    fact(late, GONE, 7)
    fact(late, GONE, 8, days=61)
    async with connection.transaction():
        await settle(connection, late)
        await project(connection, late, ledger.known, POLICY)
    await ledger.poll(of(GONE, "late", revision=3), MARK)
    found = await ledger.rows('SELECT "offset", person_id FROM person_facts ORDER BY 1')
    assert found == [(1, person), (2, STAYS), (8, GONE)]
    assert len(await ledger.rows("SELECT 1 FROM verdicts")) == 2


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


async def test_an_entry_of_an_erased_person_names_nobody_before_the_mark_is_known(
    connection: Connection,
) -> None:
    """Match has dropped it, and says so; the mark itself is still to be read from ``decisions``."""
    ledger = await told(connection)
    one = applied((12, risk(person_id=GONE, event_id=uuid("late"), origin=of(GONE, "late").message.origin)))
    dropped = one.entries[0].model_copy(update={"erased": True, "subject": None})
    await ledger.poll(applied=[one.model_copy(update={"entries": (dropped,)})])
    assert await ledger.rows('SELECT person_id FROM applied WHERE "offset" = 12') == [(ERASED,)]


async def test_an_entry_that_was_passed_on_names_nobody_when_the_mark_is_read_after_it(
    connection: Connection,
) -> None:
    """It stands behind the erasing event, and match has only sent it on: when the brokers had it decides."""
    ledger = await told(connection)
    for offset, days in ((12, 0), (13, 61)):
        event = risk(
            person_id=GONE, event_id=uuid(f"late {offset}"), origin=of(GONE, "late", days=days).message.origin
        )
        one = applied((offset, event))
        passed = one.entries[0].model_copy(update={"passed_on": event.origin.appended_at, "subject": None})
        await ledger.poll(applied=[one.model_copy(update={"entries": (passed,)})])
    await ledger.poll(MARK)
    rows = await ledger.rows('SELECT "offset", person_id FROM applied WHERE "offset" > 10 ORDER BY 1')
    assert rows == [(12, ERASED), (13, GONE)]


async def test_a_restored_database_forgets_again_when_it_reads_on(connection: Connection) -> None:
    """The mark stands on the log, behind the position that the backup has."""
    ledger = await told(connection)
    await ledger.poll(MARK)
    await connection.execute("DELETE FROM erasures")
    await connection.commit()
    await ledger.poll(of(GONE, "again", revision=2), MARK)
    assert await ledger.found(GONE) == set()
    assert await ledger.rows("SELECT person FROM erasures") == [(hashed(GONE),)]


def message_of(person: str, name: str, *, days: int = 0, number: int = 1) -> PersonEvent:
    origin = Origin(topic="dropout-risks", partition=0, offset=number, appended_at=later(days))
    return risk(person_id=person, event_id=uuid(name), origin=origin, fingerprint=f"{name} {number}")


async def test_what_came_later_stays_its_persons_though_it_was_applied_before(connection: Connection) -> None:
    """The entry names nobody, by its place; the subject is the person's, or a word about it would go to nobody."""
    ledger = await told(connection)
    new = message_of(GONE, "new", days=61)
    await ledger.poll(MARK)
    await ledger.poll(applied=[applied((8, new))])
    assert await ledger.rows('SELECT person_id FROM applied WHERE "offset" = 8') == [(ERASED,)]
    rows = await ledger.rows(f"SELECT person_id FROM subjects WHERE event_id = '{uuid('new')}'")  # noqa: S608 - our own names
    assert rows == [(GONE,)]


async def test_an_id_that_an_erased_record_had_stays_taken_and_nobody_is_told_who_is_erased(
    connection: Connection,
) -> None:
    """Of three records with one id the erased person's is the second: the third is refused, the second is not told."""
    ledger = await told(connection)
    theirs, erased, new = (
        message_of(STAYS, "one id", number=21),
        message_of(GONE, "one id", days=1, number=22),
        message_of("another", "one id", days=2, number=23),
    )
    receipts = Batch()
    receipts.receipts += [accepted(theirs), accepted(erased)]
    async with connection.transaction():
        await project(connection, receipts, {}, POLICY)
    await ledger.poll(applied=[applied((21, theirs), (9, erased))])
    await ledger.poll(MARK)
    third = Batch()
    third.receipts.append(accepted(new))
    async with connection.transaction():
        await project(connection, third, {}, POLICY)
    await ledger.poll(applied=[applied((23, new))])
    words = await ledger.rows("SELECT key FROM outbox WHERE id LIKE 'refusal/%' ORDER BY key")
    assert words == [("another",)]


@pytest.mark.parametrize("applied_first", [True, False])
async def test_what_is_sent_again_after_an_erasure_is_refused(
    connection: Connection, applied_first: bool
) -> None:
    """In the same words under the same id; whichever of its receipt and its entry is read first, and told once."""
    ledger = await told(connection)
    await ledger.poll(MARK)
    first = risk(person_id=GONE, event_id=uuid(GONE), origin=of(GONE, GONE).message.origin)
    again = message_of(GONE, "again", days=61, number=31).model_copy(
        update={"event_id": first.event_id, "fingerprint": first.fingerprint, "fingerprint_utc": None}
    )
    receipts = Batch()
    receipts.receipts.append(accepted(again))
    for step in (0, 1):
        if (step == 0) is applied_first:
            await ledger.poll(applied=[applied((10, again))])
        else:
            async with connection.transaction():
                await project(connection, receipts, {}, POLICY)
    await ledger.poll(applied=[applied((10, again))])
    assert await ledger.rows("SELECT kind, resolved_at IS NOT NULL FROM repeats") == [("duplicate", True)]
    words = await ledger.rows("SELECT key, id FROM outbox WHERE id LIKE 'refusal/%'")
    assert words == [(GONE, "refusal/dropout-risks/0/31")]


async def test_what_is_sent_again_is_refused_though_it_is_read_before_the_mark(
    connection: Connection,
) -> None:
    """Match has applied it after the erasing event; the ledger reads that partition before the mark's."""
    ledger = await told(connection)
    first = risk(person_id=GONE, event_id=uuid(GONE), origin=of(GONE, GONE).message.origin)
    again = message_of(GONE, "again", days=61, number=31).model_copy(
        update={"event_id": first.event_id, "fingerprint": first.fingerprint, "fingerprint_utc": None}
    )
    receipts = Batch()
    receipts.receipts.append(accepted(again))
    async with connection.transaction():
        await project(connection, receipts, {}, POLICY)
    await ledger.poll(applied=[applied((10, again))])
    await ledger.poll(MARK)
    await ledger.poll()
    assert await ledger.rows("SELECT kind, resolved_at IS NOT NULL FROM repeats") == [("duplicate", True)]
    words = await ledger.rows("SELECT key, id FROM outbox WHERE id LIKE 'refusal/%'")
    assert words == [(GONE, "refusal/dropout-risks/0/31")]


async def test_a_repeat_of_what_stands_is_told_to_nobody(connection: Connection) -> None:
    ledger = await told(connection)
    first = risk(person_id=STAYS, event_id=uuid(STAYS), origin=of(STAYS, STAYS).message.origin)
    again = message_of(STAYS, "again", days=61, number=31).model_copy(
        update={"event_id": first.event_id, "fingerprint": first.fingerprint, "fingerprint_utc": None}
    )
    receipts = Batch()
    receipts.receipts.append(accepted(again))
    async with connection.transaction():
        await project(connection, receipts, {}, POLICY)
    await ledger.poll(applied=[applied((10, again))])
    await ledger.poll(MARK)
    assert await ledger.rows("SELECT kind, resolved_at IS NOT NULL FROM repeats") == [("duplicate", True)]
    assert await ledger.rows("SELECT 1 FROM outbox WHERE id LIKE 'refusal/%'") == []


async def test_a_word_about_what_came_later_is_still_said(connection: Connection) -> None:
    """It stands in the outbox when the mark comes; without it, what was refused would count."""
    ledger = await told(connection)
    theirs, new = message_of(STAYS, "one id", number=21), message_of(GONE, "one id", days=61, number=22)
    receipts = Batch()
    receipts.receipts += [accepted(theirs), accepted(new)]
    async with connection.transaction():
        await project(connection, receipts, {}, POLICY)
    await ledger.poll(applied=[applied((21, theirs), (10, new))])
    word = await ledger.rows("SELECT id FROM outbox WHERE id LIKE 'refusal/%'")
    assert len(word) == 1
    await ledger.poll(MARK)
    assert await ledger.rows("SELECT id FROM outbox WHERE id LIKE 'refusal/%'") == word


@pytest.mark.parametrize("after", [True, False])
async def test_what_takes_back_an_erased_record_names_nothing_in_either_order(
    connection: Connection, after: bool
) -> None:
    """As a rebuild finds it, which reads every entry before the first mark."""
    ledger = await told(connection)
    places = [Origin(topic="enrolments", partition=0, offset=day, appended_at=later(day)) for day in (1, 61)]
    stated = enrolment(person_id=GONE, origin=places[0])
    ended = enrolment_end(later(61).date(), person_id=GONE, origin=places[1])
    await ledger.poll(applied=[applied((5, stated))])
    if after:
        await ledger.poll(MARK)
    await ledger.poll(applied=[applied((10, ended))])
    if not after:
        await ledger.poll(MARK)
    rows = await ledger.rows("SELECT names_nothing FROM subjects WHERE kind = 'enrolment'")
    assert rows == [(True,)]


@pytest.mark.parametrize("mark_first", [True, False])
async def test_what_is_sent_again_is_refused_though_a_copy_was_applied_before_the_erasing_event(
    connection: Connection, mark_first: bool
) -> None:
    """Match took the copy for a repeat, and what it applies afterwards for new."""
    ledger = await told(connection)
    first = risk(person_id=GONE, event_id=uuid(GONE), origin=of(GONE, GONE).message.origin)
    again = message_of(GONE, "again", days=61, number=31).model_copy(
        update={"event_id": first.event_id, "fingerprint": first.fingerprint, "fingerprint_utc": None}
    )
    receipts = Batch()
    receipts.receipts.append(accepted(again))
    async with connection.transaction():
        await project(connection, receipts, {}, POLICY)
    await ledger.poll(applied=[applied((8, again))])
    if mark_first:
        await ledger.poll(MARK)
    await ledger.poll(applied=[applied((10, again))])
    if not mark_first:
        await ledger.poll(MARK)
    await ledger.poll()
    words = await ledger.rows("SELECT key, id FROM outbox WHERE id LIKE 'refusal/%'")
    assert words == [(GONE, "refusal/dropout-risks/0/31")]
