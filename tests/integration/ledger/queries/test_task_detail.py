"""One task as its unit reads it, the queue of what nobody could decide, and the manager's numbers."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb

from infra.postgres import Connection
from ledger.queries.statistics import statistics
from ledger.queries.task_detail import task
from ledger.queries.undecided import UndecidedMessage, undecided, undecided_count
from models.reasons import DecisionReason
from models.tasks.actions import ContactAttempt, ContactForm
from tests.integration.ledger.ledger_fixture import Books
from tests.integration.ledger.task_rows import NOON, OTHER_UNIT, TODAY, UNIT, add_delivery, add_task
from tests.unit.ledger.decisions import decided, waiting

ONE = frozenset({UNIT})


async def test_a_task_is_read_with_all_that_belongs_to_it(connection: Connection) -> None:
    books = Books(connection)
    await books.project(decisions=[decided("one"), decided("two", sender="281082")])
    ((identity, reference),) = await books.rows("SELECT id, reference FROM tasks")
    before = await add_task(
        connection, status="closed", closed_at=NOON, ending="contact_made", reference="FV-7K2P-0000-0001"
    )
    await connection.execute("UPDATE tasks SET follows = %s WHERE id = %s", (before, identity))
    attempt = ContactAttempt(at=NOON, form=ContactForm.PHONE, reached=True)
    await connection.execute(
        "INSERT INTO acts VALUES (%s, %s, 1, 'attempt', %s, 'anna', 'Anna', 'page', now() + interval '1 hour', "
        "'person', 0, 1)",
        (uuid4(), identity, Jsonb(attempt.model_dump(mode="json", exclude={"kind"}))),
    )
    await connection.execute(
        "INSERT INTO attempts SELECT id, 1, now(), 'try_again', 451, 'DATA 4.7.1' FROM deliveries"
    )
    for hours, status in ((1, "fired"), (2, "waiting"), (3, "waiting")):
        await connection.execute(
            "INSERT INTO steps (id, task_id, kind, level, about, due_at, status) "
            "VALUES (%s, %s, 'reminder', %s, %s, %s, %s)",
            (uuid4(), identity, hours, NOON.date(), NOON + timedelta(hours=hours), status),
        )

    for key in (identity, reference):
        view = await task(connection, units=ONE, key=key)
        assert view is not None
        assert view.task.reference == reference
        assert view.previous is not None
        assert view.previous.reference == "FV-7K2P-0000-0001"
        assert [message.sender for message in view.messages] == ["280051", "281082"]
        assert view.messages[0].evidence.message_date == date(2025, 10, 1)
        assert [delivery.attempts[0].code for delivery in view.deliveries] == [451] * len(view.deliveries)
        assert view.deliveries
        assert view.history[-1].deed == attempt
        assert view.history[-1].by_name == "Anna"
        assert [entry.kind for entry in view.history[:-1]] == ["task_opened", "message_joined"]
        assert view.history[0].detail
        assert view.next_step is not None
        assert view.next_step.level == 2


async def test_another_units_task_does_not_exist(connection: Connection) -> None:
    identity = await add_task(connection, unit_id=OTHER_UNIT)
    assert await task(connection, units=ONE, key=identity) is None
    assert await task(connection, units=frozenset(), key=identity) is None
    assert await task(connection, units=frozenset({OTHER_UNIT}), key=identity) is not None


async def test_what_another_unit_was_told_and_had_before_stays_there(connection: Connection) -> None:
    before = await add_task(connection, unit_id=OTHER_UNIT, status="closed", closed_at=NOON)
    identity = await add_task(connection, follows=before)
    await add_delivery(connection, identity, unit_id=OTHER_UNIT)
    mine = await add_delivery(connection, identity)
    view = await task(connection, units=ONE, key=identity)
    assert view is not None
    assert view.previous is None
    assert [delivery.id for delivery in view.deliveries] == [mine]


async def test_the_queue_holds_what_waits_past_its_date_and_says_what_is_missing(
    connection: Connection,
) -> None:
    books = Books(connection)
    late = [waiting(f"late {number}", TODAY - timedelta(days=number)) for number in range(5)]
    await books.project(decisions=[*late, waiting("early", TODAY + timedelta(days=1)), decided("obliged")])
    found: list[UndecidedMessage] = []
    after = None
    while True:
        page = await undecided(connection, today=TODAY, after=after, limit=2)
        found += page.messages
        if page.next is None:
            break
        after = page.next
    assert [row.message_id for row in found] == [row.message.message_id for row in reversed(late)]
    assert {row.missing for row in found} == {DecisionReason.RESIDENCE_UNKNOWN}
    assert await undecided_count(connection, today=TODAY) == 5


async def test_those_of_a_municipality_are_read_alone_and_counted_alone(connection: Connection) -> None:
    books = Books(connection)
    places = {"here": "0101", "there": "0751", "nowhere": None}
    await books.project(decisions=[waiting(name, TODAY, lives_in=code) for name, code in places.items()])
    for codes, names in (({"0101"}, {"here"}), ({"0101", "0751"}, {"here", "there"}), (set(), set())):
        page = await undecided(connection, today=TODAY, municipalities=codes)
        assert {row.message_id for row in page.messages} == {
            decided(name).message.message_id for name in names
        }
        assert await undecided_count(connection, today=TODAY, municipalities=codes) == len(names)


async def test_the_weeks_say_what_came_what_stood_open_and_how_soon_contact_was_made(
    connection: Connection,
) -> None:
    def moment(month: int, day: int, hour: int = 10) -> datetime:
        return datetime(2026, month, day, hour, tzinfo=UTC)

    # Sunday 27 September at 23:30 in Copenhagen: the week before the last.
    late = datetime(2026, 9, 27, 21, 30, tzinfo=UTC)
    await add_task(connection, appended_at=late, react_by=date(2026, 10, 2))
    await add_task(
        connection,
        appended_at=moment(9, 29),
        react_by=date(2026, 10, 6),
        reached_at=moment(10, 1),
        status="closed",
        ending="contact_made",
        closed_at=moment(10, 5),
    )
    await add_task(
        connection, appended_at=moment(9, 28), react_by=date(2026, 9, 30), reached_at=moment(10, 2)
    )
    await add_task(connection, appended_at=moment(10, 5), unit_id=OTHER_UNIT)

    found = await statistics(connection, units=ONE, today=TODAY, weeks=3)
    assert (found.open, found.overdue) == (2, 2)
    assert [week.monday for week in found.weeks] == [date(2026, 9, 21), date(2026, 9, 28), date(2026, 10, 5)]
    assert [week.arrived for week in found.weeks] == [1, 2, 0]
    assert [week.open_at_end for week in found.weeks] == [1, 3, 2]
    assert [week.overdue_at_end for week in found.weeks] == [0, 2, 2]
    assert [week.ended for week in found.weeks] == [0, 0, 1]
    second = found.weeks[1]
    assert (second.first_contacts, second.contacts_in_time) == (2, 1)
    assert second.median_to_contact == timedelta(days=3)
    assert found.weeks[2].median_to_contact is None
