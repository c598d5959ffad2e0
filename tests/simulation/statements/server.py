"""Each statement of the project as PostgreSQL would run it, by its text.

A statement that is not here, or that has been reworded, is an error: the one who changes it changes it here too, and
`test_postgres` shows whether rightly. The statements themselves stand in the other files here, by what they are about.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg.types.json import Json, Jsonb

from tests.simulation.faults import Mutation

Row = dict[str, Any]
Tables = dict[str, dict[Any, Row]]
Result = tuple[list[Row], int]
NAMES: Final = (
    "position",
    "receipts",
    "applied",
    "messages",
    "tasks",
    "deliveries",
    "attempts",
    "audit",
    "outbox",
    "repeats",
    "subjects",
    "acts",
    "transfers",
    "person_joins",
    "person_facts",
    "verdicts",
    "steps",
    "plans",
    "endpoints",
    "bounces",
    "erasures",
)


class Server(Protocol):
    """What a statement works on."""

    tables: Tables
    mutation: Mutation | None
    marked: set[UUID]
    """What a planted bug has done once already."""

    @property
    def now(self) -> datetime:
        """The moment of the transaction."""


class Handler(Protocol):
    """One statement: the server and the parameters in, rows and row count out."""

    __name__: str

    def __call__(self, server: Any, parameters: Any, /) -> Result:
        """Run it."""


def new_tables() -> Tables:
    """Empty ones."""
    return {name: {} for name in NAMES}


class Handlers:
    """By text, however it is folded."""

    def __init__(self) -> None:
        self._known: dict[str, Handler] = {}
        self._found: dict[str | bytes, Handler] = {}

    def add(self, text: str) -> Callable[[Handler], Handler]:
        """Register what runs `text`."""

        def register(handler: Handler) -> Handler:
            self._known[_folded(text)] = handler
            return handler

        return register

    @property
    def names(self) -> set[str]:
        """What every statement is called here."""
        return {handler.__name__ for handler in self._known.values()}

    def find(self, query: str | bytes) -> Handler:
        """What runs `query`."""
        handler = self._found.get(query)
        if handler is None:
            text = query.decode() if isinstance(query, bytes) else query
            handler = self._known.get(_folded(text))
            if handler is None:
                raise AssertionError(f"the database in memory does not know this statement: {text}")
            self._found[query] = handler
        return handler


def _folded(text: str) -> str:
    return " ".join(text.split())


HANDLERS: Final = Handlers()
statement = HANDLERS.add


def insert(table: dict[Any, Row], key: Any, row: Row) -> Result:
    """`ON CONFLICT DO NOTHING`."""
    if key in table:
        return [], 0
    table[key] = row
    return [], 1


def note(
    server: Server,
    kind: str,
    task: Any,
    detail: Row,
    *,
    sender: str | None = None,
    message: str | None = None,
) -> None:
    table = server.tables["audit"]
    number = max(table, default=0) + 1
    table[number] = {
        "id": number,
        "at": server.now,
        "kind": kind,
        "task_id": task,
        "sender": sender,
        "message_id": message,
        "detail": detail,
    }


def plain(value: Json | Jsonb | None) -> Any:
    return None if value is None else value.obj
