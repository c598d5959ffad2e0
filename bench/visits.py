"""What it costs that the database keeps rows apart by unit: each reading as the inbox, beside one whom nothing limits.

``python -m bench.visits [TASKS]``. Both are asked in turn, on the same rows and by the same code; the ratio is that
of the medians, by the clock and as the server's processor time. The visit itself, its number and its token, is a line
of its own.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final
from uuid import UUID, uuid4

import psycopg

from bench.many_tasks import WHO, fill, units
from config.database_roles import DatabaseRole
from crypto.visit_token import EVERYWHERE, VisitKey
from infra.postgres import Connection
from ledger.actions.note_read import note_read
from ledger.actions.perform import BECOME_ACT, LOCK_MESSAGES, PERSON_OF
from ledger.actions.reveal_sensitive import SEALED, note_search
from ledger.queries.list_statements import INSTITUTIONS
from ledger.queries.narrowed import Narrowed
from ledger.queries.numbers import numbers_of
from ledger.queries.statistics import statistics
from ledger.queries.task_counts import counts, narrowed_count
from ledger.queries.task_detail import task
from ledger.queries.task_list import Filter, Search, listing
from ledger.queries.undecided import COUNT, PAGE
from ledger.queries.visit import forget, serve
from ledger.reminders.scheduler import FOOTINGS, KEPT
from ledger.schema.apply_rights import bring_up
from ledger.store import action_log, repository
from ledger.store.follow_ups import follow_ups_of
from ledger.store.saved_views import views_of
from local.servers.postgres import Database
from models.calendar import copenhagen_date
from models.events.contract import EducationType
from models.events.sensitive_fields import OpenPurpose
from models.tasks.actions import Actor, Via

TASKS: Final = 200_000
_CALLS: Final = 60
_KEY: Final = VisitKey("k1", b"a key of the benchmark, 32 bytes")
_UNDECIDED: Final = """
INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, law_version, registered_at, review_on,
                      appended_at, origin_topic, origin_partition, origin_offset, decision)
SELECT '900101', 'u' || n, 'nobody-' || n, 1, 'undecided', 'enrolment_unknown', '2026-02-01', now(),
       current_date - n %% 60, now(), 'dropout-risks', 1, n,
       jsonb_build_object('verdict', jsonb_build_object('evidence', jsonb_build_object(
           'municipality_code', lpad((101 + n %% 98)::text, 4, '0'))))
FROM generate_series(1, %s) n
"""
_BY: Final = Actor(id=WHO, name="Anna", via=Via.PAGE)
Reading = Callable[[Connection], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Side:
    """Somebody who reads."""

    connection: Connection

    async def take(self, what: Reading) -> tuple[float, float]:
        """Milliseconds by the clock, and of its server's processor."""
        had, began = self._processor(), time.perf_counter()
        await what(self.connection)
        return (time.perf_counter() - began) * 1000, (self._processor() - had) / 1e6

    def _processor(self) -> int:
        return int(Path(f"/proc/{self.connection.info.backend_pid}/schedstat").read_text().split()[0])


async def compare(name: str, plain: Side, limited: Side, what: Reading, calls: int = _CALLS) -> None:
    """One line."""
    taken: dict[Side, list[tuple[float, float]]] = {plain: [], limited: []}
    for number in range(calls + 6):
        for side in (plain, limited) if number % 2 else (limited, plain):
            one = await side.take(what)
            if number >= 6:  # a statement is prepared at its fifth time
                taken[side].append(one)
    clock, processor = (
        [median(one[kind] for one in taken[side]) for side in (plain, limited)] for kind in (0, 1)
    )
    sys.stdout.write(
        f"{name:40} clock {clock[0]:7.2f} -> {clock[1]:7.2f} ms  x{clock[1] / clock[0]:.2f}   "
        f"server {processor[0]:7.2f} -> {processor[1]:7.2f} ms  x{processor[1] / processor[0]:.2f}\n"
    )
    sys.stdout.flush()


