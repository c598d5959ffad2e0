"""Each table is written by the modules that `ledger.schema.owners` names, and by nobody else."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Final

from ledger.schema.owners import AUDIT_INDEX, BACKFILLS, BY_TABLE, COMPOSED, MIGRATIONS
from tests.paths import ROOT
from tests.sql_texts import ANY, IN_SMALL_LETTERS, SOURCE, in_python, sql_texts

SCHEMA: Final = "ledger/schema/schema.sql"
"""To be read: nothing runs it."""
CREATED: Final = re.compile(r"^CREATE TABLE (\w+)", re.MULTILINE)


def writers() -> dict[str, set[str]]:
    """Which files have a statement that writes a table, by table."""
    found: dict[str, set[str]] = defaultdict(set)
    for text in sql_texts():
        for table in text.writes:
            if not text.file.startswith((f"{MIGRATIONS}/", f"{AUDIT_INDEX}/", SCHEMA)):
                found[table].add(text.file)
    return found


def test_a_table_is_written_by_its_owners_alone() -> None:
    wrong = [
        f"{file} writes {table}: see ledger/schema/owners.py"
        for table, files in writers().items()
        if table != ANY
        for file in sorted(files)
        if file != BACKFILLS
        and (table not in BY_TABLE or file not in {BY_TABLE[table].module, *BY_TABLE[table].others})
    ]
    assert wrong == []


def test_who_is_named_as_a_writer_has_a_statement() -> None:
    """Or the map would go on allowing what nobody does any more."""
    written = writers()
    idle = [
        f"{owner.table}: {module} does not write it"
        for owner in BY_TABLE.values()
        for module in (owner.module, *owner.others)
        if module not in written[owner.table] and module not in COMPOSED
    ]
    assert idle == []


def test_a_text_that_names_its_table_late_stands_where_it_may() -> None:
    assert writers()[ANY] == set(COMPOSED)


def test_the_auditor_writes_no_table_of_the_service() -> None:
    """What it writes is in its own file."""
    wrong = [
        f"{text.file}:{text.line} writes {table}"
        for text in sql_texts(ROOT / AUDIT_INDEX)
        for table in text.writes & set(BY_TABLE)
    ]
    assert wrong == []


def test_a_write_is_in_capitals() -> None:
    """As the search above needs it."""
    wrong = [
        f"{file.relative_to(ROOT)}:{number}"
        for package in SOURCE
        for file in sorted(package.rglob("*.py"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if IN_SMALL_LETTERS.search(line)
    ]
    assert wrong == []


def test_every_table_has_an_owner() -> None:
    made = {
        name
        for file in sorted((ROOT / MIGRATIONS).glob("*.sql"))
        for name in CREATED.findall(file.read_text("utf-8"))
    }
    assert made | {"migrations"} == set(BY_TABLE)
    assert all(Path(ROOT / owner.module).is_file() for owner in BY_TABLE.values())


def test_a_write_is_found_however_it_is_written() -> None:
    """A comment writes nothing, and a lock is no update."""
    source = '''
def f(table):
    """UPDATE nothing SET here = 1"""
    a = "INSERT INTO one (x) " "VALUES (1)"
    b = f"UPDATE two SET x = {table}"
    c = """WITH old AS (
        DELETE FROM ONLY three RETURNING x  -- UPDATE four SET x = 1
    ) INSERT INTO kept.five AS k SELECT x FROM old ON CONFLICT (x) DO UPDATE SET x = 1"""
    d = "SELECT 1 FROM six FOR NO KEY UPDATE OF six SKIP LOCKED"
    e = "SELECT 1 FROM six FOR UPDATE SKIP LOCKED"
    g = "TRUNCATE seven", b"MERGE INTO eight USING x", f"DELETE FROM {table}", "SELECT 1" + "INSERT INTO " + table
'''
    texts = in_python(source, "made_up.py")
    found = [table for text in texts for table in sorted(text.writes)]
    assert found == ["one", "two", "five", "three", "seven", "eight", ANY, ANY]
    assert all(text.in_function for text in texts)
