"""Who acts is said by the log-in to PostgreSQL, on a server that asks for passwords."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from config.settings import PREFIX
from frafaldsvarsel.commands import commands
from frafaldsvarsel.commands.context import account
from ledger.schema.apply_rights import bring_up
from ledger.store import audit_trail
from ledger.store.personal_login import DatabaseLogin, who_is_logged_in
from local.servers.postgres import Database
from models.audit_kind import AuditKind

OPERATOR = "frafaldsvarsel_operator"
SAID = {"by": "the mayor", "because": "x"}


@dataclass(frozen=True)
class Server:
    """One with a role for each of two people, and passwords for all but the superuser."""

    database: Database
    name: str

    def url(self, user: str) -> str:
        plain = urlsplit(self.database.url_of(self.name, user))
        return plain._replace(netloc=f"{quote(user)}:secret@").geturl()

    def connect(self, user: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(user), autocommit=True)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    server = Database(tmp_path_factory.mktemp("postgres-with-passwords"))
    server.start()
    bring_up(server.url)
    with psycopg.connect(server.url, autocommit=True) as connection:
        for person in ("anna", "bo"):
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'secret' IN ROLE frafaldsvarsel_operator").format(
                    sql.Identifier(person)
                )
            )
        for role in (OPERATOR, "frafaldsvarsel_inbox"):
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD 'secret'").format(sql.Identifier(role)))
        hba = connection.execute("SHOW hba_file").fetchone()
        assert hba is not None
        Path(hba[0]).write_text(
            "local all postgres trust\n"
            "local all frafaldsvarsel_insight peer map=people\n"
            "local all all scram-sha-256\n",
            "utf-8",
        )
        ident = connection.execute("SHOW ident_file").fetchone()
        assert ident is not None
        Path(ident[0]).write_text(f"people {account()} frafaldsvarsel_insight\n", "utf-8")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server(started: Database) -> Iterator[Server]:
    yield Server(started, "postgres")
    with psycopg.connect(started.url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres RESET ALL")


def run(server: Server, user: str, *words: str) -> Result:
    return CliRunner().invoke(commands(), [*words], env={f"{PREFIX}DATABASE_URL": server.url(user)})


def noted(server: Server, user: str, detail: dict[str, str]) -> dict[str, str]:
    """What stands in the trail when `user` adds a line that says `detail`."""
    with server.connect(user) as connection:
        connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.RECORD_SKIPPED, detail))
    with psycopg.connect(server.database.url) as connection:
        row = connection.execute("SELECT detail FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    told: dict[str, str] = row[0]
    return told


def test_the_trail_has_who_has_logged_in_whatever_a_client_says(server: Server) -> None:
    assert noted(server, "anna", SAID) == {**SAID, "by": "anna", "login": "scram-sha-256:anna"}
    assert noted(server, "anna", {"by_id": "clerk", "by_name": "A clerk"})["by"] == "anna", "posing as a page"
    lie = {"by": "bo", "login": "cert:CN=bo"}
    assert noted(server, OPERATOR, lie) == {"by": "bo", "login": f"shared:{OPERATOR}"}


def test_what_the_pages_note_is_left_as_it_is(server: Server) -> None:
    by_page = {"by_id": "clerk", "by_name": "A clerk", "via": "page"}
    assert noted(server, "frafaldsvarsel_inbox", by_page) == by_page


def test_neither_another_role_nor_a_schema_of_ones_own_changes_who_it_is(server: Server) -> None:
    with server.connect("anna") as connection:
        connection.execute(f"SET ROLE {OPERATOR}")
        assert who_is_logged_in(connection) == DatabaseLogin("anna", "anna", shared_allowed=False)
        connection.execute("SET frafaldsvarsel.shared_logins = 'on'")
        assert not who_is_logged_in(connection).shared_allowed
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER DATABASE postgres SET frafaldsvarsel.shared_logins = 'on'")
    with server.connect(OPERATOR) as connection:
        assert who_is_logged_in(connection).person is None


def test_a_proved_person_may_come_as_a_role_of_the_service(server: Server) -> None:
    """By a certificate, Kerberos, OAuth or, as here, the machine's account, and a map of users."""
    with server.connect("frafaldsvarsel_insight") as connection:
        assert who_is_logged_in(connection) == DatabaseLogin(
            account(), "frafaldsvarsel_insight", shared_allowed=False
        )