async def run(tasks: int) -> None:
    """Fill and measure."""
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        database = Database(Path(folder) / "postgres")
        database.start()
        try:
            now = datetime.now(UTC)
            await asyncio.to_thread(bring_up, database.url, visit_keys=[_KEY])
            sys.stdout.write(f"{tasks} tasks made in {await fill(database.url, tasks, now=now):.0f} s\n")
            async with (
                await psycopg.AsyncConnection.connect(database.url, autocommit=True) as plain,
                await psycopg.AsyncConnection.connect(
                    database.url.replace("//postgres@", f"//{DatabaseRole.INBOX}@"), autocommit=True
                ) as inbox,
            ):
                await plain.execute(_UNDECIDED, (tasks // 40,))
                await plain.execute("VACUUM ANALYZE")
                await measure(Side(plain), Side(inbox), now)
        finally:
            database.stop()


async def measure(plain: Side, limited: Side, now: datetime) -> None:
    """Every reading of pages and interface, for a large unit, a small one and all."""
    today = copenhagen_date(now)
    everybody = units()

    async def visit(connection: Connection) -> None:
        await serve(connection, _KEY, everybody[:1])
        await forget(connection)

    await compare("a visit, to its end", plain, limited, visit)
    for name, theirs in {"large": everybody[:1], "small": everybody[42:43], "all": everybody}.items():
        of = frozenset(theirs)
        await serve(limited.connection, _KEY, of, reader=WHO)
        for reading, what in readings(of, now):
            await compare(f"{reading}, {name}", plain, limited, what, 20 if name == "all" else _CALLS)
        row = await (
            await plain.connection.execute(
                "SELECT id FROM tasks WHERE unit_id = ANY(%s) LIMIT 1", (list(of),)
            )
        ).fetchone()
        if row is not None:
            for reading, what in of_a_task(of, row[0]):
                await compare(f"{reading}, {name}", plain, limited, what)
    for name, municipalities in {"one": ["0101"], "all": None}.items():
        values: dict[str, object] = {"today": today, "municipalities": municipalities, "limit": 51}
        values |= dict.fromkeys(("review_on", "sender", "message_id", "person_id"))
        await serve(limited.connection, _KEY, (), municipalities=municipalities or EVERYWHERE)
        for reading, statement in (("undecided, counted", COUNT), ("undecided, a page", PAGE)):
            await compare(f"{reading}, {name}", plain, limited, partial(_all, statement, values))


def readings(of: frozenset[str], now: datetime) -> Iterator[tuple[str, Reading]]:
    """What lists and numbers ask for."""
    today = copenhagen_date(now)
    for each in Filter:
        yield f"list {each}", partial(listing, units=of, today=today, who=WHO, filter=each)
    found = Search(reference="FV-1")
    yield "found by reference", partial(listing, units=of, today=today, who=WHO, filter=None, search=found)
    none = Narrowed(education=EducationType.STU)
    which = Filter.OPEN
    yield (
        "narrowed to nothing",
        partial(listing, units=of, today=today, who=WHO, filter=which, narrowed=none),
    )
    yield (
        "its number",
        partial(narrowed_count, units=of, today=today, who=WHO, filter=which, narrowed=none),
    )
    yield "views and dates", partial(_own, of)
    yield "numbers", partial(counts, units=of, who=WHO, today=today)
    yield "institutions", partial(_all, INSTITUTIONS, (list(of),))
    yield "twelve weeks", partial(statistics, units=of, today=today)


def of_a_task(of: frozenset[str], identity: UUID) -> Iterator[tuple[str, Reading]]:
    """What the page of a task and an act ask for."""
    person = f"person-{7:019}"
    yield "one task", partial(task, units=of, key=identity)
    yield "its sealed content", partial(_all, SEALED, {"task": identity, "units": list(of)})
    yield "noting a look", partial(note_read, task_id=identity, by=_BY, one_within=timedelta(minutes=15))
    yield "numbers of a person", partial(numbers_of, person_id=person)
    yield (
        "noting a search",
        partial(
            note_search, person_id=person, people=[person], units=of, by=_BY, purpose=next(iter(OpenPurpose))
        ),
    )

    async def act(connection: Connection) -> None:
        """The readings of an act in its transaction, and a write."""
        async with rolled_back(connection):
            ((who, _),) = await (await connection.execute(PERSON_OF, (identity, list(of)))).fetchall()
            await connection.execute(BECOME_ACT)
            await connection.execute(LOCK_MESSAGES, (who,))
            await connection.execute(repository.TASKS, ([who],))
            await connection.execute(repository.TRANSFERS, ([who],))
            await action_log.find(connection, uuid4())
            await action_log.attempts_of(connection, identity)
            await connection.execute(KEPT, ([identity],))
            await connection.execute(FOOTINGS, ([identity],))
            await connection.execute("UPDATE tasks SET changed_at = now() WHERE id = %s", (identity,))

    yield "the statements of an act", act


@asynccontextmanager
async def rolled_back(connection: Connection) -> AsyncIterator[None]:
    """A transaction that leaves nothing."""
    async with connection.transaction(force_rollback=True):
        yield


async def _own(of: frozenset[str], connection: Connection) -> None:
    """What a reader keeps beside the list."""
    await views_of(connection, WHO)
    await follow_ups_of(connection, WHO, of)


async def _all(
    statement: str, values: Sequence[object] | Mapping[str, object], connection: Connection
) -> None:
    await (await connection.execute(statement.encode(), values)).fetchall()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else TASKS))
