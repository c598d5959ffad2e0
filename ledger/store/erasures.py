"""The SQL that forgets a person: what is sealed, what was decided, who has looked; a task's row stays for figures.

In one transaction with the mark that asks for it (docs/decisions/0054). Done twice, it finds nothing the second time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Final, LiteralString, Self
from uuid import UUID

from psycopg.types.json import Jsonb

from infra.postgres import Connection
from ledger.store import audit_trail, subjects
from models.audit_kind import AuditKind
from models.eligibility.decision import ErasureMark

ERASED: Final = "erased"
"""In place of a pseudonym, where only the place of a record has still to be accounted for."""
_RANDOM: Final[LiteralString] = "'erased:' || gen_random_uuid()"
_FIGURES: Final[LiteralString] = (
    "unit_id, react_by, appended_at, mentor_until, opened_at, changed_at, version, ending, acknowledged_at, attempts, "
    "reached_at, closed_at, ordinal"
)
"""Of a task what is counted. Who has worked on it is not."""

_LOCK: Final = 0x46_52_52_46
BESIDE: Final[LiteralString] = "SELECT pg_advisory_xact_lock_shared(%s)"
ALONE: Final[LiteralString] = "SELECT pg_advisory_xact_lock(%s)"
KNOWN: Final[LiteralString] = """
SELECT person, erased_before, partition, "offset", request FROM erasures WHERE person = ANY(%s)
"""
NOTE: Final[LiteralString] = """
INSERT INTO erasures AS e (person, erased_before, partition, "offset", request) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (person) DO UPDATE SET erased_before = greatest(e.erased_before, excluded.erased_before),
    partition = greatest(e.partition, excluded.partition), "offset" = CASE
        WHEN e.partition > excluded.partition THEN e."offset"
        WHEN e.partition < excluded.partition THEN excluded."offset"
        ELSE greatest(e."offset", excluded."offset") END,
    request = excluded.request
"""
FORGET_JOINS: Final[LiteralString] = "DELETE FROM person_joins WHERE person_id = ANY(%s)"
FORGET_MESSAGES: Final[LiteralString] = """
DELETE FROM messages WHERE person_id = %s AND appended_at < %s
RETURNING sender, message_id, coalesce(decision #>> '{message,sent_as}', person_id)
"""
FORGET_RESEALED: Final[LiteralString] = """
DELETE FROM resealed WHERE (sender, message_id, sent_as) IN (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]))
"""
GONE: Final[LiteralString] = """
SELECT id FROM tasks t WHERE person_id = %s AND appended_at < %s
    AND NOT EXISTS (SELECT FROM messages m WHERE m.task_id = t.id) FOR UPDATE
"""
"""Tasks that no message is left of. One that a later message has joined goes on."""
FORGET_TRANSFERS: Final[LiteralString] = """
DELETE FROM transfers r USING acts a WHERE a.id = r.act_id AND (a.task_id = ANY(%s) OR a.successor = ANY(%s))
"""
FORGET_ACTS: Final[LiteralString] = "DELETE FROM acts WHERE task_id = ANY(%s)"
FORGET_SEEN: Final[LiteralString] = "DELETE FROM seen_tasks WHERE task_id = ANY(%s)"
FORGET_FOLLOW_UPS: Final[LiteralString] = "DELETE FROM follow_ups WHERE task_id = ANY(%s)"
FORGET_STEPS: Final[LiteralString] = "DELETE FROM steps WHERE task_id = ANY(%s)"
FORGET_PLANS: Final[LiteralString] = "DELETE FROM plans WHERE task_id = ANY(%s)"
FORGET_ATTEMPTS: Final[LiteralString] = """
DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE task_id = ANY(%s))
"""
FORGET_BOUNCES: Final[LiteralString] = """
DELETE FROM bounces WHERE delivery_id IN (SELECT id FROM deliveries WHERE task_id = ANY(%s))
"""
FORGET_RECEIPTS_OF_CASES: Final[LiteralString] = "DELETE FROM journalised WHERE task_id = ANY(%s)"
FORGET_HOLDS: Final[LiteralString] = "DELETE FROM retention_holds WHERE person_id = %s"
"""One that was laid while the erasure ran is too late."""
FORGET_DELIVERIES: Final[LiteralString] = "DELETE FROM deliveries WHERE task_id = ANY(%s)"
FORGET_SUCCESSORS: Final[LiteralString] = "UPDATE acts SET successor = NULL WHERE successor = ANY(%s)"
FORGET_ORDER: Final[LiteralString] = "UPDATE tasks SET follows = NULL WHERE follows = ANY(%s)"
KEEP_FIGURES: Final[LiteralString] = f"""
INSERT INTO tasks (id, reference, person_id, enrolment_id, status, {_FIGURES})
SELECT gen_random_uuid(), {_RANDOM}, {_RANDOM}, '{ERASED}',
    CASE status WHEN 'open' THEN 'withdrawn' ELSE status END, {_FIGURES} FROM tasks WHERE id = ANY(%s)
