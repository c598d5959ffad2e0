"""A database as the version before 0012 left it, and its statements about `deliveries.cause`, word for word."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import psycopg

from ledger.schema.migrate import MIGRATIONS
from models.ids import delivery_id, digest_id

TASK: Final = UUID(int=1)
STEP: Final = UUID(int=2)
ACT: Final = UUID(int=3)
DAY: Final = date(2026, 10, 9)
OFF_AT: Final = datetime(2026, 10, 9, 8, tzinfo=UTC)
CAUSES: Final = {
    "3:17": ("event", "3:17"),
    f"step:{STEP}": ("step", str(STEP)),
    f"act:{ACT}": ("act", str(ACT)),
    f"digest:{DAY}": ("digest", str(DAY)),
    f"endpoint:gone:{OFF_AT.isoformat()}": ("endpoint", f"gone:{OFF_AT.isoformat()}"),
}
"""Every kind of cause: as it was written, and as it is now."""
OCCASIONS: Final = {
    "digest": "digest", "endpoint": "channel_off", "step": "reminder", "act": "handed_over",
}  # fmt: skip
INSERT: Final = """
INSERT INTO deliveries (id, task_id, occasion, cause, channel, audience, unit_id, recipient, deadline)
VALUES (%s, %s, %s, %s, 'email', 'unit', 'jc-0101', %s, now() + interval '5 days')
"""
STEP_OF: Final = """
SELECT s.id FROM deliveries d JOIN steps s ON s.id = CASE WHEN d.cause LIKE 'step:%%' THEN substr(d.cause, 6)::uuid END
"""
MORNINGS: Final = """
SELECT g.day FROM digests g JOIN deliveries d ON (d.unit_id, d.cause) = (g.unit_id, 'digest:' || g.day)
"""
PLACES: Final = """
SELECT split_part(cause, ':', 1)::int, split_part(cause, ':', 2)::bigint FROM deliveries WHERE occasion = 'new'
"""
TOLD: Final = "SELECT DISTINCT task_id, cause FROM deliveries WHERE task_id = ANY(%s) AND cause = ANY(%s)"
NOTED: Final = (
    "CREATE TABLE migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
)


def make(url: str) -> None:
    """The tables as they were, with a task, a step and a morning."""
    with psycopg.connect(url) as connection:
        connection.execute(NOTED)
        for file in sorted(MIGRATIONS.glob("*.sql")):
            if file.name < "0012":
                connection.execute(file.read_bytes())
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (file.name,))
        connection.execute(
            "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
            "VALUES (%s, 'FV-1', 'p', 'e', 'jc-0101', 'open', '2026-10-20', now())",
            (TASK,),
        )
        connection.execute(
            "INSERT INTO steps (id, task_id, kind, due_at, about) VALUES (%s, %s, 'reminder', now(), '2026-10-20')",
            (STEP, TASK),
        )
        connection.execute(
            "INSERT INTO digests (unit_id, day, due_at, status) VALUES ('jc-0101', %s, now(), 'fired')",
            (DAY,),
        )


def write(url: str, recipient: str, number: int = 1) -> None:
    """One notice for each kind of cause and recipient, by the statement of the version before."""
    with psycopg.connect(url) as connection:
        for text in CAUSES:
            for again in range(number):
                insert(connection, text, recipient if number == 1 else f"{recipient}-{again}")


def insert(connection: psycopg.Connection[tuple[object, ...]], text: str, recipient: str) -> UUID:
    """One, under the id that the version before computes."""
    kind = text.partition(":")[0]
    occasion = {"digest": "digest", "endpoint": "channel_off", "step": "reminder", "act": "handed_over"}.get(
        kind, "new"
    )
    task = None if occasion == "digest" else TASK
    made = (
        digest_id("jc-0101", text, "email", recipient)
        if task is None
        else delivery_id(task, occasion, text, "email", recipient)
    )
    connection.execute(INSERT, (made, task, occasion, text, recipient))
    return made
