"""The projection's SQL: one transaction for each batch, fenced by the position. Decides nothing."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from psycopg.types.json import Json

from infra.postgres import Connection, by_column, column_names, encoded_rows, json_rows
from ledger.store import audit_trail, deliveries
from ledger.tasks.rows import TASK_COLUMNS, TASK_IDENTITY, Changes, MessageRow, TaskRow, TransferRow
from models.eligibility.simple_decision import content_of, stored_decision
from models.notifications.cause import CauseKind, DeliveryCause
from models.reasons import DecisionReason
from models.tasks.actions import Ending
from models.tasks.status import TaskStatus

POSITIONS: Final[LiteralString] = "SELECT topic, partition, next_offset FROM position"
FIRST_POSITION: Final[LiteralString] = """
INSERT INTO position VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
MOVE_POSITIONS: Final[LiteralString] = """
WITH moves AS (
    SELECT * FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::bigint[]) AS m (topic, partition, was, next)
), held AS MATERIALIZED (  -- in order: of two ledgers one waits, and none for ever
    SELECT topic, partition FROM position JOIN moves USING (topic, partition)
    ORDER BY topic, partition FOR NO KEY UPDATE OF position
)
UPDATE position p SET next_offset = m.next FROM moves m JOIN held USING (topic, partition)
WHERE (p.topic, p.partition, p.next_offset) = (m.topic, m.partition, m.was)
RETURNING p.topic, p.partition
"""
NOW: Final[LiteralString] = "SELECT now()"
TRANSFERS: Final[LiteralString] = """
SELECT person_id, enrolment_id, decided_unit, unit_id, act_id FROM transfers
WHERE person_id = ANY(%s)
"""
TOLD: Final[LiteralString] = """
SELECT DISTINCT task_id, cause_ref FROM deliveries WHERE task_id = ANY(%s) AND cause_kind = %s AND cause_ref = ANY(%s)
"""
KNOW: Final[LiteralString] = """
INSERT INTO known_endpoints (unit_id, url) SELECT DISTINCT * FROM unnest(%s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""
SAY: Final[LiteralString] = """
INSERT INTO outbox (id, topic, key, value, due_at)
SELECT id, topic, key, value, clock_timestamp()
FROM json_to_recordset(%s) AS t (id text, topic text, key text, value bytea)
ON CONFLICT DO NOTHING
"""
TASK_NAMES: Final = ", ".join(TASK_COLUMNS)
TASK_CHANGES: Final = ", ".join(
    f"{name} = excluded.{name}" for name in TASK_COLUMNS if name not in TASK_IDENTITY
)
TASKS: Final = f"""
SELECT {TASK_NAMES} FROM tasks WHERE person_id IN (SELECT unnest(%s::text[]))
ORDER BY ordinal, id FOR NO KEY UPDATE OF tasks
"""
"""Not `= ANY`: with a prepared statement PostgreSQL would hold each row of a small table against each of the people."""
UPSERT_TASKS: Final = f"""
INSERT INTO tasks ({TASK_NAMES}) SELECT {TASK_NAMES} FROM json_populate_recordset(NULL::tasks, %s)
ON CONFLICT (id) DO UPDATE SET {TASK_CHANGES}, changed_at = now()
"""
DROP_TRANSFER: Final[LiteralString] = (
    "DELETE FROM transfers WHERE person_id = %s AND enrolment_id = %s AND decided_unit = %s"
)
UPSERT_TRANSFER: Final[LiteralString] = """
INSERT INTO transfers (person_id, enrolment_id, decided_unit, unit_id, act_id) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (person_id, enrolment_id, decided_unit) DO UPDATE SET unit_id = excluded.unit_id, act_id = excluded.act_id
"""
MESSAGES: Final[LiteralString] = """
SELECT decision, sealed, task_id FROM messages WHERE person_id = ANY(%s) AND (reason <> %s OR task_id IS NOT NULL
    OR (sender, message_id) IN (SELECT * FROM unnest(%s::text[], %s::text[])) OR person_id = ANY(%s))
