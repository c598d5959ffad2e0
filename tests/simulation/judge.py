"""Holds the world at rest against what must have come of it. Each sentence of a promise is one of the service."""

from collections.abc import Callable, Iterator
from typing import Final

from tests.simulation.final_state import Books
from tests.simulation.promises import bounces, endpoints, erasures, notices, reminders, stream, tasks
from tests.simulation.rebuild import differences
from tests.simulation.world import World

_TABLES: Final = (
    "receipts",
    "applied",
    "messages",
    "tasks",
    "deliveries",
    "attempts",
    "audit",
    "position",
    "acts",
    "transfers",
    "subjects",
    "person_facts",
    "verdicts",
    "outbox",
    "steps",
    "endpoints",
    "bounces",
    "person_joins",
    "plans",
    "repeats",
    "erasures",
)
_PROMISES: Final[tuple[Callable[[Books], Iterator[str]], ...]] = (
    stream.receipts,
    stream.applied,
    stream.decisions,
    stream.non_interference,
    stream.names_nothing,
    tasks.tasks,
    tasks.lives,
    tasks.dates,
    tasks.acts,
    notices.notices,
    notices.mails,
    reminders.ends,
    reminders.owed,
    reminders.failures,
    endpoints.endpoints,
    endpoints.waits,
    bounces.returns,
    stream.position,
    erasures.erased,
)


async def judge(world: World) -> list[str]:
    """Every promise that does not hold."""
    tables = {name: await world.database.rows(name) for name in _TABLES}
    books = Books(world, tables)
    found: list[str] = []
    for promise in _PROMISES:
        found += promise(books)
    found += [fault async for fault in stream.people(world)]
    found += await differences(world, tables, books.contested | books.blurred)
    return found
