"""Every statement that pages, interface and acts can run, found in the code: another unit's rows are in none."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from config.database_roles import DatabaseRole
from infra.postgres import SyncConnection
from ledger.schema.row_policies import POLICIES
from tests.fixtures.databases import Databases
from tests.integration.ledger.schema.statement_values import MUNICIPALITY, TASK, values_for
from tests.integration.ledger.schema.unit_rows import (
    OURS,
    READER,
    THEIRS,
    database_of_units,
    good,
    serve,
    tell,
    user,
)
from tests.reachable_code import Definition
from tests.role_statements import statements

_TABLES: Final = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+(\w+)")
_WRITES: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE)")
Statement = tuple[Definition, str]


def of(role: DatabaseRole) -> set[Statement]:
    """Those that touch what belongs to a unit or a person."""
    return {
        (definition, text)
        for definition, texts in statements(role).items()
        for text in texts
        if {*POLICIES, "footings"} & {*_TABLES.findall(text)}
    }


ACTS: Final = of(DatabaseRole.ACT)
PAGES: Final = of(DatabaseRole.INBOX) - ACTS


@pytest.fixture(scope="module")
def url(databases: Databases) -> Iterator[str]:
    with database_of_units(databases) as url:
        yield url


@pytest.fixture(scope="module")
def admin(url: str) -> Iterator[SyncConnection]:
    """Whom nothing limits."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def inbox(url: str) -> Iterator[SyncConnection]:
    with psycopg.connect(user(url, DatabaseRole.INBOX), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def empty(databases: Databases, url: str) -> Iterator[SyncConnection]:
    """The same tables without a row: what a statement gives here, it gives where it sees nothing."""
    with database_of_units(databases) as other, psycopg.connect(other, autocommit=True) as connection:
        connection.execute("ALTER TABLE audit DISABLE TRIGGER ALL; ALTER TABLE trail DISABLE TRIGGER ALL")
        for table in POLICIES:
            connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.Identifier(table)))
        yield connection


def test_they_are_found() -> None:
    assert len(PAGES) > 200
    assert len(ACTS) > 20


def run(connection: SyncConnection, statement: Statement, *, act: bool = False) -> list[Any]:
    """Its rows, undone afterwards. A moment of the clock counts as any other."""
    definition, text = statement
    with connection.transaction(force_rollback=True):
        if act:
            connection.execute("SELECT admit_person(%s)", (TASK,))
            connection.execute("SELECT set_config('role', 'frafaldsvarsel_act', true)")
        cursor = connection.execute(text.encode(), values_for(definition, text))
        if _WRITES.match(text) or cursor.description is None:
            return [cursor.rowcount]
        return [
            tuple("moment" if isinstance(one, datetime) else one for one in row) for row in cursor.fetchall()
        ]


def shows(
    connection: SyncConnection, empty: SyncConnection, statement: Statement, *, act: bool = False
) -> bool:
    """Whether it shows or writes anything."""
    try:
        return run(connection, statement, act=act) != nothing(empty, statement)
    except psycopg.errors.InsufficientPrivilege:
        return False


def nothing(empty: SyncConnection, statement: Statement) -> list[Any]:
    """What is there to be seen where nothing is."""
    if not _WRITES.match(statement[1]):
        return run(empty, statement)
    # Refused log-ins have no unit.
    return [1] if statement[0].name == "APPEND_FEW" else [0]


@pytest.mark.parametrize("visit", ["none", "foreign"])
def test_pages_show_and_change_nothing_of_a_unit_that_is_not_served(
    inbox: SyncConnection, empty: SyncConnection, visit: str
) -> None:
    if visit == "foreign":
        tell(inbox, good(inbox, OURS, reader="another"))
    assert [statement[0] for statement in sorted(PAGES) if shows(inbox, empty, statement)] == []


@pytest.mark.parametrize("visit", ["none", "foreign"])
def test_an_act_reads_and_writes_nothing_of_a_unit_that_is_not_served(
    inbox: SyncConnection, empty: SyncConnection, visit: str
) -> None:
    if visit == "foreign":
        serve(inbox, OURS)
    assert [one[0] for one in sorted(ACTS) if shows(inbox, empty, one, act=True)] == []


def test_a_unit_that_is_served_has_its_rows(
    inbox: SyncConnection, admin: SyncConnection, empty: SyncConnection
) -> None:
    tell(inbox, good(inbox, THEIRS, municipalities=[MUNICIPALITY], reader=READER))
    shown = 0
    for statement in sorted(PAGES):
        found = run(inbox, statement)
        assert found == run(admin, statement), statement[0]
        shown += found != nothing(empty, statement)
    assert shown > 60, "or the values ask for what nobody has"


def test_an_act_of_the_unit_has_its_persons_rows(
    inbox: SyncConnection, admin: SyncConnection, empty: SyncConnection
) -> None:
    serve(inbox, THEIRS)
    shown = set()
    for statement in sorted(ACTS):
        if statement[0].name in ("PERSON_OF", "READ"):
            continue  # the inbox itself asks the first; the second stands for its whole forms
        found = run(inbox, statement, act=True)
        assert found == run(admin, statement), statement[0]
        if found != nothing(empty, statement):
            shown.add(statement[0].name)
    assert len(shown) > 15, shown


def test_nothing_has_changed(inbox: SyncConnection, admin: SyncConnection) -> None:
    """The same writes once more, and not undone."""

    def state() -> list[Any]:
        return [
            admin.execute(
                sql.SQL("SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {} t").format(
                    sql.Identifier(table)
                )
            ).fetchone()
            for table in POLICIES
            if table != "audit"
        ] + admin.execute("SELECT count(*) FROM audit WHERE task_id IS NOT NULL").fetchall()

    before = state()
    for units in ((), (OURS,)):
        serve(inbox, *units)
        for definition, text in sorted(PAGES | ACTS):
            for act in (False, True):
                try:
                    with inbox.transaction():
                        if act:
                            inbox.execute("SELECT admit_person(%s)", (TASK,))
                            inbox.execute("SELECT set_config('role', 'frafaldsvarsel_act', true)")
                        inbox.execute(text.encode(), values_for(definition, text))
                except psycopg.errors.InsufficientPrivilege:
                    continue
    assert state() == before