FOR NO KEY UPDATE OF messages
"""
DROP_MESSAGE: Final[LiteralString] = (
    "DELETE FROM messages WHERE sender = %s AND message_id = %s AND person_id = %s"
)
_MESSAGE: Final[LiteralString] = (
    "sender text, message_id text, person_id text, revision int, outcome text, reason text, unit_id text, "
    "enrolment_id text, law_version text, review_on date, registered_at timestamptz, appended_at timestamptz, "
    "origin_topic text, origin_partition int, origin_offset bigint, sealed text, task_id uuid, decision text"
)
_MESSAGE_NAMES: Final = column_names(_MESSAGE)
UPSERT_MESSAGES: Final[LiteralString] = f"""
INSERT INTO messages ({_MESSAGE_NAMES}) SELECT {_MESSAGE_NAMES}::jsonb FROM json_to_recordset(%s) AS t ({_MESSAGE})
ON CONFLICT (sender, message_id, person_id) DO UPDATE SET
    revision = excluded.revision, outcome = excluded.outcome, reason = excluded.reason,
    unit_id = excluded.unit_id, enrolment_id = excluded.enrolment_id, law_version = excluded.law_version,
    review_on = excluded.review_on, registered_at = excluded.registered_at, appended_at = excluded.appended_at,
    origin_topic = excluded.origin_topic, origin_partition = excluded.origin_partition,
    origin_offset = excluded.origin_offset, decision = excluded.decision, sealed = excluded.sealed,
    task_id = excluded.task_id, recorded_at = now()
"""


class Fenced(Exception):
    """Somebody else has projected past our offset: drop the batch and read the position again."""


async def positions(connection: Connection) -> dict[tuple[str, int], int]:
    """The next offset of every partition that was ever projected."""
    cursor = await connection.execute(POSITIONS)
    return {(topic, partition): offset for topic, partition, offset in await cursor.fetchall()}


async def advance(connection: Connection, moves: Iterable[tuple[str, int, int | None, int]]) -> None:
    """Move each position from `old` (None: never projected) to `new`; raises `Fenced` where it stands elsewhere."""
    known: list[tuple[str, int, int, int]] = []
    for topic, partition, old, new in moves:
        if old is not None:
            known.append((topic, partition, old, new))
        elif (await connection.execute(FIRST_POSITION, (topic, partition, new))).rowcount != 1:
            raise Fenced(f"{topic}/{partition}")
    if known:
        moved = await (await connection.execute(MOVE_POSITIONS, by_column(known))).fetchall()
        stays = {(topic, partition) for topic, partition, *_ in known} - set(moved)
        if stays:
            raise Fenced(", ".join(f"{topic}/{partition}" for topic, partition in sorted(stays)))


async def know(connection: Connection, endpoints: Sequence[tuple[str, str]]) -> None:
    """Note since when these have been known, each a unit and an address; one that was noted keeps its time."""
    units, urls = [unit for unit, _ in endpoints], [url for _, url in endpoints]
    await connection.execute(KNOW, (units, urls))


async def now(connection: Connection) -> datetime:
    """The database's clock at the start of the transaction: the one clock of the ledger."""
    cursor = await connection.execute(NOW)
    rows: list[tuple[datetime]] = await cursor.fetchall()
    return rows[0][0]


async def rows_of(
    connection: Connection,
    people: Collection[str],
    named: Collection[tuple[str, str]] = (),
    whole: Collection[str] = (),
) -> tuple[list[MessageRow], list[TaskRow]]:
    """The messages and every task of `people`, locked until the transaction ends.

    Of the messages that were too many for a person only those in `named` (sender and id): a sender in a loop makes
    any number of them, they oblige nobody, and no task is made of them. Of those in `whole` all, to be moved.
    """
    senders, ids = [sender for sender, _ in named], [message for _, message in named]
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            MESSAGES, (list(people), DecisionReason.TOO_MANY_EVENTS, senders, ids, list(whole))
        )
        messages = [
            MessageRow(stored_decision(row["decision"], row["sealed"]), row["task_id"])
            for row in await cursor.fetchall()
        ]
        await cursor.execute(TASKS, (list(people),))
        tasks = [_task_row(row) for row in await cursor.fetchall()]
    return messages, tasks


