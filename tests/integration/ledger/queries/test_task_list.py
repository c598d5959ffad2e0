"""What a unit reads of its work: only its own, in order, each task once, whatever happens in between."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.postgres import Connection
from ledger.queries.cursors import ByDate
from ledger.queries.list_statements import Sorting
from ledger.queries.narrowed import Narrowed
from ledger.queries.task_counts import counts
from ledger.queries.task_list import Filter, ListedTask, Search, institutions_of, listing
from models.eligibility.decision import Decision
from models.events.contract import Severity
from tests.integration.ledger.ledger_fixture import Books
from tests.integration.ledger.task_rows import NOON, OTHER_UNIT, TODAY, UNIT, add_delivery, add_task
from tests.unit.ledger.decisions import decided

BOTH = frozenset({UNIT, OTHER_UNIT})
ONE = frozenset({UNIT})


async def pages(
    connection: Connection, filter: Filter, *, size: int, units: frozenset[str] = ONE
) -> list[ListedTask]:
    """The whole list, `size` at a time."""
    found: list[ListedTask] = []
    page = await listing(connection, units=units, filter=filter, today=TODAY, who="anna", limit=size)
    found += page.tasks
    while page.next is not None:
        page = await listing(
            connection, units=units, filter=filter, today=TODAY, who="anna", after=page.next, limit=size
        )
        found += page.tasks
    return found


@pytest.fixture
async def days(connection: Connection) -> dict[str, UUID]:
    """Tasks of every kind, by what is special about them."""
    yesterday, tomorrow = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    made = {
        "overdue": await add_task(connection, react_by=yesterday),
        "today": await add_task(connection, react_by=TODAY),
        "mine": await add_task(connection, react_by=tomorrow, owner_id="anna", owner_name="Anna"),
        "bo's": await add_task(connection, react_by=tomorrow, owner_id="bo", owner_name="Bo"),
        "untold": await add_task(connection, react_by=TODAY + timedelta(days=2)),
        "closed": await add_task(connection, status="closed", closed_at=NOON, ending="contact_made"),
        "closed first": await add_task(
            connection, status="closed", closed_at=NOON - timedelta(hours=1), ending="not_reached"
        ),
        "withdrawn": await add_task(connection, status="withdrawn", ending="lapsed"),
        "other's": await add_task(connection, unit_id=OTHER_UNIT, react_by=yesterday, owner_id="anna"),
    }
    await add_delivery(connection, made["untold"])
    await add_delivery(connection, made["today"], status="delivered")
    # The notice that it was handed over is not this unit's: it has been told.
    await add_delivery(connection, made["overdue"], unit_id=OTHER_UNIT, occasion="handed_over")
    return made


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (Filter.OPEN, ["overdue", "today", "mine", "bo's", "untold"]),
        (Filter.MINE, ["mine"]),
        (Filter.DUE_TODAY, ["today"]),
        (Filter.OVERDUE, ["overdue"]),
        (Filter.WAITING_FOR_DELIVERY, ["untold"]),
        (Filter.CLOSED, ["closed", "closed first"]),
    ],
)
async def test_a_filter_lists_and_counts_the_same_tasks(
    connection: Connection, days: dict[str, UUID], filter: Filter, expected: list[str]
) -> None:
    names = {identity: name for name, identity in days.items()}
    listed = await pages(connection, filter, size=2)
    same_date = {"mine", "bo's"}
    assert [names[task.id] for task in listed if names[task.id] not in same_date] == [
        name for name in expected if name not in same_date
    ]
    assert {names[task.id] for task in listed} == set(expected)
    found = await counts(connection, units=ONE, who="anna", today=TODAY)
    assert found[filter].number == len(expected)
    assert not found[filter].more


@pytest.mark.usefixtures("days")
async def test_without_a_unit_nothing_is_visible(connection: Connection) -> None:
    for filter in Filter:
        assert await pages(connection, filter, size=5, units=frozenset()) == []
    found = await counts(connection, units=frozenset(), who="anna", today=TODAY)
    assert {count.number for count in found.values()} == {0}


async def test_two_units_are_one_list_by_date(connection: Connection, days: dict[str, UUID]) -> None:
    listed = await pages(connection, Filter.OPEN, size=2, units=BOTH)
    keys = [(task.react_by, task.reference) for task in listed]
    assert keys == sorted(keys)
    assert days["other's"] in {task.id for task in listed}
    assert len(listed) == 6


async def test_paging_gives_each_task_that_stands_still_once_while_others_come_and_go(
    connection: Connection,
) -> None:
    still = {
        await add_task(connection, react_by=TODAY + timedelta(days=day % 4), unit_id=unit)
        for day in range(20)
        for unit in BOTH
    }
    leaving = [await add_task(connection, react_by=TODAY + timedelta(days=day % 4)) for day in range(12)]
    found: list[UUID] = []
    after = None
    while True:
        page = await listing(connection, units=BOTH, filter=Filter.OPEN, today=TODAY, after=after, limit=3)
        found += [task.id for task in page.tasks]
        if page.next is None:
            break
        after = page.next
        await add_task(connection, react_by=TODAY + timedelta(days=len(found) % 4))
        if leaving:
            await connection.execute("UPDATE tasks SET status = 'withdrawn' WHERE id = %s", (leaving.pop(),))
    assert len(found) == len(set(found))
    assert still <= set(found)


async def test_closed_ones_page_from_the_last_to_the_first(connection: Connection) -> None:
    made = [
        await add_task(
            connection,
            status="closed",
            ending="contact_made",
            closed_at=NOON - timedelta(minutes=number // 3),
        )
        for number in range(10)
    ]
    listed = await pages(connection, Filter.CLOSED, size=2)
    assert {task.id for task in listed} == set(made)
    assert len(listed) == len(made)
    moments = [task.closed_at for task in listed]
    assert moments == sorted(moments, key=lambda moment: moment or NOON, reverse=True)


async def test_a_place_of_another_list_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="another list"):
        await listing(
            connection,
            units=ONE,
            filter=Filter.CLOSED,
            today=TODAY,
            after=ByDate(TODAY, "FV-0000-0000-0000"),
        )


async def test_a_search_finds_by_the_beginning_of_a_reference_and_by_person(connection: Connection) -> None:
    mine = await add_task(connection, person_id="p", reference="FV-7K2P-0000-0001")
    closed = await add_task(
        connection, person_id="p", reference="FV-7K2P-0000-0002", status="closed", closed_at=NOON
    )
    await add_task(connection, person_id="p", reference="FV-7K2P-0000-0003", unit_id=OTHER_UNIT)
    await add_task(connection, reference="FV-7K3P-0000-0004")

    async def found(filter: Filter | None, search: Search) -> set[UUID]:
        page = await listing(connection, units=ONE, filter=filter, today=TODAY, search=search)
        return {task.id for task in page.tasks}

    assert await found(None, Search(reference="FV-7K2P")) == {mine, closed}
    assert await found(Filter.OPEN, Search(reference="FV-7K2P")) == {mine}
    assert await found(None, Search(people=("p",))) == {mine, closed}
    assert await found(None, Search(reference="FV-7K2P-0000-0003")) == set()
    with pytest.raises(ValueError, match="everything"):
        await listing(connection, units=ONE, filter=None, today=TODAY)


FAILED: dict[str, object] = {"status": "refused", "ended_at": NOON + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("task", "delivery", "acts", "shown"),
    [
        ({}, {}, [], True),
        ({}, {"status": "exhausted"}, [], True),
        ({}, {"audience": "municipality", "occasion": "escalation"}, [], True),
        ({"react_by": TODAY - timedelta(days=90)}, {}, [], True),
        ({}, {"channel": "webhook"}, [], False),
        ({}, {"status": "superseded"}, [], False),
        ({}, {}, [2], False),
        ({}, {}, [0], True),
        ({"acknowledged_at": NOON}, {}, [0], False),
        ({"acknowledged_at": NOON}, {"occasion": "reminder"}, [0], False),
        ({"acknowledged_at": NOON}, {"occasion": "overdue"}, [0], True),
        ({"acknowledged_at": NOON}, {"occasion": "overdue"}, [0, 2], False),
        ({"status": "closed", "closed_at": NOON, "ending": "contact_made"}, {}, [], False),
        ({"unit_id": OTHER_UNIT}, {}, [], False),
    ],
    ids=str,
)
async def test_a_mail_that_reached_nobody_stands_there_until_somebody_has_seen_its_task(
    connection: Connection,
    task: dict[str, object],
    delivery: dict[str, object],
    acts: list[int],
    shown: bool,
) -> None:
    """`acts`: deeds on the task, in hours after noon; the mail was given up one hour after."""
    identity = await add_task(connection, **task)
    await add_delivery(connection, identity, **(FAILED | delivery))
    for number, hours in enumerate(acts, 1):
        await connection.execute(
            b"INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, "
            b"after_offset) VALUES (gen_random_uuid(), %s, %s, 'acknowledge', '{}', 'a', 'A', 'page', %s, 'p', 0, 0)",
            (identity, number, NOON + timedelta(hours=hours)),
        )
    numbers = await counts(connection, units=ONE, who=None, today=TODAY)
    listed = await pages(connection, Filter.WAITING_FOR_DELIVERY, size=2)
    assert [line.id for line in listed] == ([identity] if shown else [])
    assert [line.undelivered for line in listed] == ([True] if shown else [])
    assert numbers[Filter.WAITING_FOR_DELIVERY].number == len(listed)


async def test_a_line_says_how_many_messages_from_whom_and_how_grave(connection: Connection) -> None:
    books = Books(connection)
    await books.project(decisions=[decided("one"), decided("two", sender="281082")])
    page = await listing(connection, units=ONE, filter=Filter.OPEN, today=date(2025, 10, 1))
    (task,) = page.tasks
    assert task.messages == 2
    assert task.institutions == ("280051", "281082")
    assert task.severity is Severity.HIGH
    assert task.waiting


async def test_open_tasks_are_narrowed_and_sorted_by_severity_and_institution(connection: Connection) -> None:
    """By the gravest message, and by any that wrote; what is of one severity or institution comes by date."""
    books = Books(connection)
    names = ("low", "high", "medium", "other's")

    def of(name: str, severity: Severity, **how: Any) -> Decision:
        decision = decided(name, person=name, **how)
        message = decision.message.model_copy(update={"severity": severity})
        return decision.model_copy(update={"message": message})

    await books.project(
        decisions=[
            of("low", Severity.LOW),
            of("high", Severity.HIGH, sender="281082"),
            of("medium", Severity.MEDIUM),
            of("other's", Severity.HIGH, unit=OTHER_UNIT),
        ]
    )
    found = await connection.execute("SELECT person_id, reference FROM tasks")
    name_of = {reference: person for person, reference in await found.fetchall()}
    assert set(name_of.values()) == set(names)

    async def listed(**how: Any) -> list[str]:
        page = await listing(connection, units=ONE, filter=Filter.OPEN, today=TODAY, **how)
        assert page.next is None
        return [name_of[task.reference] for task in page.tasks]

    assert await listed(sorting=Sorting.SEVERITY) == ["high", "medium", "low"]
    assert (await listed(sorting=Sorting.INSTITUTION))[-1] == "high"
    assert await listed(narrowed=Narrowed(severity=Severity.HIGH)) == ["high"]
    assert await listed(narrowed=Narrowed(severity=Severity.LOW), sorting=Sorting.SEVERITY) == ["low"]
    assert sorted(await listed(narrowed=Narrowed(institution="280051"))) == ["low", "medium"]
    assert await listed(narrowed=Narrowed(institution="280051", severity=Severity.HIGH)) == []
    assert await institutions_of(connection, units=ONE) == {UNIT: {"280051", "281082"}}
    for filter in (Filter.CLOSED, None):
        with pytest.raises(ValueError, match="few enough"):
            await listing(
                connection,
                units=ONE,
                filter=filter,
                today=TODAY,
                narrowed=Narrowed(severity=Severity.HIGH),
                search=Search(reference="FV-7K2P"),
            )
