"""Somebody who runs SQL of his own as the inbox's role, within a visit of one unit, looks for another unit's rows."""

import json
from collections.abc import Iterator
from typing import Any, Final, LiteralString

import psycopg
import pytest
from psycopg import sql

from config.database_roles import DatabaseRole
from infra.postgres import SyncConnection
from ledger.schema.row_policies import POLICIES
from tests.fixtures.databases import Databases
from tests.integration.ledger.schema.unit_rows import (
    NOTHING,
    OF_OUR_TASK,
    OURS,
    THEIRS,
    database_of_units,
    seen,
    serve,
    task,
    tell,
    user,
)

MARK: Final = THEIRS
"""What is looked for: it stands in rows of the other unit alone."""


@pytest.fixture(scope="module")
def url(databases: Databases) -> Iterator[str]:
    with database_of_units(databases) as url:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("ANALYZE")
        yield url


@pytest.fixture
def inbox(url: str) -> Iterator[SyncConnection]:
    with psycopg.connect(user(url, DatabaseRole.INBOX), autocommit=True) as connection:
        serve(connection, OURS)
        yield connection


FORBIDDEN: Final[tuple[LiteralString, ...]] = (
    "SET ROLE frafaldsvarsel_owner",
    "SET ROLE frafaldsvarsel_ledger",
    "SET SESSION AUTHORIZATION frafaldsvarsel_ledger",
    "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY of_the_visit ON tasks",
    "ALTER ROLE frafaldsvarsel_inbox BYPASSRLS",
    "CREATE POLICY mine ON tasks USING (true)",
    "CREATE OR REPLACE FUNCTION visit_units() RETURNS text[] LANGUAGE sql AS $$ SELECT '{jc-0751}'::text[] $$",
    "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN RAISE '%', $1; END $$",
    "CREATE VIEW mine AS SELECT * FROM tasks",
    "CREATE TEMPORARY TABLE mine AS SELECT * FROM tasks",
    "CREATE OPERATOR public.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
    "CREATE STATISTICS s ON person_id, unit_id FROM tasks",
    "ALTER TABLE tasks ADD CONSTRAINT c CHECK (unit_id::int > 0)",
    "CREATE INDEX ON tasks ((unit_id::int))",
    "CREATE TRIGGER t AFTER UPDATE ON tasks EXECUTE FUNCTION audit_only_grows()",
    "COPY tasks TO PROGRAM 'cat'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT * FROM pg_statistic",
    "SELECT lo_import('/etc/passwd')",
    "TRUNCATE tasks",
)


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_is_forbidden(inbox: SyncConnection, statement: LiteralString) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as raised:
        inbox.execute(statement)
    assert MARK not in str(raised.value)


def test_row_security_that_is_turned_off_is_an_error(inbox: SyncConnection) -> None:
    inbox.execute("SET row_security = off")
    for table in (table for table, policy in POLICIES.items() if policy.seen is not None):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            inbox.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))


ERRING: Final[tuple[LiteralString, ...]] = (
    "SELECT unit_id::int FROM tasks WHERE unit_id <> 'jc-0101'",
    "SELECT 1 FROM tasks WHERE unit_id <> 'jc-0101' AND unit_id::int = 1",
    "SELECT 1 FROM tasks WHERE CASE WHEN unit_id = 'jc-0101' THEN false ELSE unit_id::int = 1 END",
    "SELECT 1 FROM tasks WHERE unit_id <> 'jc-0101' AND 1 / (length(unit_id) - 7) = 1",
    "SELECT 1 FROM messages WHERE message_id <> 'm1' AND message_id::int = 1",
    "SELECT 1 FROM footings WHERE unit_id <> 'jc-0101' AND unit_id::int = 1",
    "SELECT 1 FROM tasks t JOIN deliveries d ON d.recipient::int = 1 AND d.unit_id <> 'jc-0101'",
    "SELECT 1 FROM acts WHERE task_id <> '00000000-0000-0000-0000-000000000001' AND by_id::int = 1",
    "UPDATE tasks SET version = 1 WHERE unit_id <> 'jc-0101' AND unit_id::int = 1",
    "DELETE FROM messages WHERE message_id <> 'm1' AND message_id::int = 1",
)


@pytest.mark.parametrize("statement", ERRING)
def test_no_value_of_a_hidden_row_comes_into_an_error(
    inbox: SyncConnection, statement: LiteralString
) -> None:
    """The policy is asked before an operator that could tell; with the row in sight each of these is an error."""
    assert inbox.execute(statement).rowcount == 0
    for planning in ("enable_seqscan", "enable_indexscan", "enable_bitmapscan", "enable_hashjoin"):
        inbox.execute(f"SET {planning} = off".encode())
        assert inbox.execute(statement).rowcount == 0, planning


