"""The database shows the inbox the rows of whom it serves, and nobody else's, whatever a statement asks for."""

import hmac
import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Final, LiteralString

import psycopg
import pytest

from config.database_roles import MIGRATE, DatabaseRole
from crypto.visit_token import VisitKey
from infra.postgres import SyncConnection
from ledger.schema.apply_rights import bring_up
from tests.fixtures.databases import Databases
from tests.integration.ledger.schema.unit_rows import (
    DRAW,
    KEY,
    NOTHING,
    OF_OUR_TASK,
    OTHER,
    OURS,
    READER,
    THEIRS,
    database_of_units,
    good,
    seen,
    serve,
    task,
    tell,
    user,
)

OWN: Final[tuple[LiteralString, ...]] = ("saved_views", "follow_ups", "seen_tasks")
REMOVED_BY_THE_READER: Final = OWN[:2]
BECOME_ACT: LiteralString = "SELECT set_config('role', 'frafaldsvarsel_act', true)"
ADMIT: LiteralString = "SELECT admit_person(%s)"


@pytest.fixture(scope="module")
def url(databases: Databases) -> Iterator[str]:
    with database_of_units(databases) as url:
        assert bring_up(user(url, MIGRATE), visit_keys=[KEY]).limited == []
        yield url


@pytest.fixture
def inbox(url: str) -> Iterator[SyncConnection]:
    with psycopg.connect(user(url, DatabaseRole.INBOX), autocommit=True) as connection:
        yield connection


def test_without_a_visit_nothing_is_there(inbox: SyncConnection) -> None:
    assert seen(inbox) == NOTHING


def test_a_unit_sees_its_own_rows(inbox: SyncConnection) -> None:
    serve(inbox, OURS)
    assert seen(inbox) == OF_OUR_TASK
    assert inbox.execute("SELECT unit_id FROM tasks").fetchall() == [(OURS,)]
    serve(inbox, OURS, OTHER)
    assert seen(inbox)["tasks"] == 2
    tell(inbox, "")
    assert seen(inbox) == NOTHING


def test_undecided_messages_are_seen_by_whoever_answers_for_the_municipality(inbox: SyncConnection) -> None:
    for municipalities, expected in ((["0101"], 1), (["0751"], 0), (["*"], 1), ([], 0)):
        tell(inbox, good(inbox, municipalities=municipalities))
        # What is sealed of it hangs on the message.
        assert seen(inbox) == NOTHING | {"messages": expected}


def test_a_refused_log_in_is_counted_by_whoever_is_not_logged_in(inbox: SyncConnection) -> None:
    with inbox.transaction(force_rollback=True):
        inbox.execute("INSERT INTO audit (kind) VALUES ('log_in_refused')")
        assert inbox.execute("SELECT kind, task_id FROM audit").fetchall() == [("log_in_refused", None)]


def test_what_is_forged_or_too_old_is_worth_nothing(inbox: SyncConnection) -> None:
    real = good(inbox, OURS)
    kid, until, bound, content, tag = real.split("|")
    number = int(bound.removeprefix("visit "))
    later = int(time.time()) + 60
    forged = [
        "|".join([kid, until, bound, f"{THEIRS};", tag]),
        "|".join([kid, str(int(until) + 10_000), bound, content, tag]),
        "|".join([kid, until, f"visit {number + 1}", content, tag]),
        "|".join(["k2", until, bound, content, tag]),
        "|".join([kid, until, bound, content, tag[:-1]]),
        "|".join([kid, until, bound, content, ""]),
        "|".join([kid, until, bound, content]),
        "|".join([kid, "x", bound, content, tag]),
        real + "|",
        "",
        "|",
        "||||",
        OURS,
        KEY.token(units=[OURS], until=int(time.time()) - 1, number=number),
        KEY.token(units=[OURS], until=later, number=number + 1),
        VisitKey("k1", b"another key").token(units=[OURS], until=later, number=number),
        VisitKey("k2", KEY.key).token(units=[OURS], until=later, number=number),
        KEY.token(units=[], until=later, number=number),
    ]
    for token in forged:
        tell(inbox, token)
        assert seen(inbox) == NOTHING, token
    tell(inbox, real)
    assert seen(inbox) == OF_OUR_TASK


def test_a_token_that_was_overheard_is_worth_nothing_elsewhere_or_later(
    inbox: SyncConnection, url: str
) -> None:
    real = good(inbox, OURS)
    tell(inbox, real)
    with psycopg.connect(user(url, DatabaseRole.INBOX), autocommit=True) as second:
        tell(second, real)
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            seen(second)
        serve(second, OTHER)
        tell(second, real)
        assert seen(second) == NOTHING
    serve(inbox, OTHER)
    tell(inbox, real)
    assert seen(inbox) == NOTHING, "the connection has served somebody else since"
    inbox.execute("DISCARD SEQUENCES")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        seen(inbox)


def test_no_number_is_drawn_twice(inbox: SyncConnection, url: str) -> None:
    with psycopg.connect(user(url, DatabaseRole.INBOX), autocommit=True) as second:
        drawn = [one.execute(DRAW).fetchone() for one in (inbox, second) * 60]
    assert len(set(drawn)) == 120


