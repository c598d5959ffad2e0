"""Every statement that a role of the database can come to run: the constants that its processes' code can reach.

A statement that is put together when it runs is made here by the same function.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from importlib import import_module
from itertools import product
from types import ModuleType
from typing import Any, Final, cast

from psycopg import sql

from config.database_roles import DatabaseRole
from infra.postgres import Connection
from ledger.queries import task_counts, task_list
from ledger.queries.cursors import ByClosing, ByDate
from ledger.queries.list_statements import MANY_DUE, Sorting
from ledger.queries.narrowed import EVERYTHING, Narrowed
from ledger.queries.task_list import Filter, Search
from ledger.rebuild import compare, replace
from ledger.store import action_log
from models.events.contract import EducationType, Severity
from tests.paths import ROOT
from tests.reachable_code import Definition, definitions_of, reachable

_COMMANDS: Final = "frafaldsvarsel.commands"
_PROCESSES: Final = "frafaldsvarsel.processes"
OPERATORS: Final = (
    "check_config",
    "deliveries",
    "dismiss",
    "doctor",
    "erase",
    "lists",
    "notices",
    "quarantine",
    "requests",
    "routes",
    "sessions",
    "status",
    "tasks",
)
"""The commands that people run under the operator's role."""
ENTRIES: Final[Mapping[DatabaseRole, tuple[Definition, ...]]] = {
    DatabaseRole.LEDGER: (Definition(f"{_PROCESSES}.ledger", "run_ledger"),),
    DatabaseRole.NOTIFY: (Definition(f"{_PROCESSES}.notifier", "run_notifier"),),
    DatabaseRole.INBOX: (
        Definition(f"{_PROCESSES}.inbox", "run_inbox"),
        # A route is known to its router alone, which names no function.
        *(
            each
            for file in sorted((ROOT / "api").glob("[a-z]*.py"))
            for each in definitions_of(f"api.{file.stem}")
        ),
    ),
    DatabaseRole.ACT: (
        Definition("ledger.actions.perform", "perform"),
        Definition("ledger.actions.send_again", "put_back"),
    ),
    DatabaseRole.CANARY: (Definition(f"{_PROCESSES}.probe", "run_canary"),),
    DatabaseRole.TRAIL: (Definition(f"{_PROCESSES}.trail", "run_trail"),),
    DatabaseRole.AUDIT: (
        *definitions_of(f"{_COMMANDS}.audit"),
        *definitions_of(f"{_COMMANDS}.redecide"),
        Definition(f"{_COMMANDS}.erase", "verify"),
    ),
    DatabaseRole.OPERATOR: (
        *(
            each
            for name in OPERATORS
            for each in definitions_of(f"{_COMMANDS}.{name}")
            if each != Definition(f"{_COMMANDS}.erase", "verify")
        ),
        Definition(f"{_COMMANDS}.service", "skip_record"),
        Definition(f"{_COMMANDS}.retention", "hold"),
        Definition(f"{_COMMANDS}.retention", "release"),
        Definition(f"{_COMMANDS}.trail", "verify"),
        Definition(f"{_COMMANDS}.trail", "restart"),
    ),
    DatabaseRole.REPORT: (*definitions_of(f"{_COMMANDS}.report"),),
    DatabaseRole.RETENTION: tuple(
        Definition(f"{_COMMANDS}.retention", name) for name in ("plan", "accept", "run")
    ),
    DatabaseRole.INSIGHT: (*definitions_of(f"{_COMMANDS}.insight"),),
    # What projects again runs in a schema of the role's own; these run on what stands.
    DatabaseRole.REBUILD: (
        Definition("ledger.rebuild.replace", "replace"),
        Definition("ledger.rebuild.compare", "compare"),
        *(
            Definition("ledger.rebuild.take_over", name)
            for name in (
                "TAKE_OVER_RECEIPTS",
                "TAKE_OVER_APPLIED",
                "TAKE_OVER_SUBJECTS",
                "TAKE_OVER_FACTS",
                "TAKE_OVER_VERDICTS",
            )
        ),
        Definition("ledger.store.action_log", "between"),
        Definition("ledger.store.action_log", "count"),
        Definition("ledger.store.repository", "positions"),
        Definition("ledger.store.foreign_records", "skips"),
        Definition("ops.recovery.shred", "seal_again"),
    ),
}
"""Where the code of each begins."""
_WHOLE: Final = re.compile(r"\s*[(]?\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|LOCK TABLE)\b")


def statements(role: DatabaseRole) -> dict[Definition, list[str]]:
    """What `role` can run, by where it stands."""
    found: dict[Definition, list[str]] = {}
    for definition in sorted(reachable(ENTRIES[role])):
        if definition in COMPOSED:
            found[definition] = COMPOSED[definition]()
            continue
        value = getattr(import_module(definition.module), definition.name, None)
        if value is None or isinstance(value, type | ModuleType) or callable(value):
            continue
        texts = [text for text in _texts(value) if _WHOLE.match(text)]
        if texts:
            found[definition] = texts
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value.decode("utf-8", "replace")
    elif isinstance(value, sql.Composable):
        yield value.as_string(None)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _texts(each)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _texts(getattr(value, name))


