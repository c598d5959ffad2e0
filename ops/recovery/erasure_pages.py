"""A person's pseudonym looked for in PostgreSQL's own files: pages, indexes, statistics, and the write-ahead log.

What is deleted stays in a page as bytes until the place is used again, and samples of a column stand in `pg_statistic`
until the next ANALYZE; no query shows either. A value that PostgreSQL has compressed hides what it holds.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Final, LiteralString

from infra.postgres import SyncConnection
from ops.recovery.erasure_search import in_file

FILES: Final[LiteralString] = """
SELECT pg_relation_filepath(c.oid), coalesce(o.relname, t.relname, c.relname) FROM pg_class c
LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class o ON o.oid = i.indrelid
LEFT JOIN pg_class t ON t.reltoastrelid = c.oid
WHERE c.relkind IN ('r', 'i', 't', 'm')
"""
"""Each file of this database, by the table whose rows, index or long values it holds."""
WAL: Final = "write-ahead log"
OTHERS: Final = "files of nobody's table"
_PART: Final = re.compile(r"(_fsm|_vm|_init)?(\.\d+)?$")


def in_pages(connection: SyncConnection, folder: Path, person: str) -> dict[str, int]:
    """How often its bytes stand in the files of each table, and in the write-ahead log; `folder`: the data directory.

    What the server has not written yet is not seen: CHECKPOINT first.
    """
    tables = {path: table for path, table in connection.execute(FILES).fetchall() if path is not None}
    found: Counter[str] = Counter()
    for top in ("base", "global", "pg_wal"):
        for file in filter(Path.is_file, (folder / top).rglob("*")):
            name = _PART.sub("", file.relative_to(folder).as_posix())
            found[WAL if top == "pg_wal" else tables.get(name, OTHERS)] += in_file(file, person)
    return {name: number for name, number in found.items() if number}
