"""What the tables hold that follows from Kafka, told apart from when it was written: compared by hash and by row.

Streams both sides in the order of their keys, so that memory does not grow with the ledger.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, LiteralString

from psycopg import sql

from infra.postgres import Connection
from ledger.store.deliveries import PROJECTED_OCCASIONS
from ledger.store.follow_up import FACT_COLUMNS, VERDICT_COLUMNS
from ledger.tasks.rows import TASK_COLUMNS

_SHOWN: Final = 20
_FETCH: Final = 2000
_NEVER: Final = sql.SQL("false")


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """A table of the projection: its key, and the columns that a rebuild must give again."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    labelled: int = 3
    """How many parts of the key may be shown: no pseudonym is among them."""


RECEIPTS: Final = ComparedTable(
    "receipts",
    ("topic", "partition", "offset"),
    (
        "appended_at",
        "status",
        "reason",
        "detail",
        "sender",
        "event_id",
        "type",
        "fingerprint",
        "fingerprint_utc",
        "sequence",
        "registered_on",
    ),
)
APPLIED: Final = ComparedTable(
    "applied",
    ("partition", "offset"),
    ("origin_topic", "origin_partition", "origin_offset", "person_id", "changed", "left_out", "passed_on"),
)
REPEATS: Final = ComparedTable("repeats", ("topic", "partition", "offset"), ("sender", "event_id", "kind"))
SUBJECTS: Final = ComparedTable(
    "subjects",
    ("topic", "partition", "offset", "person_id"),
    (
        "kind",
        "name",
        "sender",
        "event_id",
        "registered_at",
        "rank",
        "appended_at",
        "says",
        "counts",
        "names_nothing",
    ),
)
TASKS: Final = ComparedTable(
    "tasks", ("id",), tuple(name for name in TASK_COLUMNS if name not in ("id", "version"))
)
"""Without the version: it counts what was changed on the way, too."""
MESSAGES: Final = ComparedTable(
    "messages",
    ("sender", "message_id", "person_id"),
    (
        "revision",
        "outcome",
        "reason",
        "unit_id",
        "enrolment_id",
        "law_version",
        "review_on",
        "registered_at",
        "appended_at",
        "origin_topic",
        "origin_partition",
        "origin_offset",
        "decision",
        "sealed",
        "task_id",
    ),
    labelled=2,
)
TRANSFERS: Final = ComparedTable(
    "transfers", ("decided_unit", "enrolment_id", "person_id"), ("unit_id", "act_id"), labelled=1
)
PERSON_JOINS: Final = ComparedTable("person_joins", ("person_id",), ("joined_to",), labelled=0)
PERSON_FACTS: Final = ComparedTable(
    "person_facts",
    ("partition", "offset"),
    tuple(name for name in FACT_COLUMNS if name not in ("partition", "offset")),
)
VERDICTS: Final = ComparedTable(
    "verdicts",
    ("partition", "offset"),
    tuple(name for name in VERDICT_COLUMNS if name not in ("partition", "offset")),
)
POSITION: Final = ComparedTable("position", ("topic", "partition"), ("next_offset",))
DELIVERIES: Final = ComparedTable(
    "deliveries", ("task_id", "occasion", "cause", "channel", "unit_id"), (), labelled=5
)
"""Without the recipient: a notice follows its unit to a new address."""
TABLES: Final = (
    POSITION,
    RECEIPTS,
    APPLIED,
    REPEATS,
    SUBJECTS,
    TASKS,
    MESSAGES,
    TRANSFERS,
    PERSON_JOINS,
    PERSON_FACTS,
    VERDICTS,
    DELIVERIES,
)

CAUSE: Final[LiteralString] = (
    "CASE d.cause_kind WHEN 'event' THEN d.cause_ref ELSE d.cause_kind || ':' || d.cause_ref END"
)
"""As `DeliveryCause.text` has it, so that the hashes are those of every version."""
PROJECTED_DELIVERIES: Final = sql.SQL(
    f"(SELECT d.task_id, d.occasion, {CAUSE} AS cause, d.channel, d.unit_id, "
    "bool_and(d.status = 'superseded') OR bool_or({gone}) AS passing "
    "FROM deliveries d JOIN tasks t ON t.id = d.task_id "
    f"WHERE d.channel = 'email' AND d.occasion IN ({PROJECTED_OCCASIONS}) GROUP BY 1, 2, 3, 4, 5)"
)
"""The notices that the projection makes due. What falls due by a step or for a machine follows from elsewhere."""