def test_the_erring_statements_do_err_where_the_rows_are_in_sight(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        for statement in ERRING:
            with pytest.raises(psycopg.DataError):
                admin.execute(statement)


def test_statistics_tell_nothing(inbox: SyncConnection) -> None:
    for view in ("pg_stats", "pg_stats_ext", "pg_stats_ext_exprs"):
        shown = sql.SQL("SELECT * FROM {} WHERE schemaname = 'public'").format(sql.Identifier(view))
        rows = inbox.execute(shown).fetchall()
        assert MARK not in str(rows)
        assert not [row for row in rows if row[1] in POLICIES]


def test_what_others_run_shows_no_value(inbox: SyncConnection, url: str) -> None:
    with psycopg.connect(user(url, DatabaseRole.INBOX), autocommit=True) as other:
        serve(other, THEIRS)
        other.execute("SELECT FROM tasks WHERE unit_id = ANY(%s)", ([THEIRS],))
        shown = inbox.execute("SELECT query FROM pg_stat_activity").fetchall()
    assert "SELECT FROM tasks" in str(shown)
    assert MARK not in str(shown)


def _answer(inbox: SyncConnection, statement: LiteralString, number: int, *, act: bool) -> str:
    try:
        with inbox.transaction():
            inbox.execute("SELECT admit_person(%s)", (task(number),))
            if act:
                inbox.execute("SELECT set_config('role', 'frafaldsvarsel_act', true)")
            inbox.execute(statement, {"task": task(number)})
    except psycopg.Error as error:
        return str(error)
    return "done"


CONSTRAINTS: Final[tuple[LiteralString, ...]] = (
    "INSERT INTO audit (kind, task_id) VALUES ('x', %(task)s)",
    "INSERT INTO steps (id, task_id, kind, due_at, about) VALUES (%(task)s, %(task)s, 'reminder', now(), now())",
    "INSERT INTO plans (task_id, status, react_by, seen, policy) VALUES (%(task)s, 'open', now(), true, '')",
    "INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, "
    "after_offset) VALUES (%(task)s, %(task)s, 1, 'take', '{}', '', '', 'page', now(), 'x', 0, 0)",
    "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
    "VALUES (%(task)s, 'FV-2', 'bo', 'e2', 'jc-0101', 'open', now(), now()) ON CONFLICT DO NOTHING",
)


@pytest.mark.parametrize("statement", CONSTRAINTS)
@pytest.mark.parametrize("act", [False, True])
def test_keys_do_not_tell_whether_another_units_row_is_there(
    inbox: SyncConnection, statement: LiteralString, act: bool
) -> None:
    """The answer is the same for a task of theirs and for one that nobody has."""
    answers = set()
    for number in (2, 77):
        answers.add(_answer(inbox, statement, number, act=act))
    assert len(answers) == 1, answers
    assert answers != {"done"}


def test_functions_tell_of_the_own_unit_alone(inbox: SyncConnection) -> None:
    assert inbox.execute("SELECT admit_person(%s), admit_person(%s)", (task(2), task(3))).fetchall() == [
        (False, False)
    ]
    assert inbox.execute(
        "SELECT visit_knows('bo'), visit_knows('bo-before'), visit_knows('anna')"
    ).fetchall() == [(False, False, True)]
    callable_: list[Any] = inbox.execute(
        "SELECT p.proname FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace "
        "AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1"
    ).fetchall()
    assert [name for (name,) in callable_] == [
        "admit_person",
        "visit_holds",
        "visit_knows",
        "visit_municipalities",
        "visit_number",
        "visit_person",
        "visit_reader",
        "visit_units",
    ]


def test_a_role_that_is_kept_shows_nothing_after_the_act(inbox: SyncConnection) -> None:
    """The role can be taken for the session; without a person who was admitted in the transaction it sees nothing."""
    with inbox.transaction():
        inbox.execute("SELECT admit_person(%s)", (task(1),))
        inbox.execute("SET ROLE frafaldsvarsel_act")
    for table in ("tasks", "messages", "acts", "transfers", "deliveries", "steps", "plans"):
        statement = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        try:
            assert inbox.execute(statement).fetchone() == (0,), table
        except psycopg.errors.InsufficientPrivilege:
            continue
    inbox.execute("RESET ROLE")
    assert seen(inbox) == OF_OUR_TASK


def test_a_rolled_back_savepoint_and_a_prepared_statement_keep_nothing(inbox: SyncConnection) -> None:
    inbox.execute("PREPARE mine AS SELECT count(*) FROM tasks")
    assert inbox.execute("EXECUTE mine").fetchone() == (1,)
    serve(inbox, THEIRS)
    assert inbox.execute("EXECUTE mine").fetchone() == (2,)
    tell(inbox, "")
    for _ in range(8):
        assert inbox.execute("EXECUTE mine").fetchone() == (0,)
    assert seen(inbox) == NOTHING


def test_a_cursor_that_is_held_is_of_the_visit_in_which_it_was_opened(inbox: SyncConnection) -> None:
    with inbox.transaction():
        inbox.execute("DECLARE c CURSOR FOR SELECT unit_id FROM tasks")
        tell(inbox, "")
        assert THEIRS not in str(inbox.execute("FETCH ALL FROM c").fetchall())


def test_the_units_index_is_used_and_the_units_are_looked_at_once(inbox: SyncConnection, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
            "SELECT gen_random_uuid(), 'FX-' || n, 'q' || n, 'e', 'jc-9' || n % 90, 'open', current_date, now() "
            "FROM generate_series(1, 20000) n"
        )
        admin.execute("ANALYZE tasks")
    for statement in (
        "SELECT id FROM tasks WHERE status = 'open'",
        "SELECT id FROM tasks t WHERE t.unit_id = ANY('{jc-0101}') AND t.status = 'open'",
    ):
        row = inbox.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode()).fetchone()
        assert row is not None
        nodes = list(_nodes(row[0][0]["Plan"]))
        assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]
        assert any("visit" in str(node) or "InitPlan" in str(node.get("Index Cond", "")) for node in nodes)
        once = [node for node in nodes if node.get("Parent Relationship") == "InitPlan"]
        assert once
        assert all(node["Actual Loops"] <= 1 for node in once), json.dumps(row[0])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", []):
        yield from _nodes(each)
