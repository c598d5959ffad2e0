"""Puts the rebuilt content in the live one's place, row by row where they differ, in one transaction.

Kept as they are: what people did with tasks, attempts, where deliveries stand, the audit trail, what people decided in
quarantine, the outbox.
Nothing becomes due here: a notice that was missing may have been sent, so a person decides in the quarantine.
"""

from typing import Final, LiteralString

import psycopg
from psycopg import sql

from ledger.rebuild.compare import (
    APPLIED,
    MESSAGES,
    OUTLIVE_PEOPLE,
    PERSON_FACTS,
    PERSON_JOINS,
    RECEIPTS,
    REPEATS,
    SUBJECTS,
    TASKS,
    TRANSFERS,
    VERDICTS,
    WITH_PEOPLE,
    ComparedTable,
)
from ledger.rebuild.rebuild import SCHEMA, CannotRebuild, Rebuilt
from ledger.store import action_log, audit_trail, deliveries
from models.audit_kind import AuditKind

LOCK: Final[LiteralString] = """
LOCK TABLE position, receipts, applied, subjects, messages, tasks, repeats, deliveries, acts, transfers,
    person_joins, person_facts, verdicts
IN SHARE ROW EXCLUSIVE MODE
"""

MOVED: Final[LiteralString] = """
SELECT count(*) FROM (
    (SELECT * FROM position EXCEPT SELECT * FROM rebuilt.position)
    UNION ALL (SELECT * FROM rebuilt.position EXCEPT SELECT * FROM position)
) moved
"""

RESOLVED: Final[LiteralString] = """
UPDATE repeats p SET resolved_at = r.resolved_at FROM rebuilt.repeats r
WHERE (r.topic, r.partition, r."offset") = (p.topic, p.partition, p."offset")
  AND (r.resolved_at IS NULL) <> (p.resolved_at IS NULL)
"""

REFUSALS: Final[LiteralString] = """
INSERT INTO outbox (id, topic, key, value)
SELECT id, topic, key, value FROM rebuilt.outbox WHERE id LIKE 'refusal/%' OR id LIKE 'across|%' ON CONFLICT DO NOTHING
"""

CLOSE_OTHERS: Final[LiteralString] = """
UPDATE tasks t SET status = 'withdrawn', ending = 'lapsed', version = version + 1, changed_at = now()
WHERE t.status = 'open' AND NOT EXISTS (
    SELECT 1 FROM rebuilt.tasks r WHERE r.status = 'open'
    AND (r.id, r.person_id, r.enrolment_id, r.unit_id) = (t.id, t.person_id, t.enrolment_id, t.unit_id))
"""

OPENED: Final[LiteralString] = """
UPDATE tasks t SET opened_at = a.at
FROM (SELECT task_id, min(at) AS at FROM audit WHERE kind = 'task_opened' GROUP BY task_id) a
WHERE a.task_id = t.id AND t.opened_at = now()
"""

DROP_TASKS: Final[LiteralString] = """
DELETE FROM tasks t WHERE NOT EXISTS (SELECT 1 FROM rebuilt.tasks r WHERE r.id = t.id)
AND NOT starts_with(t.person_id, 'erased:')
AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.task_id = t.id)
AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.task_id = t.id)
AND NOT EXISTS (SELECT 1 FROM acts a WHERE a.task_id = t.id OR a.successor = t.id)
AND NOT EXISTS (SELECT 1 FROM tasks f WHERE f.follows = t.id)
"""
WAIT_SHORT: Final[LiteralString] = "SET LOCAL lock_timeout = '30s'"


UPSERT: Final = sql.SQL("""
INSERT INTO {live} ({names}) SELECT {names} FROM {rebuilt}
ON CONFLICT ({key}) DO UPDATE SET {sets} WHERE ({old}) IS DISTINCT FROM ({new})
""")
REMOVE: Final = sql.SQL("""
DELETE FROM {live} l WHERE {removable} AND NOT EXISTS (SELECT 1 FROM {rebuilt} r WHERE ({theirs}) = ({mine}))
""")


