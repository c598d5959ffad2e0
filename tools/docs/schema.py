"""The tables as they stand after all migrations: ``python -m tools.docs.schema`` writes ledger/schema/schema.sql.

With ``--check`` it changes nothing, and ends with 1 where the file is old. A test compares the same. What a column is
for stands in the migration that has made it.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ledger.schema.migrate import migrate
from local.servers.postgres import Database, program

FILE: Final = Path(__file__).resolve().parents[2] / "ledger" / "schema" / "schema.sql"
_HEAD: Final = """\
-- The schema after all migrations. Made by `python -m tools.docs.schema`; write a migration, then run it again.
-- What a column is for stands in the migration that has made it. Nothing applies this file.
"""
_NOISE: Final = re.compile(r"--.*|SET .*|SELECT pg_catalog\.set_config.*|\\.*")
"""Of the server and of this dump, not of the tables: a dump draws a word of its own, too."""


def dump(url: str) -> str:
    """What stands in the database at `url`, which is migrated."""
    told = [program("pg_dump"), "--schema-only", "--no-owner", "--no-privileges", url]
    text = subprocess.run(told, check=True, capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if not _NOISE.fullmatch(line)]
    body = re.sub(r"\n{2,}", "\n\n", "\n".join(lines).replace("public.", "")).strip()
    return f"{_HEAD}\n{body}\n"


def made() -> str:
    """The text, from a database made for it."""
    with tempfile.TemporaryDirectory() as folder:
        server = Database(Path(folder))
        server.start()
        try:
            asyncio.run(migrate(server.url))
            return dump(server.url)
        finally:
            server.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or with ``--check`` only compare."""
    arguments = sys.argv[1:] if arguments is None else arguments
    new = made()
    if FILE.is_file() and FILE.read_text("utf-8") == new:
        return 0
    if "--check" in arguments:
        print(f"{FILE.name} is old: run `python -m tools.docs.schema`", file=sys.stderr)
        return 1
    FILE.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
