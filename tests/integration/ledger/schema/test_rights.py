"""What each role may do is what its code can run: nothing is lacking, and nothing is too much."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from config.database_roles import DatabaseRole
from infra.postgres import SyncConnection
from ledger.schema.migrate import migrate
from ledger.schema.owners import BY_TABLE, VIEWS
from ledger.schema.rights import RIGHTS, privileges
from ledger.schema.table_right import WHOLE, TableRight
from tests.fixtures.databases import Databases
from tests.needed_rights import ANY_COLUMN, CatalogueColumns, Need, needs
from tests.reachable_code import Definition
from tests.role_statements import ENTRIES, statements

TABLES: Final = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+(\w+)")
_OWN_FILE: Final = "ops.audit."
"""The auditor's own tables stand in SQLite, which PostgreSQL cannot judge."""


@pytest.fixture(scope="module")
def connection(databases: Databases) -> Iterator[SyncConnection]:
    """A database of this version, with the schema in which a rebuild works."""
    with databases.with_tables() as url, psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA rebuilt")
        asyncio.run(migrate(f"{url}&options=-c%20search_path%3Drebuilt"))
        yield connection


def needed(
    connection: SyncConnection, role: DatabaseRole
) -> tuple[dict[Need, set[Definition]], dict[Definition, str]]:
    """Each right with whoever needs it, and the texts that PostgreSQL does not take."""
    known = CatalogueColumns(connection)
    found: dict[Need, set[Definition]] = {}
    unknown: dict[Definition, str] = {}
    for definition, texts in statements(role).items():
        for text in texts:
            try:
                for need in needs(connection, text, known):
                    found.setdefault(need, set()).add(definition)
            except psycopg.Error:
                unknown[definition] = text
    return found, unknown


def is_held(role: DatabaseRole, need: Need) -> bool:
    held = privileges(role)
    of_table = {one.column for one in held if (one.table, one.name) == (need.table, need.privilege)}
    return "" in of_table or need.column in of_table or (need.column == ANY_COLUMN and bool(of_table))


@pytest.mark.parametrize("role", DatabaseRole)
def test_what_a_role_runs_is_within_its_rights(connection: SyncConnection, role: DatabaseRole) -> None:
    found, _ = needed(connection, role)
    wrong = [
        f"{need} of {sorted(by)[0]}: see ledger/schema/process_rights.py"
        for need, by in sorted(found.items())
        if not is_held(role, need)
    ]
    assert wrong == []


@pytest.mark.parametrize("role", DatabaseRole)
def test_a_role_has_no_right_that_no_statement_needs(connection: SyncConnection, role: DatabaseRole) -> None:
    found, _ = needed(connection, role)
    by_column = {(need.table, need.privilege, need.column) for need in found}
    at_all = {(table, name) for table, name, _ in by_column}
    idle = [
        str(one)
        for one in sorted(privileges(role))
        if (one.table, one.name) not in at_all
        or (one.column and (one.table, one.name, one.column) not in by_column)
    ]
    assert idle == []


@pytest.mark.parametrize("role", DatabaseRole)
def test_what_postgresql_cannot_judge_is_the_auditors_own(
    connection: SyncConnection, role: DatabaseRole
) -> None:
    """Or a statement would be passed over, and its rights with it."""
    _, unknown = needed(connection, role)
    ours = {*BY_TABLE, *VIEWS}
    assert {each for each in unknown if not each.module.startswith(_OWN_FILE)} == set()
    assert [each for each, text in unknown.items() if set(TABLES.findall(text)) & ours] == []


def test_every_role_has_an_entry_and_statements() -> None:
    assert set(ENTRIES) == set(RIGHTS) == set(DatabaseRole)
    counted = {role: len(statements(role)) for role in DatabaseRole}
    assert counted[DatabaseRole.LEDGER] > 60
    assert min(counted.values()) >= 2


def test_what_postgresql_says_is_understood(connection: SyncConnection) -> None:
    known = CatalogueColumns(connection)
    assert needs(connection, "SELECT count(*) FROM acts", known) == {Need("acts", "SELECT", ANY_COLUMN)}
    assert needs(connection, "SELECT id FROM acts WHERE at > now() - %s", known) == {
        Need("acts", "SELECT", "id"),
        Need("acts", "SELECT", "at"),
    }
    assert needs(connection, "UPDATE tasks SET status = %(a)s WHERE id = %(b)s", known) == {
        Need("tasks", "UPDATE", "status"),
        Need("tasks", "SELECT", "id"),
    }
    assert needs(connection, "SELECT FROM tasks FOR NO KEY UPDATE", known) == {
        Need("tasks", "SELECT", ANY_COLUMN),
        Need("tasks", "UPDATE", ANY_COLUMN),
    }
    deleted = "WITH gone AS (DELETE FROM outbox RETURNING id) SELECT id FROM gone"
    assert needs(connection, deleted, known) == {
        Need("outbox", "DELETE"),
        Need("outbox", "SELECT", "id"),
    }
    assert needs(connection, "TABLE skips", known) >= {Need("skips", "SELECT", "because")}


def test_nobody_changes_or_removes_a_line_of_the_trail() -> None:
    """But the ledger, where it erases a person, and retention, when a line's time is over: they may empty a
    line, as the trigger asks, never its time or kind."""
    may_empty = {DatabaseRole.LEDGER, DatabaseRole.RETENTION}
    emptied = {"detail", "erased_by", "message_id", "salt", "sender", "task_id"}
    wrong = [
        role
        for role, rights in RIGHTS.items()
        for right in rights
        if right.table == "audit"
        and (set(right.change) - (emptied if role in may_empty else set()) or right.remove or right.lock)
    ]
    assert wrong == []


def test_a_process_never_changes_whose_duty_a_task_is() -> None:
    """Its unit, its enrolment, its reference: a hand-over makes another task."""
    fixed = {"id", "reference", "enrolment_id", "unit_id"}
    changed = {
        role: set(right.change)
        for role, rights in RIGHTS.items()
        for right in rights
        if right.table == "tasks" and role is not DatabaseRole.REBUILD
    }
    assert not any(fixed & columns or columns == set(WHOLE) for columns in changed.values())


def test_the_table_of_rights_names_each_table_once_and_in_order() -> None:
    for role, rights in RIGHTS.items():
        names = [right.table for right in rights]
        assert names == sorted(set(names)), role
        assert {*names} <= {*BY_TABLE, *VIEWS}, role
        assert all(right != TableRight(right.table) for right in rights), role