"""
"""A task's id and reference follow from the pseudonym: whoever knows one could find the other again."""
FORGET_TASKS: Final[LiteralString] = "DELETE FROM tasks WHERE id = ANY(%s)"
OUTLASTING: Final[LiteralString] = """
SELECT t.id, t.unit_id, min(m.appended_at) FROM tasks t JOIN messages m ON m.task_id = t.id
WHERE t.person_id = %s AND t.appended_at < %s GROUP BY t.id, t.unit_id
"""
SET_DATES: Final[LiteralString] = "UPDATE tasks SET appended_at = %s, react_by = %s WHERE id = %s"
FORGET_APPLIED: Final[LiteralString] = f"""
UPDATE applied SET person_id = '{ERASED}'
WHERE ((partition, "offset") <= (%s, %s) OR passed_on < %s) AND person_id = %s
"""
"""What came late to partitions of before a growth was passed on unseen: match has not said that it names nobody."""
LOOK_AGAIN: Final[LiteralString] = """
UPDATE repeats p SET resolved_at = NULL FROM applied n
WHERE (n.partition, n."offset") > (%s, %s) AND n.person_id = %s
    AND (p.topic, p.partition, p."offset") = (n.origin_topic, n.origin_partition, n.origin_offset)
"""
"""What match has applied since and the ledger saw before the mark was a repeat of a record that stood."""
FORGET_WORDS: Final[LiteralString] = """
DELETE FROM outbox WHERE topic = 'person-events' AND key = %s
    AND (convert_from(value, 'UTF8')::jsonb #>> '{origin,appended_at}')::timestamptz < %s
"""
"""A word that rests on what came later is still to be said."""
TRAIL_OF: Final[LiteralString] = """
SELECT id FROM audit WHERE erased_by IS NULL AND (task_id = ANY(%s) OR detail ->> 'person_id' = %s
    OR (sender, message_id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))) ORDER BY id
"""
EMPTY_TRAIL: Final[LiteralString] = """
UPDATE audit SET task_id = NULL, sender = NULL, message_id = NULL, salt = NULL, detail = '{}', erased_by = %s
WHERE id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One person's, as far as it goes: what was appended before the moment, and what match had applied by then."""

    erased_before: datetime
    partition: int
    offset: int
    """Of the erasing event on ``person-events``."""
    request: str

    def is_behind(self, partition: int, offset: int) -> bool:
        """Whether an event of this person at that place was applied before the erasing one (docs/decisions/0069)."""
        return (partition, offset) <= (self.partition, self.offset)

    @classmethod
    def of(cls, mark: ErasureMark) -> Self:
        """What a mark asks for."""
        return cls(mark.erased_before, mark.cause.partition, mark.cause.offset, mark.request)


def hashed(person_id: str) -> str:
    """What is kept of whom was erased. A pseudonym is a keyed hash with 130 bits: nobody can guess one."""
    return blake2b(person_id.encode(), digest_size=16, person=b"erased").hexdigest()


async def known(connection: Connection, people: Collection[str]) -> dict[str, Erasure]:
    """Those of `people` that were erased."""
    names = {hashed(person): person for person in people}
    if not names:
        return {}
    cursor = await connection.execute(KNOWN, (sorted(names),))
    return {names[name]: Erasure(*rest) for name, *rest in await cursor.fetchall()}