_HAS_PERSON: Final = sql.SQL("NOT starts_with(l.person_id, 'erased:')")


async def replace(url: str, rebuilt: Rebuilt, by: str) -> None:
    """Replace what differs, or nothing; raises `CannotRebuild` where the ledger has gone on meanwhile."""
    if not rebuilt.whole:
        raise CannotRebuild("Decisions are missing in Kafka: what follows from them cannot be replaced.")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await connection.execute(WAIT_SHORT)
        await connection.execute(LOCK)
        moved = await (await connection.execute(MOVED)).fetchone()
        if moved is None or moved[0]:
            raise CannotRebuild("The ledger has gone on meanwhile; stop it, and rebuild again.")
        if await action_log.count(connection) != rebuilt.acts:
            raise CannotRebuild("Somebody has worked on a task meanwhile; rebuild again.")
        await connection.execute(remove(REPEATS))
        await connection.execute(upsert(RECEIPTS))
        await connection.execute(remove(RECEIPTS))
        await connection.execute(upsert(REPEATS))
        await connection.execute(RESOLVED)
        await connection.execute(REFUSALS)
        await connection.execute(upsert(SUBJECTS))
        await connection.execute(remove(SUBJECTS))
        await connection.execute(upsert(APPLIED))
        await connection.execute(remove(APPLIED))
        await connection.execute(CLOSE_OTHERS)
        await connection.execute(upsert(TASKS))
        await connection.execute(OPENED)
        await connection.execute(upsert(MESSAGES))
        await connection.execute(remove(MESSAGES))
        await connection.execute(upsert(TRANSFERS))
        await connection.execute(remove(TRANSFERS))
        await connection.execute(upsert(PERSON_JOINS))
        await connection.execute(remove(PERSON_JOINS))
        for table in (PERSON_FACTS, VERDICTS):
            await connection.execute(upsert(table))
            await connection.execute(remove(table))
        await connection.execute(DROP_TASKS)
        await connection.execute(deliveries.ADD_MISSING, {"kind": AuditKind.DELIVERY_REBUILT})
        await connection.execute(deliveries.DROP_STRAY, {"kind": AuditKind.DELIVERY_SUPERSEDED})
        counts = {table.table: table.differing for table in rebuilt.tables if table.differing}
        done = audit_trail.line(AuditKind.LEDGER_REBUILT, {"by": by, "rows": counts})
        await connection.execute(audit_trail.APPEND, done)


def _source(table: ComparedTable) -> sql.Composable:
    name = sql.Identifier(SCHEMA, table.name)
    return sql.SQL("{} r").format(WITH_PEOPLE.format(name)) if table in OUTLIVE_PEOPLE else name


def upsert(table: ComparedTable) -> sql.Composed:
    names = [sql.Identifier(name) for name in (*table.key, *table.columns)]
    key = [sql.Identifier(name) for name in table.key]
    columns = [sql.Identifier(name) for name in table.columns]
    sets: list[sql.Composable] = [sql.SQL("{0} = excluded.{0}").format(name) for name in columns]
    if table is TASKS:
        # Whoever has seen the task before must look again.
        names.append(sql.Identifier("version"))
        sets.append(sql.SQL("version = greatest(tasks.version, excluded.version) + 1, changed_at = now()"))
    comma = sql.SQL(", ")
    return UPSERT.format(
        live=sql.Identifier(table.name),
        rebuilt=_source(table),
        names=comma.join(names),
        key=comma.join(key),
        sets=comma.join(sets),
        old=comma.join(sql.Identifier(table.name, name) for name in table.columns),
        new=comma.join(sql.Identifier("excluded", name) for name in table.columns),
    )


def remove(table: ComparedTable) -> sql.Composed:
    comma = sql.SQL(", ")
    return REMOVE.format(
        live=sql.Identifier(table.name),
        removable=_HAS_PERSON if table in OUTLIVE_PEOPLE else sql.SQL("true"),
        rebuilt=sql.Identifier(SCHEMA, table.name),
        theirs=comma.join(sql.Identifier("r", name) for name in table.key),
        mine=comma.join(sql.Identifier("l", name) for name in table.key),
    )
