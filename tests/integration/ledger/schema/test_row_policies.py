"""What keeps rows apart is compared with the catalogue: what is missing, off or changed is said, and mended."""

from collections.abc import Iterator
from typing import Final, LiteralString

import psycopg
import pytest

from config.database_roles import MIGRATE, DatabaseRole
from crypto.visit_token import VisitKey
from doctor.judgements.database_rights import database_rights
from doctor.readers.database_rights import read_database_rights
from infra.postgres import SyncConnection
from ledger.schema.apply_rights import bring_up, check, not_ready
from ledger.schema.row_policies import EVERY_ROW, OF_NOBODY, POLICIES
from ledger.schema.visit_keys import has_keys
from tests.integration.ledger.schema.unit_rows import KEY, user

APART: Final = (
    "Rows are not kept apart by unit: no key of visits was handed to the database "
    "(docs/operations.md, Rows by unit)."
)
_OF_SOMEBODY: Final[LiteralString] = """
SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname = ANY(%s)
"""


@pytest.fixture
def admin(database: str) -> Iterator[SyncConnection]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


def said(database: str) -> list[str]:
    """By whoever looks: the catalogue is everybody's to read."""
    with psycopg.connect(user(database, DatabaseRole.OPERATOR), autocommit=True) as connection:
        return [one.sentence for one in check(connection)]


def test_whoever_sees_every_row_is_told_and_nobody_else() -> None:
    assert set(EVERY_ROW) == set(DatabaseRole) - {DatabaseRole.INBOX, DatabaseRole.ACT}
    assert not set(POLICIES) & set(OF_NOBODY)


def test_every_table_that_names_a_person_a_unit_or_a_task_has_policies(
    database: str, admin: SyncConnection
) -> None:
    bring_up(database, visit_keys=[KEY])
    named = ["person_id", "unit_id", "task_id", "delivery_id", "sealed", "event_id", "sender"]
    found = {table for (table,) in admin.execute(_OF_SOMEBODY, (named,)).fetchall()}
    assert found - set(POLICIES) == set()
    rows = admin.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    ).fetchall()
    assert {table for (table,) in rows} == {*POLICIES, *OF_NOBODY}


def test_without_a_key_nothing_is_kept_apart_and_that_is_said(database: str, admin: SyncConnection) -> None:
    assert not bring_up(database).limited
    assert said(database) == [APART]
    assert not has_keys(admin)
    with psycopg.connect(user(database, DatabaseRole.INBOX), autocommit=True) as inbox:
        assert not_ready(inbox, DatabaseRole.INBOX) is None, "it waits for nobody who upgrades step by step"
        assert inbox.execute("SELECT visit_holds()").fetchone() == (True,)
    assert bring_up(user(database, MIGRATE), visit_keys=[KEY]).limited
    assert said(database) == []
    assert bring_up(user(database, MIGRATE)).limited == [], "the keys stay that are there"


def test_what_was_tampered_with_is_named_and_mended(database: str, admin: SyncConnection) -> None:
    bring_up(database, visit_keys=[KEY])
    tampered: list[LiteralString] = [
        "ALTER TABLE tasks NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE audit DISABLE ROW LEVEL SECURITY",
        "DROP POLICY of_the_visit ON messages",
        "ALTER POLICY of_the_visit ON acts USING (true)",
        "ALTER POLICY everything ON steps TO frafaldsvarsel_inbox, frafaldsvarsel_ledger",
        "CREATE POLICY more ON plans TO frafaldsvarsel_inbox USING (true)",
        "CREATE TABLE notes (person_id text)",
        "REVOKE EXECUTE ON FUNCTION visit_units() FROM frafaldsvarsel_inbox",
        "GRANT EXECUTE ON FUNCTION admit_person(uuid) TO frafaldsvarsel_notify",
    ]
    for statement in tampered:
        admin.execute(statement)
    assert said(database) == [
        "Row-level security of audit is off, or not forced.",
        "Row-level security of tasks is off, or not forced.",
        "The policy everything of steps is missing or changed.",
        "The policy of_the_visit of acts is missing or changed.",
        "The policy of_the_visit of messages is missing or changed.",
        "frafaldsvarsel_inbox may not call visit_units().",
        "frafaldsvarsel_notify may call admit_person(uuid), and needs it not.",
        "notes has no policy, and nobody has said that it tells of no person and no unit.",
        "plans has a policy more, and needs it not.",
    ]
    with psycopg.connect(user(database, DatabaseRole.OPERATOR), autocommit=True) as operator:
        seen = read_database_rights(lambda text, values: operator.execute(text, values).fetchall())
    (told,) = database_rights(seen)
    assert told.level == "fault"
    assert "Row-level security of audit" in told.sentence
    admin.execute("DROP TABLE notes")
    assert bring_up(user(database, MIGRATE)).limited
    assert said(database) == []


def test_a_key_that_was_retired_opens_nothing_any_more(database: str, admin: SyncConnection) -> None:
    bring_up(database, visit_keys=[KEY, VisitKey("k2", b"another")])
    bring_up(database, visit_keys=[VisitKey("k2", b"another")])
    assert admin.execute("SELECT kid FROM visit_keys").fetchall() == [("k2",)]
