"""A person's pseudonym looked for outside Kafka's own answers: tables, the auditor's index, a dump, raw segments.

A dump or a segment that is compressed hides what it holds: a plain dump, and topics without compression, are searched
whole, people's packed records too. Nothing here prints the pseudonym.
"""

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Final, LiteralString

from psycopg import sql

from config.topics import Topic
from infra.postgres import SyncConnection
from ops.audit.digest import digest
from ops.audit.readers.erasures import ROWS_OF
from streams.packed_record import unpacked_in

COLUMNS: Final[LiteralString] = """
SELECT c.relname, a.attname, has_column_privilege(c.oid, a.attnum, 'SELECT') FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' ORDER BY 1, a.attnum
"""
COUNT: Final = sql.SQL("SELECT count(*) FROM {} WHERE strpos(concat_ws(' ', {}), %s) > 0")
IN_HISTORY: Final[LiteralString] = """
SELECT 'person_facts', count(*) FROM person_facts WHERE person_id = %(person)s
UNION ALL SELECT 'verdicts', count(*) FROM verdicts WHERE %(person)s IN (person_id, sent_as)
"""
"""The history of the follow-up report: by name, so that the right of whoever verifies is no wider."""
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class TableSearch:
    """What was found, and what this role of the database may not look at."""

    rows: Mapping[str, int]
    not_read: Sequence[str]


def in_tables(connection: SyncConnection, person: str) -> TableSearch:
    """How many rows of each table name the person, whatever the column."""
    readable: dict[str, list[str]] = {}
    not_read = []
    for table, column, may in connection.execute(COLUMNS).fetchall():
        if may:
            readable.setdefault(table, []).append(column)
        else:
            not_read.append(f"{table}.{column}")
    found = {}
    for table, columns in readable.items():
        names = sql.SQL(", ").join(map(sql.Identifier, columns))
        statement = COUNT.format(sql.Identifier(table), names)
        ((found[table],),) = connection.execute(statement, (person,)).fetchall()
    if {"person_facts", "verdicts"} <= readable.keys():
        found |= dict(connection.execute(IN_HISTORY, {"person": person}).fetchall())
    return TableSearch(found, not_read)


def in_index(file: Path, person: str) -> int:
    """How many rows of the auditor's index are the person's, by the digest that it keeps."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as index:
        ((number,),) = index.execute(ROWS_OF, {"person": digest(person)}).fetchall()
    return int(number)


def in_file(file: Path, person: str) -> int:
    """How often the bytes of the pseudonym stand in the file."""
    wanted, found, tail = person.encode(), 0, b""
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            found += (tail + piece).count(wanted)
            tail = piece[-(len(wanted) - 1) :]
    return found


def _in_packed(file: Path, person: str) -> int:
    """The same of the records in it that match has packed."""
    with file.open("rb") as opened:
        if not file.stat().st_size:
            return 0
        with mmap(opened.fileno(), 0, access=ACCESS_READ) as content:
            return sum(record.count(person.encode()) for record in unpacked_in(content))


def in_segments(folder: Path, person: str) -> dict[str, int]:
    """The same of a broker's log folders, by topic."""
    found: Counter[str] = Counter()
    for file in sorted(folder.glob("*/*.log")):
        topic = file.parent.name.rpartition("-")[0]
        found[topic] += in_file(file, person)
        if topic == Topic.PEOPLE:
            found[topic] += _in_packed(file, person)
    return dict(found)