def test_a_superuser_and_who_proves_nothing_is_nobody_in_person(server: Server) -> None:
    with psycopg.connect(server.database.url) as connection:
        assert who_is_logged_in(connection) == DatabaseLogin(None, "postgres", shared_allowed=False)


def test_a_command_acts_in_the_name_of_the_log_in_and_of_no_other(server: Server) -> None:
    ending = ("sessions", "end", "clerk", "--because", "left")
    assert run(server, "anna", *ending).exit_code == 0
    assert run(server, "anna", *ending, "--as", "anna").exit_code == 0
    other = run(server, "anna", *ending, "--as", "bo")
    assert (other.exit_code, "You are anna" in other.stderr) == (1, True)
    shared = run(server, OPERATOR, *ending, "--as", "anna")
    assert (shared.exit_code, "a log-in that several share" in " ".join(shared.stderr.split())) == (1, True)
    empty = run(server, "anna", "sessions", "end", "clerk", "--because", " ")
    assert empty.exit_code == 2


def test_a_database_for_a_trial_lets_people_name_themselves_and_marks_it(server: Server) -> None:
    bring_up(server.database.url, shared_logins=True)
    ending = ("sessions", "end", "clerk", "--because", "left", "--as", "bo")
    assert run(server, OPERATOR, *ending).exit_code == 0
    with psycopg.connect(server.database.url) as connection:
        row = connection.execute(
            "SELECT detail ->> 'by', detail ->> 'login' FROM audit ORDER BY id DESC"
        ).fetchone()
    assert row == ("bo", f"shared:{OPERATOR}")


def test_the_database_lets_nobody_approve_what_the_same_person_has_asked_for(server: Server) -> None:
    """Whatever names a client writes."""
    number, place = str(uuid4()), f"decisions/0@{uuid4().int % 1000}"
    skip = 'INSERT INTO skips (topic, partition, "offset", decided_by, because) VALUES (%s, %s, %s, %s, %s)'
    ask = "INSERT INTO requests (id, kind, what, because, asked_by) VALUES (%s, 'skip', %s, 'x', 'somebody')"
    approve = "UPDATE requests SET approved_by = %s, approved_because = 'x' WHERE id = %s"
    of_place = ("decisions", 0, int(place.partition("@")[2]), "anna", "x")
    with server.connect("anna") as anna, server.connect("bo") as bo, server.connect(OPERATOR) as shared:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shared.execute(ask, (number, [place]))
        anna.execute(ask, (number, [place]))
        with pytest.raises(psycopg.errors.CheckViolation):
            anna.execute(approve, ("bo", number))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            shared.execute(approve, ("bo", number))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            anna.execute("UPDATE requests SET asked_by = 'bo' WHERE id = %s", (number,))
        with pytest.raises(psycopg.errors.RestrictViolation):
            anna.execute(
                "INSERT INTO requests (id, kind, what, because, asked_by, approved_by, approved_because, approved_at) "
                "VALUES (gen_random_uuid(), 'skip', '{x}', 'x', 'bo', 'cy', 'x', now())"
            )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            anna.execute(skip, of_place)
        bo.execute(approve, ("anna", number))
        with pytest.raises(psycopg.errors.RestrictViolation):
            anna.execute(approve, ("cy", number))
        anna.execute(skip, of_place)
    with psycopg.connect(server.database.url) as connection:
        row = connection.execute(
            "SELECT asked_by, approved_by FROM requests WHERE id = %s", (number,)
        ).fetchone()
        trail = connection.execute(
            "SELECT kind, detail ->> 'by' FROM audit WHERE detail ->> 'request' = %s ORDER BY id", (number,)
        ).fetchall()
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("DELETE FROM requests")
    assert row == ("anna", "bo")
    assert trail == [("requested", "anna"), ("approved", "bo")]
