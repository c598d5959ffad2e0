"""Rows of three units, made by a superuser: a task each with all that belongs to it, and one person at two units."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from crypto.visit_token import VisitKey
from infra.postgres import SyncConnection
from ledger.schema.row_policies import POLICIES
from tests.fixtures.databases import Databases

KEY: Final = VisitKey("k1", b"a key of the tests alone, 32 byte")
OURS, THEIRS, OTHER = "jc-0101", "jc-0751", "jc-0147"
READER: Final = "w"
"""Who has taken each task, and keeps something beside it."""
TASKS: Final = (("anna", OURS), ("bo", THEIRS), ("anna", THEIRS), ("cy", OTHER))
"""Person and unit, by the task's number from 1 on."""
COUNTED: Final = (*(table for table, policy in POLICIES.items() if policy.seen is not None), "footings")
NOTHING: Final = dict.fromkeys(COUNTED, 0)
OF_OUR_TASK: Final = {**dict.fromkeys(COUNTED, 1), "audit": 2}
"""What `OURS` sees: beside the task's line of the audit trail, the one of a search in vain."""
DRAW: Final[LiteralString] = "SELECT visit_number()"
TELL: Final[LiteralString] = "SELECT set_config('frafaldsvarsel.visit', %s, false)"


def user(url: str, name: str) -> str:
    """The address as another user."""
    return url.replace("//postgres@", f"//{name}@")


@contextmanager
def database_of_units(databases: Databases) -> Iterator[str]:
    """A database with these rows, in which rows are kept apart; its address as the superuser."""
    with databases.brought_up([KEY]) as url:
        with psycopg.connect(url, autocommit=True) as admin:
            for number, (person, unit) in enumerate(TASKS, 1):
                _task(admin, number, person, unit)
            undecided = {"verdict": {"evidence": {"municipality_code": "0101"}}}
            _message(admin, "u", "dora", None, "undecided", undecided)
            for number, (_, unit) in enumerate(TASKS, 1):
                _absence(admin, number, unit)
            admin.execute(
                "INSERT INTO saved_views (user_id, name, query) VALUES (%s, 'n', 'vis=mine')", (READER,)
            )
        yield url


def task(number: int) -> UUID:
    """Its id."""
    return UUID(int=number)


def tell(connection: SyncConnection, token: str) -> None:
    """As the inbox does."""
    connection.execute(TELL, (token,))


def good(
    connection: SyncConnection,
    *units: str,
    key: VisitKey = KEY,
    seconds: int = 60,
    reader: str = "",
    **more: list[str],
) -> str:
    """A token for the number that the connection draws now."""
    ((number,),) = connection.execute(DRAW).fetchall()
    return key.token(units=units, until=int(time.time()) + seconds, number=number, reader=reader, **more)


def serve(connection: SyncConnection, *units: str) -> None:
    """From now on the connection serves these units."""
    tell(connection, good(connection, *units))


def seen(connection: SyncConnection) -> dict[str, int]:
    """Rows of each table that a statement without any condition gives."""
    found = {}
    for table in COUNTED:
        ((number,),) = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ).fetchall()
        found[table] = int(number)
    return found


def _message(
    admin: SyncConnection, name: str, person: str, of: UUID | None, outcome: str, decision: object = None
) -> None:
    admin.execute(
        "INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, law_version, registered_at, "
        "review_on, appended_at, origin_topic, origin_partition, origin_offset, decision, task_id, sealed) "
        "VALUES ('280001', %s, %s, 1, %s, 'obliged', 'v', now(), '2020-01-01', now(), 'dropout-risks', 0, 0, %s, %s, "
        "'v1.sealed')",
        (name, person, outcome, json.dumps(decision or {"cause": {"partition": 0}}), of),
    )


def _absence(admin: SyncConnection, number: int, unit: str) -> None:
    admin.execute(
        "INSERT INTO stand_ins (id, unit_id, user_id, user_name, stand_in_id, stand_in_name, first_day, last_day) "
        "VALUES (%s, %s, 'a', 'A', %s, 'W', '2020-01-01', '2199-01-01')",
        (task(number), unit, READER),
    )
    admin.execute(
        "INSERT INTO colleagues VALUES ('a', %s, 'A', '2099-01-01') ON CONFLICT DO NOTHING", (unit,)
    )


def _task(admin: SyncConnection, number: int, person: str, unit: str) -> None:
    values = {
        "id": task(number),
        "n": number,
        "person": person,
        "unit": unit,
        "act": UUID(int=100 + number),
        "reader": READER,
    }
    statements: list[LiteralString] = [
        "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
        "VALUES (%(id)s, 'FV-' || %(n)s, %(person)s, 'e' || %(n)s, %(unit)s, 'open', '2020-01-01', now())",
        "INSERT INTO acts (id, task_id, number, kind, detail, by_id, by_name, via, at, person_id, partition, "
        "after_offset) VALUES (%(act)s, %(id)s, 1, 'take', '{}', 'w', 'W', 'page', now(), %(person)s, 0, 0)",
        "INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, channel, unit_id, recipient, deadline) "
        "VALUES (%(id)s, %(id)s, 'new', 'event', '0:1', 'email', %(unit)s, 'a@b.example', now())",
        "INSERT INTO attempts VALUES (%(id)s, 1, now(), 'taken', 250, '')",
        "INSERT INTO bounces (delivery_id, report, action, status, found) VALUES (%(id)s, 'r', 'failed', '5', 'f')",
        "INSERT INTO steps (id, task_id, kind, due_at, about) VALUES (%(id)s, %(id)s, 'reminder', now(), current_date)",
        "INSERT INTO plans (task_id, status, react_by, seen, policy) "
        "VALUES (%(id)s, 'open', current_date, false, 'p')",
        "INSERT INTO follow_ups (user_id, task_id, day) VALUES (%(reader)s, %(id)s, '2020-01-01')",
        "INSERT INTO seen_tasks (user_id, task_id, version, seen_at) VALUES (%(reader)s, %(id)s, -9, '2020-01-01')",
        "INSERT INTO audit (kind, task_id) VALUES ('task_opened', %(id)s)",
        "INSERT INTO audit (kind, detail) SELECT 'found_by_cpr', "
        "jsonb_build_object('units', jsonb_build_array(%(unit)s::text), 'person_id', 'nobody') WHERE %(n)s <> 3",
        "INSERT INTO transfers VALUES (%(person)s, 'e' || %(n)s, 'jc-0101', 'jc-0751', %(act)s)",
        "INSERT INTO person_joins VALUES (%(person)s || '-before', %(person)s) ON CONFLICT DO NOTHING",
        "INSERT INTO resealed VALUES ('280001', 'm' || %(n)s, %(person)s, 'v2.sealed')",
        "INSERT INTO outbox VALUES ('o' || %(n)s, 'task-events', %(person)s, '')",
        'INSERT INTO subjects (topic, partition, "offset", person_id, kind, name, sender, event_id, registered_at, '
        "rank, appended_at, counts, names_nothing) VALUES ('t', 0, %(n)s, %(person)s, 'message', 'n', '280001', 'e', "
        "now(), 0, now(), true, false)",
    ]
    for statement in statements:
        admin.execute(statement, values)
        if statement.startswith("INSERT INTO tasks"):
            _message(admin, f"m{number}", person, task(number), "obliged")