async def keep_apart(connection: Connection, *, erasing: bool) -> None:
    """Whoever erases waits for those who name people, and they for it: neither would see the other's rows.

    Partitions of ``applied`` and of ``decisions`` may be read by two ledgers. To be asked before `known`, for the
    transaction.
    """
    await connection.execute(ALONE if erasing else BESIDE, (_LOCK,))


async def forget_joins(connection: Connection, people: Collection[str]) -> None:
    """What is said of these numbers from now on is said of a person who is known anew."""
    await connection.execute(FORGET_JOINS, (sorted(people),))


async def forget(connection: Connection, person_id: str, erasure: Erasure) -> list[subjects.SubjectRow]:
    """Everything of before that the tables hold about the person; returns of which subjects they spoke."""
    place = (erasure.partition, erasure.offset)
    note = (hashed(person_id), erasure.erased_before, *place, erasure.request)
    await connection.execute(NOTE, note)
    cursor = await connection.execute(FORGET_MESSAGES, (person_id, erasure.erased_before))
    deleted: list[tuple[str, str, str]] = await cursor.fetchall()
    senders, ids, sent_as = ([row[column] for row in deleted] for column in range(3))
    await connection.execute(FORGET_RESEALED, (senders, ids, sent_as))
    cursor = await connection.execute(GONE, (person_id, erasure.erased_before))
    tasks: list[UUID] = [task for (task,) in await cursor.fetchall()]
    await _empty_trail(connection, person_id, erasure, (senders, ids), tasks)
    if tasks:
        await connection.execute(FORGET_TRANSFERS, (tasks, tasks))
        for statement in (FORGET_STEPS, FORGET_PLANS, FORGET_ATTEMPTS, FORGET_BOUNCES, FORGET_DELIVERIES):
            await connection.execute(statement, (tasks,))
        for statement in (FORGET_FOLLOW_UPS, FORGET_SEEN):
            await connection.execute(statement, (tasks,))
        await connection.execute(FORGET_RECEIPTS_OF_CASES, (tasks,))
        for statement in (FORGET_ACTS, FORGET_SUCCESSORS, FORGET_ORDER, KEEP_FIGURES, FORGET_TASKS):
            await connection.execute(statement, (tasks,))
    await connection.execute(FORGET_APPLIED, (*place, erasure.erased_before, person_id))
    await connection.execute(LOOK_AGAIN, (*place, person_id))
    await connection.execute(FORGET_WORDS, (person_id, erasure.erased_before))
    await connection.execute(FORGET_HOLDS, (person_id,))
    return await subjects.forget(connection, person_id, erasure.erased_before)


async def outlasting(
    connection: Connection, person_id: str, before: datetime
) -> list[tuple[UUID, str, datetime]]:
    """Tasks of before that a later message keeps: id, unit, and when the earliest of those that are left came."""
    cursor = await connection.execute(OUTLASTING, (person_id, before))
    return await cursor.fetchall()


async def set_dates(connection: Connection, task: UUID, appended_at: datetime, react_by: date) -> None:
    """As a rebuild finds them, which knows nothing of the message that has gone."""
    await connection.execute(SET_DATES, (appended_at, react_by, task))


async def _empty_trail(
    connection: Connection,
    person_id: str,
    erasure: Erasure,
    messages: tuple[list[str], list[str]],
    tasks: list[UUID],
) -> None:
    """The line that says so comes first, and names the lines that it empties: the chain asks for it (0052)."""
    cursor = await connection.execute(TRAIL_OF, (tasks, person_id, *messages))
    lines = [line for (line,) in await cursor.fetchall()]
    if not lines and not messages[0]:
        return
    detail = Jsonb({"request": erasure.request, "emptied": lines})
    cursor = await connection.execute(
        audit_trail.APPEND_RETURNING, {"kind": AuditKind.PERSON_ERASED, "detail": detail}
    )
    ((by,),) = await cursor.fetchall()
    await connection.execute(EMPTY_TRAIL, (by, lines))