class _Recorder:
    """Stands in for a connection and its cursor: keeps what is run, and has no row."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def cursor(self, **_: object) -> "_Recorder":
        return self

    async def __aenter__(self) -> "_Recorder":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def execute(self, statement: str | bytes, _: object = None) -> "_Recorder":
        self.ran.append(statement.decode() if isinstance(statement, bytes) else statement)
        return self

    async def fetchall(self) -> list[Any]:
        if "counted" in self.ran[-1]:
            return [(0,)]
        return [(False,)] if self.ran[-1] == MANY_DUE else []


def lists() -> list[str]:
    """Every list of a unit's tasks: each filter with each search, order, narrowing and place to go on at."""
    recorder, day = _Recorder(), date(2026, 10, 1)
    searches = (None, Search(reference="FV"), Search(people=("p",)))
    narrowings = (
        EVERYTHING,
        Narrowed(
            severity=Severity.HIGH,
            institution="280001",
            education=EducationType.EUD,
            followed_by="w",
            stand_in="w",
        ),
    )

    async def run() -> None:
        for which, search, narrowing, sorting in product((None, *Filter), searches, narrowings, Sorting):
            if which is None and search is None:
                continue
            if which in (None, Filter.CLOSED) and (narrowing or sorting is not Sorting.DATE):
                continue
            after = (
                ByClosing(datetime(2026, 10, 1, tzinfo=UTC), "FV-1")
                if which is Filter.CLOSED
                else ByDate(day, "FV-1")
            )
            for place in (None, after):
                await task_list.listing(
                    cast(Connection, recorder),
                    units=frozenset({"jc-0101"}),
                    filter=which,
                    today=day,
                    who="w",
                    search=search,
                    sorting=sorting,
                    after=place,
                    narrowed=narrowing,
                )

    asyncio.run(run())
    return sorted(set(recorder.ran))


def narrowed_counts() -> list[str]:
    """A narrowed list's number, by each condition alone."""
    recorder = _Recorder()
    conditions: tuple[dict[str, Any], ...] = (
        {"severity": Severity.HIGH},
        {"institution": "280001"},
        {"education": EducationType.EUD},
        {"followed_by": "w"},
        {"stand_in": "w"},
    )

    async def run() -> None:
        for which, condition in product(Filter, conditions):
            await task_counts.narrowed_count(
                cast(Connection, recorder),
                units=frozenset({"jc-0101"}),
                filter=which,
                narrowed=Narrowed(**condition),
                who="w",
                today=date(2026, 10, 1),
            )

    asyncio.run(run())
    return sorted(set(recorder.ran))


COMPOSED: Final[Mapping[Definition, Callable[[], list[str]]]] = {
    Definition("ledger.queries.task_list", "listing"): lists,
    **{
        Definition("ledger.queries.list_statements", name): list
        for name in ("FOUND", "OF_DUE", "PAGE", "SORTED", "UNIT_BY_UNIT")
    },
    Definition("ledger.queries.task_counts", "narrowed_count"): narrowed_counts,
    # Parts of COUNTS and COUNTS_OF_FEW_DUE, and what a list fills in.
    **{
        Definition("ledger.queries.task_counts", name): list
        for name in ("COUNTED", "COUNT_NARROWED", "LOOKED_UP", "WALK", "WALKED")
    },
    **{
        Definition("ledger.queries.narrowed", name): list
        for name in ("FOLLOWED", "HIGHEST", "STANDS_IN", "TEACHES", "WROTE")
    },
    # Its whole forms stand beside it.
    Definition("ledger.queries.task_detail", "TASK"): list,
    Definition("ledger.store.action_log", "find"): lambda: [action_log.READ + action_log.BY_ID],
    Definition("ledger.store.action_log", "attempts_of"): lambda: [action_log.READ + action_log.ATTEMPTS],
    Definition("ledger.store.action_log", "between"): lambda: [action_log.READ + action_log.BETWEEN],
    Definition("ledger.rebuild.compare", "compare"): lambda: [
        compare.query(table).as_string(None) for table in compare.TABLES
    ],
    **{
        Definition("ledger.rebuild.compare", name): list
        for name in ("CONTENT", "PROJECTED_DELIVERIES", "WITH_PEOPLE")
    },
    Definition("ledger.rebuild.replace", "UPSERT"): lambda: [
        replace.upsert(table).as_string(None) for table in compare.TABLES if table is not compare.DELIVERIES
    ],
    Definition("ledger.rebuild.replace", "REMOVE"): lambda: [
        replace.remove(table).as_string(None)
        for table in compare.TABLES
        if table not in (compare.DELIVERIES, compare.TASKS)
    ],
    # Over whatever columns the role may read: put together from the catalogue.
    Definition("ops.recovery.erasure_search", "COUNT"): list,
    # Fragments of statements of `ledger.store.deliveries`, which hold them whole.
    **{
        Definition("ledger.store.audit_trail", name): list
        for name in (
            "DELIVERY_ENDED",
            "DELIVERIES_RECORDED",
            "DELIVERY_HURRIED",
            "DELIVERY_SENT_AGAIN",
            "DELIVERY_REBUILT",
            "DELIVERY_DROPPED",
        )
    },
}
"""What a definition runs, where its text is put together; and texts that are parts of others, with nothing."""
