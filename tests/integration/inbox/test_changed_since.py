"""The list says what others have done with a task since the reader looked at it, and only that."""

from uuid import UUID, uuid4

from ledger.store import audit_trail
from ledger.store.seen_tasks import SinceSeen, changed, see
from models.audit_kind import AuditKind
from models.tasks.actions import Acknowledge, Action, Note, Take
from models.tasks.notes import NoteCode
from tests.integration.inbox.staff import AARHUS, COPENHAGEN, Desk

UNITS = frozenset({COPENHAGEN})


async def act(desk: Desk, task: UUID, deed: Action, *, by: str) -> None:
    """As `perform` leaves it: a line of the acts, and a version more."""
    await desk.connection.execute(
        "INSERT INTO acts "
        "(id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, after_offset) "
        "SELECT %s, t.id, 1 + (SELECT count(*) FROM acts WHERE task_id = t.id), %s, '{}', %s, %s, 'page', "
        "clock_timestamp(), t.person_id, 0, 0 FROM tasks t WHERE t.id = %s",
        (uuid4(), deed.kind, by, by.title(), task),
    )
    await desk.connection.execute("UPDATE tasks SET version = version + 1 WHERE id = %s", (task,))


async def look(desk: Desk, reference: str) -> UUID:
    rows = await desk.connection.execute("SELECT id, version FROM tasks WHERE reference = %s", (reference,))
    ((task, version),) = await rows.fetchall()
    await see(desk.connection, "anna", UNITS, task_id=task, version=version)
    return UUID(str(task))


async def news(desk: Desk, *tasks: UUID) -> dict[UUID, SinceSeen]:
    return dict(await changed(desk.connection, "anna", UNITS, tasks))


async def test_the_last_thing_of_somebody_else_is_named_until_the_reader_looks_again(desk: Desk) -> None:
    reference = await desk.task()
    task = await look(desk, reference)
    assert await news(desk, task) == {}
    await act(desk, task, Take(), by="bo")
    await act(desk, task, Note(note=NoteCode.AWAITS_PERSON), by="bo")
    assert await news(desk, task) == {task: SinceSeen(None, "note")}
    await desk.connection.execute(
        audit_trail.APPEND, audit_trail.line(AuditKind.MESSAGE_JOINED, {}, task_id=task)
    )
    assert (await news(desk, task))[task].words == ("message_joined", "note")
    assert "ny underretning, ny note" in (await desk.person.get("/opgaver")).text
    assert (await look(desk, reference)) == task
    assert await news(desk, task) == {}
    assert "Siden du så den" not in (await desk.person.get("/opgaver")).text


async def test_ones_own_act_is_no_news_and_hides_nobody_elses(desk: Desk) -> None:
    task = await look(desk, await desk.task())
    await act(desk, task, Acknowledge(), by="anna")
    assert await news(desk, task) == {}
    await act(desk, task, Take(), by="bo")
    assert await news(desk, task) == {task: SinceSeen(None, "take")}


async def test_a_change_that_nothing_names_is_one_all_the_same(desk: Desk) -> None:
    task = await look(desk, await desk.task())
    await desk.connection.execute("UPDATE tasks SET version = version + 1 WHERE id = %s", (task,))
    assert (await news(desk, task))[task].words == ("otherwise",)


async def test_what_was_never_looked_at_and_another_units_is_not_told(desk: Desk) -> None:
    reference = await desk.task()
    rows = await desk.connection.execute("SELECT id FROM tasks WHERE reference = %s", (reference,))
    ((never,),) = await rows.fetchall()
    await act(desk, never, Take(), by="bo")
    theirs = await look(desk, await desk.task(unit_id=AARHUS))
    await act(desk, theirs, Take(), by="bo")
    assert await news(desk, never, theirs) == {}


async def test_the_page_of_a_task_is_a_look(desk: Desk) -> None:
    reference = await desk.task()
    assert (await desk.person.get(f"/opgaver/{reference}")).status_code == 200
    rows = await desk.connection.execute("SELECT user_id, version FROM seen_tasks")
    assert await rows.fetchall() == [("anna", 1)]
    assert (await desk.person.get(f"/opgaver/{reference}/nyt")).status_code == 200
    rows = await desk.connection.execute("SELECT count(*) FROM seen_tasks")
    assert await rows.fetchall() == [(1,)]
