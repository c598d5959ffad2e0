"""`migrate` on real databases: an empty one, one that a single user made, one that somebody has tampered with."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from config.database_roles import EVERY_ROLE, MIGRATE, NO_LOG_IN, OWNER, DatabaseRole
from config.key_store import KeyStore
from config.settings import PREFIX
from crypto.key_purpose import KeyHolder, KeyPurpose
from crypto.visit_token import VisitKey
from frafaldsvarsel.commands import commands
from infra.postgres import SyncConnection
from ledger.schema import apply_rights, migrate
from ledger.schema.apply_rights import BroughtUp, NotSetUp, check, not_ready
from ledger.schema.dba_script import script
from local.servers.postgres import Database
from tests.fixtures.databases import Databases

SCHEMA: Final = {path.name for path in migrate.MIGRATIONS.glob("*.sql")}
CPR: Final = "0101011234"
OLD: Final = "frafaldsvarsel_once"
VISIT: Final = VisitKey("k1", b"a key of the tests alone, 32 byte")
STILL_OWNS: Final = f"{OLD} belongs to {OWNER}, and is no role of the service."


def user(url: str, name: str) -> str:
    """The same database as another user."""
    return url.replace("//postgres@", f"//{name}@")


def connected(url: str, name: str = "postgres") -> SyncConnection:
    return psycopg.connect(user(url, name), autocommit=True)


@pytest.fixture
def old_user(database: str) -> Iterator[str]:
    """One user that owns the database and is no superuser, as services had it before; its URL."""
    with connected(database) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(OLD)))
        admin.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(admin.info.dbname), sql.Identifier(OLD)
            )
        )
    yield user(database, OLD)
    with connected(database) as admin:
        admin.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO postgres").format(sql.Identifier(admin.info.dbname))
        )
        admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(OLD)))
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(OLD)))


def bring_up(url: str, sleep: Callable[[float], None] = time.sleep) -> BroughtUp:
    """With the key of the visits, as `migrate` is told it."""
    return apply_rights.bring_up(url, visit_keys=[VISIT], sleep=sleep)


def differences(url: str) -> list[str]:
    with connected(
        url, DatabaseRole.CANARY
    ) as connection:  # whoever it is: the catalogue is everybody's to read
        return [one.sentence for one in check(connection)]


def test_an_empty_database_is_brought_up_once(database: str) -> None:
    done = bring_up(database)
    assert set(done.migrations) == SCHEMA
    assert done.granted
    assert (done.revoked, done.newer, done.left) == ([], [], [])
    assert differences(database) == []
    again = bring_up(user(database, MIGRATE))
    assert (again.migrations, again.granted, again.revoked, again.left) == ([], [], [], [])


def test_a_copy_that_tests_begin_with_lacks_nothing(databases: Databases) -> None:
    """What a whole database allows is not copied with it."""
    with databases.brought_up([VISIT]) as url:
        assert differences(url) == []
        done = bring_up(url)
    assert (done.migrations, done.granted, done.revoked, done.limited, done.left) == ([], [], [], [], [])


def test_what_a_dba_runs_by_hand_is_the_same(database: str) -> None:
    """The printed first part as a superuser, then `migrate` as its own user."""
    first, _, second = script().partition("-- 2.")
    with connected(database) as admin:
        admin.execute(first.encode())
    assert set(bring_up(user(database, MIGRATE)).migrations) == SCHEMA
    assert differences(database) == []
    with connected(database) as admin:
        admin.execute(("-- 2." + second).encode())
    assert differences(database) == []


def test_a_database_of_one_user_is_taken_over_and_that_user_goes_on(database: str, old_user: str) -> None:
    asyncio.run(migrate.migrate(old_user))
    insert: LiteralString = "INSERT INTO dismissed VALUES ('total/' || {}, 'me', 'because')"
    with psycopg.connect(old_user, autocommit=True) as before:
        before.execute(sql.SQL(insert).format(1))
        with pytest.raises(NotSetUp, match=f"belongs to {OLD}|may not become"):
            bring_up(old_user)
        done = bring_up(database)
        assert list(done.migrations) == []
        assert [one.sentence for one in done.left] == [STILL_OWNS]
        before.execute(sql.SQL(insert).format(2))
        assert before.execute("SELECT count(*) FROM dismissed").fetchone() == (2,)
    # A version before, which migrates as it starts, finds nothing to do and may look.
    assert asyncio.run(migrate.migrate(old_user)) == []
    assert differences(database) == [STILL_OWNS]
    with connected(database) as admin:
        admin.execute(sql.SQL("REVOKE {} FROM {}").format(*map(sql.Identifier, (OWNER, OLD))))
    assert differences(database) == []


def test_what_was_tampered_with_is_named_and_mended(database: str) -> None:
    bring_up(database)
    with connected(database) as admin:
        for statement in (
            "GRANT UPDATE, TRUNCATE ON audit TO frafaldsvarsel_inbox",
            "GRANT SELECT (sealed) ON messages TO frafaldsvarsel_operator",
            "GRANT SELECT ON tasks TO PUBLIC",
            "REVOKE INSERT ON receipts FROM frafaldsvarsel_ledger",
            "REVOKE SELECT (outcome) ON messages FROM frafaldsvarsel_canary",
        ):
            admin.execute(statement)
    assert differences(database) == [
        "frafaldsvarsel_canary lacks SELECT of messages (outcome).",
        "frafaldsvarsel_ledger lacks INSERT of receipts.",
        "PUBLIC has SELECT of tasks, and needs it not.",
        "frafaldsvarsel_inbox has TRUNCATE of audit, and needs it not.",
        "frafaldsvarsel_inbox has UPDATE of audit, and needs it not.",
        "frafaldsvarsel_operator has SELECT of messages (sealed), and needs it not.",
    ]
    done = bring_up(user(database, MIGRATE))
    assert (len(done.granted), len(done.revoked)) == (2, 4)
    assert differences(database) == []


def test_a_whole_table_that_was_granted_is_taken_back_and_the_columns_stay(database: str) -> None:
    """One REVOKE takes the columns with it."""
    bring_up(database)
    with connected(database) as admin:
        admin.execute("GRANT SELECT ON messages TO frafaldsvarsel_canary")
        admin.execute("GRANT INSERT ON audit TO frafaldsvarsel_ledger WITH GRANT OPTION")
    with connected(database, DatabaseRole.LEDGER) as ledger:
        ledger.execute("GRANT INSERT ON audit TO frafaldsvarsel_canary")
    assert differences(database) == [
        "frafaldsvarsel_canary has INSERT of audit, and needs it not.",
        "frafaldsvarsel_canary has SELECT of messages, and needs it not.",
        "frafaldsvarsel_ledger has GRANT OPTION FOR INSERT of audit, and needs it not.",
    ]
    bring_up(user(database, MIGRATE))
    assert differences(database) == []


def test_what_only_a_dba_can_mend_is_left_and_said(database: str) -> None:
    bring_up(database)
    with connected(database) as admin:
        admin.execute("ALTER ROLE frafaldsvarsel_inbox BYPASSRLS")
        admin.execute("ALTER ROLE frafaldsvarsel_ledger RESET log_min_messages")
        admin.execute("GRANT frafaldsvarsel_owner TO frafaldsvarsel_notify")
        admin.execute("ALTER TABLE skips OWNER TO postgres")
        admin.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO PUBLIC").format(sql.Identifier(admin.info.dbname))
        )
    said = [
        "frafaldsvarsel_ledger lacks the setting log_min_messages=log.",
        "frafaldsvarsel_notify belongs to frafaldsvarsel_owner, and needs it not.",
        "frafaldsvarsel_notify has CREATE on the schema public.",
        "frafaldsvarsel_inbox is bypassrls, and needs it not.",
        "skips belongs to postgres, not to frafaldsvarsel_owner.",
    ]
    everybody = [one for one in differences(database) if "CREATE on the database" in one]
    assert len(everybody) == len(EVERY_ROLE) - 1
    assert [one for one in differences(database) if one not in everybody] == said
    with pytest.raises(NotSetUp, match="skips belongs to postgres"):
        bring_up(user(database, MIGRATE))
    with connected(database) as admin:
        admin.execute("REVOKE frafaldsvarsel_owner FROM frafaldsvarsel_notify")
    assert bring_up(database).left == []
    assert differences(database) == []


def test_whoever_may_not_become_the_owner_is_told_what_to_do(database: str) -> None:
    bring_up(database)
    with pytest.raises(NotSetUp, match="migrate --print"):
        bring_up(user(database, DatabaseRole.LEDGER))


def test_a_later_versions_schema_is_good_and_its_rights_are_left_alone(database: str) -> None:
    bring_up(database)
    with connected(database) as admin:
        admin.execute("INSERT INTO migrations (name) VALUES ('9999_later.sql')")
        admin.execute("GRANT DELETE ON steps TO frafaldsvarsel_notify")
    done = bring_up(user(database, MIGRATE))
    assert (done.newer, [*done.revoked]) == (["9999_later.sql"], [])
    with connected(database, DatabaseRole.NOTIFY) as connection:
        assert not_ready(connection, DatabaseRole.NOTIFY) is None


def test_a_process_does_not_begin_before_schema_and_rights_are_there(database: str) -> None:
    with connected(database) as admin:
        admin.execute(script().partition("-- 2.")[0].encode())
    with connected(database, DatabaseRole.INBOX) as connection:
        told = not_ready(connection, DatabaseRole.INBOX)
        assert told is not None
        assert told.startswith("Not applied to the database: 0001_ledger.sql")
        asyncio.run(migrate.migrate(user(database, MIGRATE), role=OWNER))
        assert not_ready(connection, DatabaseRole.INBOX) == (
            "This user of the database may not read which migrations were applied."
        )
        bring_up(user(database, MIGRATE))
        assert not_ready(connection, DatabaseRole.INBOX) is None
    with connected(database) as admin:
        admin.execute("REVOKE INSERT ON acts FROM frafaldsvarsel_inbox")
        assert not_ready(admin, DatabaseRole.INBOX) is None, (
            "another user's rights are not the table's to judge"
        )
    with connected(database, DatabaseRole.INBOX) as connection:
        assert not_ready(connection, DatabaseRole.INBOX) == "frafaldsvarsel_inbox lacks INSERT of acts."


@pytest.mark.parametrize("role", [role for role in DatabaseRole if role not in NO_LOG_IN])
def test_a_process_can_make_nothing_and_become_nobody(database: str, role: DatabaseRole) -> None:
    bring_up(database)
    refused: list[LiteralString] = [
        "CREATE TABLE mine (x int)",
        "CREATE TEMPORARY TABLE mine (x int)",
        "SET ROLE frafaldsvarsel_owner",
        "SET ROLE postgres",
        "TRUNCATE audit",
        "UPDATE audit SET kind = 'x'",
        "DELETE FROM audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TABLE skips",
        "INSERT INTO migrations (name) VALUES ('x')",
        "SET log_min_messages = 'debug1'",
        "COPY skips TO '/tmp/x'",
    ]
    if role is not DatabaseRole.INBOX:
        refused.append("SELECT * FROM inbox_sessions")
    with connected(database, role) as connection:
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_log_holds_no_statement_no_parameter_and_no_row(database: str, database_server: Database) -> None:
    """Errors of every kind whose words, details or statements carry a value."""
    bring_up(database)
    log = database_server.data / "postgres.log"
    before = len(log.read_bytes())
    with connected(database, DatabaseRole.LEDGER) as connection:
        add: LiteralString = "INSERT INTO person_joins (person_id, joined_to) VALUES (%s, %s)"
        connection.execute(add, (CPR, "b"))
        failing: list[tuple[LiteralString, tuple[object, ...]]] = [
            (add, (CPR, "b")),  # unique: the detail names the key
            (
                "INSERT INTO outbox (id, topic, key, value, due_at) VALUES (%s, 't', 'k', '', %s)",
                ("1", CPR + "x"),
            ),
            ("SELECT %s::text::uuid", (CPR,)),
            ("SELECT 1/0 WHERE %s = %s", (CPR, CPR)),
            (
                'INSERT INTO receipts (topic, partition, "offset", appended_at, status, detail) '
                "VALUES ('t', 0, 0, now(), %s, %s)",
                ("no", CPR),
            ),  # check: the detail is the row
            ("INSERT INTO receipts (topic, partition, \"offset\", detail) VALUES ('t', 0, 0, %s)", (CPR,)),
            (f"SELECT nothing FROM nowhere WHERE cpr = '{CPR}'", ()),  # noqa: S608 - made up
            (f"SELECT '{CPR}'::int[]", ()),
        ]
        for statement, values in failing:
            with pytest.raises(psycopg.Error):
                connection.execute(statement, values)
    with connected(database) as admin:  # the log is really written
        admin.execute("DO $$ BEGIN RAISE LOG 'a line of the log'; END $$")
    written = log.read_bytes()[before:].decode()
    assert "a line of the log" in written
    assert CPR not in written
    assert "ERROR" not in written


def test_two_at_once_grant_once(database: str) -> None:
    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(bring_up, database) for _ in range(3)))

    asyncio.run(both())
    assert differences(database) == []


def test_it_waits_for_whoever_holds_a_table_that_is_handed_over(database: str, old_user: str) -> None:
    asyncio.run(migrate.migrate(old_user))
    waits: list[float] = []
    with psycopg.connect(old_user) as holder:
        holder.execute("LOCK TABLE tasks IN ACCESS SHARE MODE")

        def release(seconds: float) -> None:
            waits.append(seconds)
            holder.rollback()

        assert len(bring_up(database, sleep=release).left) == 1
    assert len(waits) == 1


def test_every_role_is_printed_and_no_password() -> None:
    text = script()
    assert all(f"CREATE ROLE {role} " in text for role in EVERY_ROLE)
    assert "PASSWORD" not in text


def command(database: str, *options: str, keys: Path | None = None) -> tuple[int, str]:
    told = {PREFIX + "MIGRATE_DATABASE_URL": user(database, MIGRATE)}
    if keys is not None:
        told[PREFIX + "KEYS_DIR"] = str(keys)
    done = CliRunner().invoke(commands("migrate"), ["migrate", *options], env=told)
    return done.exit_code, done.output


def test_the_command_does_looks_and_prints(database: str, tmp_path: Path) -> None:
    KeyStore(tmp_path).make(KeyPurpose.VISIT, None, datetime(2026, 1, 1, tzinfo=UTC))
    with connected(database) as admin:
        admin.execute(script().partition("-- 2.")[0].encode())
    code, said = command(database, "--check")
    assert (code, "To be applied: 0001_ledger.sql" in said) == (1, True)
    code, said = command(database)
    assert (code, "+ 0001_ledger.sql" in said, "+ GRANT" in said) == (0, True, True)
    code, said = command(database, "--check")
    assert (code, "Rows are not kept apart by unit" in said) == (1, True)
    code, said = command(database, keys=tmp_path / KeyHolder.MIGRATE)
    assert (code, "+ CREATE POLICY of_the_visit ON tasks" in said) == (0, True)
    assert command(database, "--check") == (0, "✓ Schema and rights are of this version.\n")
    assert command(database) == (0, "Schema and rights are of this version.\n")
    assert command(database, "--print") == (0, script())
    with connected(database) as admin:
        admin.execute("GRANT DELETE ON audit TO frafaldsvarsel_inbox")
        admin.execute("ALTER ROLE frafaldsvarsel_canary RESET ALL")
    code, said = command(database, "--check")
    assert (code, "frafaldsvarsel_inbox has DELETE of audit" in said) == (1, True)
    code, said = command(database)
    assert (code, '+ REVOKE DELETE ON "audit" FROM frafaldsvarsel_inbox' in said) == (0, True)
    assert "frafaldsvarsel_canary lacks the setting" in said
    assert "migrate --print" in said


def test_the_command_repeats_no_address(database: str) -> None:
    told = {PREFIX + "MIGRATE_DATABASE_URL": "postgresql://u:geheim@127.0.0.1:1/d"}
    done = CliRunner().invoke(commands("migrate"), ["migrate"], env=told)
    assert (done.exit_code, "geheim" in done.output) == (2, False)
    done = CliRunner().invoke(
        commands("migrate"),
        ["migrate"],
        env={PREFIX + "MIGRATE_DATABASE_URL": user(database, DatabaseRole.AUDIT)},
    )
    assert (done.exit_code, "migrate --print" in done.output) == (1, True)