def test_the_inboxs_role_reads_no_key_and_makes_no_token(inbox: SyncConnection) -> None:
    for statement in (
        "SELECT * FROM visit_keys",
        "SELECT visit_mac('k1', 'x')",
        "SELECT visit_content('x', 'y')",
        "SELECT visit_served()",
        "SELECT setval('visit_numbers', 1)",
        "SELECT nextval('visit_numbers')",
        "INSERT INTO visit_keys VALUES ('k3', '', '')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            inbox.execute(statement.encode())


def test_an_act_sees_its_person_at_other_units_too_and_only_within_its_transaction(
    inbox: SyncConnection,
) -> None:
    with inbox.transaction():
        assert inbox.execute(ADMIT, (task(1),)).fetchone() == (False,), "nobody is served"
    serve(inbox, OURS)
    with inbox.transaction():
        assert inbox.execute(ADMIT, (task(2),)).fetchone() == (False,), "another unit's task"
        inbox.execute(BECOME_ACT)
        assert inbox.execute("SELECT FROM tasks").rowcount == 0
    with inbox.transaction():
        assert inbox.execute(ADMIT, (task(1),)).fetchone() == (True,)
        # Not before it has become the role; the owner's view works for the transaction.
        assert seen(inbox) == OF_OUR_TASK | {"footings": 2}
        inbox.execute(BECOME_ACT)
        assert inbox.execute("SELECT id FROM tasks ORDER BY id").fetchall() == [(task(1),), (task(3),)]
        for table in ("messages", "acts", "transfers", "plans", "steps", "footings"):
            assert inbox.execute(f"SELECT FROM {table}".encode()).rowcount == 2, table
        assert inbox.execute("UPDATE tasks SET version = version WHERE id = %s", (task(2),)).rowcount == 0
        kept = inbox.execute("SELECT current_setting('frafaldsvarsel.person')").fetchone()
    assert seen(inbox) == OF_OUR_TASK
    assert kept is not None
    with inbox.transaction():
        inbox.execute("SELECT set_config('frafaldsvarsel.person', %s, true), pg_current_xact_id()", kept)
        inbox.execute(BECOME_ACT)
        assert inbox.execute("SELECT FROM tasks").rowcount == 0, "it was of another transaction"


def test_outside_of_an_act_nothing_is_changed_and_only_the_trail_is_added_to(inbox: SyncConnection) -> None:
    serve(inbox, OURS)
    for statement in (
        "UPDATE tasks SET version = 9",
        "UPDATE steps SET status = 'stopped'",
        "DELETE FROM messages",
        "DELETE FROM transfers",
    ):
        assert inbox.execute(statement.encode()).rowcount == 0, statement
    adding: list[LiteralString] = [
        "INSERT INTO audit (kind, task_id) VALUES ('opened', %(theirs)s)",
        "INSERT INTO plans (task_id, status, react_by, seen, policy) VALUES (%(ours)s, 'o', now(), true, '')",
        "INSERT INTO outbox (id, topic, key, value) VALUES ('x', 'task-events', 'anna', '')",
        "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
        "VALUES (%(new)s, 'FV-9', 'anna', 'e9', %(unit)s, 'open', current_date, now())",
    ]
    values = {"ours": task(1), "theirs": task(2), "new": task(9), "unit": OURS}
    for statement in adding:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            inbox.execute(statement, values)
    with inbox.transaction(force_rollback=True):
        # Who looked up somebody that is not the unit's.
        inbox.execute("INSERT INTO audit (kind) VALUES ('found_by_cpr')")


@pytest.mark.parametrize(
    "role", [role for role in DatabaseRole if role not in (DatabaseRole.INBOX, DatabaseRole.ACT)]
)
def test_everybody_else_sees_every_unit(url: str, role: DatabaseRole) -> None:
    with psycopg.connect(user(url, role), autocommit=True) as connection:
        if role is DatabaseRole.TRAIL:
            assert connection.execute("SELECT count(*) FROM audit").fetchone() == (7,)
        else:
            assert connection.execute("SELECT count(*) FROM tasks").fetchone() == (4,)
        if role in (DatabaseRole.NOTIFY, DatabaseRole.LEDGER):
            assert connection.execute("SELECT count(task_id) FROM footings").fetchone() == (4,)


def test_nobody_logs_in_as_the_role_of_acts(url: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(user(url, DatabaseRole.ACT))


def test_the_tag_is_an_hmac(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        for content in ("", "x", "æ" * 200):
            expected = hmac.digest(KEY.key, content.encode(), sha256)
            assert admin.execute("SELECT visit_mac('k1', %s)", (content,)).fetchone() == (expected,)


@pytest.mark.parametrize("reader", ["", "another", "w;x", "W", "w "])
def test_what_a_reader_keeps_is_shown_and_left_to_the_reader_alone(
    inbox: SyncConnection, reader: str
) -> None:
    tell(inbox, good(inbox, OURS, THEIRS, reader=reader))
    for table in OWN:
        assert inbox.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]  # noqa: S608 - our own names
        if table in REMOVED_BY_THE_READER:
            assert inbox.execute(f"DELETE FROM {table}").rowcount == 0  # noqa: S608 - our own names
    for writes in (
        "INSERT INTO saved_views (user_id, name, query) VALUES ('w', 'theirs', '')",
        "INSERT INTO follow_ups (user_id, task_id, day) VALUES ('w', gen_random_uuid(), '2020-01-01')",
        "INSERT INTO seen_tasks (user_id, task_id, version) VALUES ('w', gen_random_uuid(), 1)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            inbox.execute(writes)
    tell(inbox, good(inbox, reader=READER))
    for table in OWN:
        ((number,),) = inbox.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 - our own names
        assert number > 0, table
    serve(inbox, OURS)
    assert inbox.execute("SELECT visit_reader()").fetchall() == [(None,)], "a program has no reader"