_GONE: Final = sql.SQL(
    "(t.status <> 'open' AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.task_id = t.id AND m.outcome = 'obliged'))"
)
"""A task that was opened and withdrawn on the way. In another order of reading it may never have been opened."""
WITH_PEOPLE: Final = sql.SQL("(SELECT * FROM {} WHERE NOT starts_with(person_id, 'erased:'))")
"""Rows of erased people have random ids, and follow from nothing: no rebuild makes or removes them."""
OUTLIVE_PEOPLE: Final = (TASKS, PERSON_FACTS, VERDICTS)
"""Tables that have such rows."""
_UNNAMED: Final = sql.SQL(
    "NOT EXISTS (SELECT 1 FROM messages m WHERE m.outcome = 'obliged' AND m.person_id = t.person_id "
    "AND coalesce(m.enrolment_id, '') = t.enrolment_id AND m.unit_id = t.decided_unit)"
)
"""What units have given to each other about a duty that nobody has any more."""


CONTENT: Final = sql.SQL("""
SELECT concat_ws('|', {key}) COLLATE "C" AS k, md5(ROW({content})::text), {passing} FROM {source} t ORDER BY k
""")


@dataclass(slots=True)
class Comparison:
    """One table on both sides."""

    table: str
    live: int = 0
    rebuilt: int = 0
    live_hash: str = ""
    rebuilt_hash: str = ""
    only_live: int = 0
    only_rebuilt: int = 0
    different: int = 0
    on_the_way: int = 0
    """Rows that only the live table has, and that a rebuild need not see: withdrawn since, superseded since."""
    rows: list[str] = field(default_factory=list)
    """The first that differ, by their key."""

    @property
    def differing(self) -> int:
        """How many rows differ."""
        return self.only_live + self.only_rebuilt + self.different


async def compare(table: ComparedTable, live: Connection, rebuilt: Connection) -> Comparison:
    """Hold a table of `live` against the same one of `rebuilt`; each sees its own by its search path."""
    found = Comparison(table.name)
    hashes = sha256(), sha256()
    left, right = _rows(table, live), _rows(table, rebuilt)
    mine, theirs = await anext(left, None), await anext(right, None)
    while mine is not None or theirs is not None:
        if theirs is None or (mine is not None and mine[0] < theirs[0]):
            assert mine is not None  # noqa: S101 - for the type checker: one of the two is there
            if mine[2]:
                found.on_the_way += 1
            else:
                found.only_live += 1
                _note(found, table, mine[0])
                _add(hashes[0].update, mine)
                found.live += 1
            mine = await anext(left, None)
        elif mine is None or theirs[0] < mine[0]:
            found.only_rebuilt += 1
            _note(found, table, theirs[0])
            _add(hashes[1].update, theirs)
            found.rebuilt += 1
            theirs = await anext(right, None)
        else:
            if mine[1] != theirs[1]:
                found.different += 1
                _note(found, table, mine[0])
            _add(hashes[0].update, mine)
            _add(hashes[1].update, theirs)
            found.live += 1
            found.rebuilt += 1
            mine, theirs = await anext(left, None), await anext(right, None)
    found.live_hash, found.rebuilt_hash = hashes[0].hexdigest(), hashes[1].hexdigest()
    return found


_Row = tuple[str, str, bool]


async def _rows(table: ComparedTable, connection: Connection) -> AsyncIterator[_Row]:
    async with connection.cursor(name=f"content_{table.name}") as cursor:
        cursor.itersize = _FETCH
        await cursor.execute(query(table))
        async for row in cursor:
            yield row


def query(table: ComparedTable) -> sql.Composed:
    key = sql.SQL(", ").join(sql.Identifier("t", name) for name in table.key)
    columns: list[sql.Composable] = [sql.Identifier("t", name) for name in table.columns]
    passing: sql.Composable = _NEVER
    source: sql.Composable = sql.Identifier(table.name)
    if table in OUTLIVE_PEOPLE:
        source = WITH_PEOPLE.format(source)
    if table is REPEATS:
        columns.append(sql.SQL("t.resolved_at IS NOT NULL"))
    if table is TASKS:
        passing = _GONE
    if table is TRANSFERS:
        passing = _UNNAMED
    if table is MESSAGES:
        # What obliges nobody may still lie with a task that was closed, for people to read.
        columns[-1] = sql.SQL("CASE WHEN t.outcome = 'obliged' THEN t.task_id END")
    if table is DELIVERIES:
        passing = sql.SQL("t.passing")
        source = PROJECTED_DELIVERIES.format(gone=_GONE)
    content = sql.SQL(", ").join([sql.SQL("''"), *columns])
    return CONTENT.format(key=key, content=content, passing=passing, source=source)


def _add(update: Callable[[bytes], None], row: _Row) -> None:
    update(f"{row[0]}\0{row[1]}\n".encode())


def _note(found: Comparison, table: ComparedTable, key: str) -> None:
    if len(found.rows) < _SHOWN:
        found.rows.append("/".join(key.split("|")[: table.labelled]))