async def transfers_of(connection: Connection, people: Collection[str]) -> list[TransferRow]:
    """What units have given to each other about `people`; to be read after `rows_of` has locked their rows."""
    cursor = await connection.execute(
        TRANSFERS,
        (list(people),),
    )
    return [
        TransferRow(named=(person, enrolment, decided), unit_id=unit, act_id=act)
        for person, enrolment, decided, unit, act in await cursor.fetchall()
    ]


async def told(
    connection: Connection, tasks: Collection[UUID], causes: Collection[DeliveryCause]
) -> list[tuple[UUID, DeliveryCause]]:
    """Task and cause of the notices about `tasks` that one of `causes`, person events, has made due already."""
    cursor = await connection.execute(TOLD, (list(tasks), CauseKind.EVENT, [cause.ref for cause in causes]))
    return [(task, DeliveryCause(CauseKind.EVENT, ref)) for task, ref in await cursor.fetchall()]


async def write(connection: Connection, changes: Changes) -> None:
    """Write what a batch has changed. Tasks before the messages that point at them."""
    await write_tasks(connection, changes)
    await write_messages(connection, changes, message_rows(changes))
    await write_notices(connection, changes)


async def write_tasks(connection: Connection, changes: Changes) -> None:
    """The tasks and the lines of the trail: what falls due about a task follows from both."""
    if changes.tasks:
        # The open ones last: of one subject there is never a second one, not even for a moment.
        tasks = sorted(changes.tasks.values(), key=lambda task: task.status is TaskStatus.OPEN)
        await connection.execute(UPSERT_TASKS, (json_rows(tasks),))
    if changes.audit:
        await connection.execute(audit_trail.APPEND_ALL, (json_rows(changes.audit),))


def message_rows(changes: Changes) -> Json:
    """The parameter of `UPSERT_MESSAGES`, which takes long to make."""
    return encoded_rows([_message(row) for row in changes.messages.values()])


async def write_messages(connection: Connection, changes: Changes, rows: Json) -> None:
    """The messages, which point at tasks; `rows`: as `message_rows` has made them."""
    if changes.moved:
        async with connection.cursor() as cursor:
            await cursor.executemany(DROP_MESSAGE, sorted(changes.moved))
    if changes.messages:
        await connection.execute(UPSERT_MESSAGES, (rows,))


async def write_notices(connection: Connection, changes: Changes) -> None:
    """The rest: who has a duty besides, and who is told."""
    async with connection.cursor() as cursor:
        given = [row for row in changes.transfers.values() if row is not None]
        void = [named for named, row in changes.transfers.items() if row is None]
        if void:
            await cursor.executemany(DROP_TRANSFER, void)
        if given:
            await cursor.executemany(
                UPSERT_TRANSFER, [(*row.named, row.unit_id, row.act_id) for row in given]
            )
        if changes.deliveries:
            await cursor.execute(deliveries.ADD, (deliveries.rows_of(changes.deliveries.values()),))
            await cursor.execute(deliveries.NOTIFY)
        if changes.outbox:
            said = [
                {"id": row.id, "topic": row.topic, "key": row.key, "value": "\\x" + row.value.hex()}
                for row in changes.outbox
            ]
            await cursor.execute(SAY, (json_rows(said),))


def _task_row(row: dict[str, Any]) -> TaskRow:
    ending = row["ending"]
    return TaskRow(
        **{**row, "status": TaskStatus(row["status"]), "ending": None if ending is None else Ending(ending)}
    )


def _message(row: MessageRow) -> dict[str, object]:
    message, verdict = row.decision.message, row.decision.verdict
    return {
        "sender": message.sender,
        "message_id": message.message_id,
        "person_id": message.person_id,
        "revision": row.decision.revision,
        "outcome": verdict.outcome,
        "reason": verdict.reason,
        "unit_id": verdict.unit_id,
        "enrolment_id": verdict.evidence.enrolment_id,
        "law_version": verdict.law_version,
        "review_on": verdict.review_on,
        "registered_at": message.registered_at,
        "appended_at": message.origin.appended_at,
        "origin_topic": message.origin.topic,
        "origin_partition": message.origin.partition,
        "origin_offset": message.origin.offset,
        "decision": content_of(row.decision),
        "sealed": row.decision.sealed,
        "task_id": row.task_id,
    }
