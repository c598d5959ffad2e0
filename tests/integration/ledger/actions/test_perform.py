"""Deeds on the real PostgreSQL: done once, by whom it concerns, and never in each other's way or the projection's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from infra.postgres import Connection
from ledger.actions.perform import (
    ActionDiffers,
    ActionRefused,
    NoSuchTask,
    Performed,
    Rules,
    TaskChanged,
    perform,
)
from ledger.queries.listings import HISTORY, rows
from models.tasks.actions import (
    Acknowledge,
    Action,
    ActionRefusal,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Release,
    Reopen,
    ReopenReason,
    Take,
    Via,
)
from tests.integration.ledger.ledger_fixture import Books
from tests.unit.ledger.decisions import ARRIVED, BY_TWO, OTHER_UNIT, POLICY, UNIT, decided

ANNA = Actor(id="anna", name="Anna", via=Via.PAGE)
BO = Actor(id="bo", name="Bo", via=Via.API)
RULES = Rules(policy=POLICY, not_reached_after=lambda unit: 2, units=frozenset({UNIT, OTHER_UNIT, BY_TWO}))
REACHED = ContactAttempt(at=ARRIVED, form=ContactForm.PHONE, reached=True)
CONTACT = Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))


@pytest.fixture
async def own(ledger_url: str) -> AsyncIterator[Connection]:
    """A connection as a page has it."""
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as own:
        yield own


async def do(
    own: Connection,
    task_id: UUID,
    deed: Action,
    *,
    units: frozenset[str] = frozenset({UNIT, OTHER_UNIT, BY_TWO}),
    act_id: UUID | None = None,
    by: Actor = ANNA,
    version: int | None = None,
) -> Performed:
    """One deed."""
    return await perform(
        own,
        task_id=task_id,
        units=units,
        act_id=act_id or uuid4(),
        by=by,
        deed=deed,
        rules=RULES,
        expected_version=version,
    )


async def opened(books: Books, message: str = "message", **how: object) -> UUID:
    """A task of a new message."""
    await books.project(decisions=[decided(message, **how)])  # type: ignore[arg-type]  # handed through
    ((task_id,),) = await books.rows(
        "SELECT id FROM tasks WHERE status = 'open' ORDER BY opened_at DESC LIMIT 1"
    )
    assert isinstance(task_id, UUID)
    return task_id


async def test_a_task_is_seen_taken_attempted_and_closed(connection: Connection, own: Connection) -> None:
    """Each deed is an act with its number; the row says where the task stands; every change has a version."""
    books = Books(connection)
    task_id = await opened(books)
    versions = [(await do(own, task_id, deed)).version for deed in (Acknowledge(), Take(), REACHED, CONTACT)]
    assert versions == [2, 3, 4, 5]
    assert await books.rows(
        "SELECT status, ending, acknowledged_by, owner_id, owner_name, attempts, reached_at, closed_at IS NOT NULL, "
        "version FROM tasks"
    ) == [("closed", "contact_made", "Anna", "anna", "Anna", 1, ARRIVED, True, 5)]
    assert await books.rows("SELECT number, kind, by_id, via FROM acts ORDER BY number") == [
        (1, "acknowledge", "anna", "page"),
        (2, "take", "anna", "page"),
        (3, "attempt", "anna", "page"),
        (4, "close", "anna", "page"),
    ]
    ((partition, offset),) = await books.rows("SELECT DISTINCT partition, after_offset FROM acts")
    assert (partition, offset) == (0, 1)


async def test_the_same_act_sent_again_is_done_once(connection: Connection, own: Connection) -> None:
    """Under its id; another deed, another task or another worker under it is refused, and nothing is written."""
    books = Books(connection)
    task_id = await opened(books)
    other = await opened(books, "other", person="other")
    same = uuid4()
    first = await do(own, task_id, Take(), act_id=same)
    again = await do(own, task_id, Take(), act_id=same, version=1)
    assert (first.repeated, again.repeated, again.version) == (False, True, first.version)
    for task, deed in ((task_id, Release()), (other, Take())):
        with pytest.raises(ActionDiffers):
            await do(own, task, deed, act_id=same)
    key = uuid4()
    await do(own, other, Take(), act_id=key, by=BO)
    worker = BO.model_copy(update={"id": f"{BO.id}/7"})
    with pytest.raises(ActionDiffers):
        await do(own, other, Take(), act_id=key, by=worker)
    assert await books.rows("SELECT count(*) FROM acts") == [(2,)]


async def test_the_same_attempt_under_a_new_id_is_the_same_attempt(
    connection: Connection, own: Connection
) -> None:
    """The Back button shows the form again, and the page gives it a new id."""
    books = Books(connection)
    task_id = await opened(books)
    missed = ContactAttempt(at=ARRIVED, form=ContactForm.PHONE, reached=False)
    first = await do(own, task_id, missed)
    again = await do(own, task_id, missed)
    assert (again.repeated, again.act_id, again.version) == (True, first.act_id, first.version)
    other = ANNA.model_copy(update={"id": "clara", "name": "Clara"})
    for deed, by in (
        (missed, other),
        (missed, BO),
        (missed.model_copy(update={"form": ContactForm.LETTER}), ANNA),
        (missed.model_copy(update={"at": ARRIVED + timedelta(minutes=1)}), ANNA),
        (missed.model_copy(update={"reached": True}), ANNA),
    ):
        assert not (await do(own, task_id, deed, by=by)).repeated
    assert await books.rows("SELECT count(*) FROM acts") == [(6,)]
    assert await books.rows("SELECT attempts FROM tasks") == [(6,)]


@pytest.mark.parametrize(
    ("minutes", "allowed"),
    [
        ([0, 0], False),
        ([0, 59], False),
        ([59, 0], False),
        ([0, 60], True),
        ([0, 30, 60], True),
        ([0, 30, 59], False),
    ],
    ids=str,
)
async def test_only_attempts_at_different_times_make_a_task_not_reached(
    connection: Connection, own: Connection, minutes: list[int], allowed: bool
) -> None:
    """Two are asked for here, an hour apart."""
    books = Books(connection)
    task_id = await opened(books)
    for number, minute in enumerate(minutes):
        at = ARRIVED + timedelta(minutes=minute)
        form = tuple(ContactForm)[number]
        await do(own, task_id, ContactAttempt(at=at, form=form, reached=False))
    close = Close(ending=Ending.NOT_REACHED)
    if allowed:
        await do(own, task_id, close)
    else:
        with pytest.raises(ActionRefused) as refused:
            await do(own, task_id, close)
        assert refused.value.refusal is ActionRefusal.NOT_REACHED_YET


async def test_an_id_that_somebody_else_has_used_stands_in_nobodys_way(
    connection: Connection, own: Connection
) -> None:
    """Whoever sends a form chooses its id, and may choose the one that a program will use next."""
    books = Books(connection)
    task_id = await opened(books)
    same = uuid4()
    await do(own, task_id, Acknowledge(), act_id=same)
    other = ANNA.model_copy(update={"id": "anna/2"})
    for by in (BO, other):
        first = await do(own, task_id, Take(), act_id=same, by=by)
        again = await do(own, task_id, Take(), act_id=same, by=by)
        assert (first.repeated, again.repeated) == (False, True)
        with pytest.raises(ActionDiffers):
            await do(own, task_id, Release(), act_id=same, by=by)
    assert (await do(own, task_id, Acknowledge(), act_id=same)).repeated
    assert await books.rows("SELECT count(*) FROM acts") == [(3,)]


async def test_another_units_task_is_not_there(connection: Connection, own: Connection) -> None:
    """Nor is one that nobody has."""
    books = Books(connection)
    task_id = await opened(books)
    for task, units in (
        (task_id, frozenset({OTHER_UNIT})),
        (task_id, frozenset()),
        (uuid4(), frozenset({UNIT})),
    ):
        with pytest.raises(NoSuchTask):
            await do(own, task, Take(), units=units)
    assert await books.rows("SELECT count(*) FROM acts") == [(0,)]


async def test_who_has_seen_another_version_must_look_again(connection: Connection, own: Connection) -> None:
    """A message that has come meanwhile is a change too."""
    books = Books(connection)
    task_id = await opened(books)
    await books.project(decisions=[decided("more", cause=2)])
    with pytest.raises(TaskChanged) as changed:
        await do(own, task_id, Take(), version=1)
    assert changed.value.version == 2
    assert (await do(own, task_id, Take(), version=2)).version == 3


@pytest.mark.parametrize(
    ("deeds", "deed", "because"),
    [
        ([], CONTACT, ActionRefusal.NO_CONTACT_RECORDED),
        ([], Close(ending=Ending.NOT_REACHED), ActionRefusal.NOT_REACHED_YET),
        ([], Reopen(reason=ReopenReason.CONTACT_LOST), ActionRefusal.TASK_NOT_CLOSED),
        ([REACHED, CONTACT], Take(), ActionRefusal.TASK_NOT_OPEN),
        ([], HandOver(to_unit=UNIT, reason=HandOverReason.AGREED), ActionRefusal.SAME_UNIT),
        ([], HandOver(to_unit="unit-9999", reason=HandOverReason.AGREED), ActionRefusal.UNKNOWN_UNIT),
        (
            [],
            ContactAttempt(at=datetime(2020, 1, 1, tzinfo=UTC), form=ContactForm.LETTER, reached=False),
            ActionRefusal.ATTEMPT_OUT_OF_TIME,
        ),
    ],
)
async def test_what_has_no_place_is_refused_with_its_reason(
    connection: Connection, own: Connection, deeds: list[Action], deed: Action, because: ActionRefusal
) -> None:
    """And leaves nothing behind."""
    books = Books(connection)
    task_id = await opened(books)
    for each in deeds:
        await do(own, task_id, each)
    before = await books.rows("SELECT t::text, (SELECT count(*) FROM acts) FROM tasks t")
    with pytest.raises(ActionRefused) as refused:
        await do(own, task_id, deed)
    assert refused.value.refusal is because
    assert await books.rows("SELECT t::text, (SELECT count(*) FROM acts) FROM tasks t") == before


async def test_a_task_that_is_handed_over_is_the_other_units(connection: Connection, own: Connection) -> None:
    """With its date; both are told; what the rules say later of the same duty follows it there."""
    books = Books(connection)
    task_id = await opened(books)
    handed = await do(own, task_id, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.WRONG_UNIT))
    assert handed.successor is not None
    assert await books.rows("SELECT unit_id, status, ending, react_by FROM tasks ORDER BY status") == [
        (OTHER_UNIT, "open", None, (await books.rows("SELECT max(react_by) FROM tasks"))[0][0]),
        (UNIT, "withdrawn", "transferred", (await books.rows("SELECT min(react_by) FROM tasks"))[0][0]),
    ]
    assert len(await books.rows("SELECT DISTINCT react_by FROM tasks")) == 1
    assert sorted(await books.rows("SELECT occasion, unit_id FROM deliveries")) == [
        ("handed_over", UNIT),
        ("new", UNIT),
        ("taken_over", OTHER_UNIT),
    ]
    await books.project(decisions=[decided(revision=2, cause=2)])
    await books.project(decisions=[decided("more", cause=3)])
    assert await books.rows("SELECT DISTINCT task_id FROM messages") == [(handed.successor,)]
    with pytest.raises(ActionRefused):
        await do(own, task_id, Take())
    assert (await do(own, handed.successor, Take(), units=frozenset({OTHER_UNIT}))).version > 1


async def test_two_at_once_never_both_win(connection: Connection, ledger_url: str) -> None:
    """Of many who close a task with the version that they have seen, one does; every number is given once."""
    books = Books(connection)
    task_id = await opened(books)

    async def press() -> bool:
        async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as own:
            try:
                await do(own, task_id, Take(), version=1)
            except TaskChanged:
                return False
            return True

    assert sorted(await asyncio.gather(*(press() for _ in range(6)))) == [False] * 5 + [True]

    async def act_on() -> None:
        async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as own:
            await do(own, task_id, Acknowledge())

    await asyncio.gather(*(act_on() for _ in range(8)))
    assert await books.rows("SELECT array_agg(number ORDER BY number) FROM acts") == [(list(range(1, 10)),)]
    assert await books.rows("SELECT version FROM tasks") == [(10,)]


async def test_one_id_at_once_on_two_peoples_tasks_is_done_once(
    connection: Connection, ledger_url: str
) -> None:
    """No lock keeps them apart; the key does."""
    books = Books(connection)
    tasks = [await opened(books, name, person=name) for name in ("one", "two")]
    same = uuid4()

    async def press(task_id: UUID) -> str:
        async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as own:
            try:
                await do(own, task_id, Take(), act_id=same)
            except ActionDiffers:
                return "differs"
            return "done"

    assert sorted(await asyncio.gather(*(press(task) for task in tasks))) == ["differs", "done"]
    assert await books.rows("SELECT count(*) FROM acts") == [(1,)]


async def test_an_act_and_a_batch_about_one_person_come_one_after_the_other(
    connection: Connection, ledger_url: str
) -> None:
    """The act that waited for a batch sees what the batch has written, and notes that it came after it."""
    books = Books(connection)
    task_id = await opened(books)
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as own:
        async with connection.transaction():
            await books.take(decided("more", cause=2))
            waiting = asyncio.create_task(
                do(own, task_id, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.MOVED))
            )
            await asyncio.sleep(0.3)
            assert not waiting.done()
        handed = await waiting
    assert await books.rows("SELECT count(*), max(task_id::text) FROM messages") == [
        (2, str(handed.successor))
    ]
    assert await books.rows("SELECT after_offset FROM acts") == [(2,)]
    assert await books.rows("SELECT status, count(*) FROM tasks GROUP BY 1 ORDER BY 1") == [
        ("open", 1),
        ("withdrawn", 1),
    ]


async def test_a_batch_that_waited_for_an_act_sees_the_task_that_it_opened(
    connection: Connection, ledger_url: str
) -> None:
    """A hand-over makes a row that was not there when the batch began to wait."""
    books = Books(connection)
    task_id = await opened(books)
    async with await psycopg.AsyncConnection.connect(ledger_url) as own:
        async with own.transaction():
            await do(own, task_id, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.MOVED))
            waiting = asyncio.create_task(books.project(decisions=[decided("more", cause=2)]))
            await asyncio.sleep(0.3)
            assert not waiting.done()
        await waiting
    assert await books.rows("SELECT count(DISTINCT task_id), count(*) FROM messages") == [(1, 2)]
    assert await books.rows("SELECT unit_id FROM tasks WHERE status = 'open'") == [(OTHER_UNIT,)]


async def test_the_history_tells_the_service_and_the_people_in_order(
    connection: Connection, own: Connection, ledger_url: str
) -> None:
    books = Books(connection)
    task_id = await opened(books)
    await do(own, task_id, Take())
    await books.project(decisions=[decided("more", cause=2)])
    handed = await do(own, task_id, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.MOVED))
    await do(own, handed.successor or task_id, REACHED)

    def told(identity: object) -> list[tuple[str, str]]:
        with psycopg.connect(ledger_url) as reading:
            ((reference,),) = reading.execute(
                "SELECT reference FROM tasks WHERE id = %s", (identity,)
            ).fetchall()
        history = rows(ledger_url, HISTORY, {"reference": reference}, limit=None)
        return [(row.by, row.kind) for row in history]

    assert await asyncio.to_thread(told, task_id) == [
        ("service", "task_opened"),
        ("person", "take"),
        ("service", "message_joined"),
        ("person", "hand_over"),
        ("service", "task_handed_over"),
    ]
    assert await asyncio.to_thread(told, handed.successor) == [
        ("service", "task_opened"),
        ("person", "attempt"),
    ]
