"""Repeats: accepted records whose (sender, id) the brokers had appended before, found from the receipts alone.

Which one came first does not depend on the order in which they are projected. Match is told what it could not see: a
conflict about another person, for each of the two people's records holds one of the two; and a repeat of what was
erased, for match has forgotten it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, LiteralString

from psycopg.rows import dict_row

from config.topics import Topic
from infra.postgres import Connection, by_column
from ledger.store.erasures import ERASED
from ledger.tasks.rows import OutboxRow
from models.events.content import RefusedDuplicate
from models.events.event_types import InputTopic
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import ReceiptStatus, RepeatKind, RepeatReceipt
from models.events.simple_receipt import KnownApplied, KnownReceipt

LEDGER: Final = "ledger"
"""The sender of what the ledger itself puts on ``person-events``; no sender's number looks like it."""

NOBODY: Final = ""
_LOCK: Final = 0x46_52_52_45

FIND = """
WITH touched AS (
    SELECT DISTINCT sender, event_id FROM unnest(%s::text[], %s::text[]) AS t (sender, event_id)
), ranked AS (
    SELECT r.topic, r.partition, r."offset", r.appended_at, r.sender, r.event_id,
           CASE WHEN fingerprint IN (first_value(fingerprint) OVER w, first_value(fingerprint_utc) OVER w)
                  OR fingerprint_utc IN (first_value(fingerprint) OVER w, first_value(fingerprint_utc) OVER w)
                THEN 'duplicate' ELSE 'conflict' END AS kind,
           row_number() OVER w AS nth
    FROM touched t CROSS JOIN LATERAL (
        SELECT * FROM receipts
        WHERE status = 'accepted' AND (sender, event_id) = (t.sender, t.event_id) OFFSET 0
    ) r
    WINDOW w AS (PARTITION BY r.sender, r.event_id ORDER BY r.appended_at, r.topic, r.partition, r."offset")
), marked AS (
    INSERT INTO repeats (topic, partition, "offset", sender, event_id, kind)
    SELECT topic, partition, "offset", sender, event_id, kind FROM ranked WHERE nth > 1
    ON CONFLICT (topic, partition, "offset") DO UPDATE SET kind = excluded.kind, resolved_at = NULL
        WHERE repeats.kind <> excluded.kind
    RETURNING topic, partition, "offset", kind
)
SELECT r.topic, r.partition, r."offset", r.appended_at, r.sender, r.event_id, m.kind
FROM marked m JOIN receipts r USING (topic, partition, "offset")
"""
"""Each id by the index: where PostgreSQL has not counted the table yet, it would read all receipts for each batch."""

OPEN = "SELECT DISTINCT sender, event_id FROM repeats WHERE kind = 'conflict' AND resolved_at IS NULL"
DUPLICATES: Final[LiteralString] = f"""
WITH repeated AS MATERIALIZED (
    SELECT r.topic, r.partition, r."offset", r.appended_at, p.topic IS NOT NULL AS is_open,
           first_value(r.topic) OVER w AS first_topic, first_value(r.partition) OVER w AS first_partition,
           first_value(r."offset") OVER w AS first_offset
    FROM (SELECT DISTINCT sender, event_id FROM repeats WHERE kind = 'duplicate' AND resolved_at IS NULL) o
    JOIN receipts r USING (sender, event_id)
    LEFT JOIN repeats p ON (p.topic, p.partition, p."offset") = (r.topic, r.partition, r."offset")
        AND p.kind = 'duplicate' AND p.resolved_at IS NULL
    WHERE r.status = 'accepted'
    WINDOW w AS (PARTITION BY r.sender, r.event_id ORDER BY r.appended_at, r.topic, r.partition, r."offset")
)
SELECT r.topic, r.partition, r."offset", r.appended_at, n.person_id,
    a.person_id = '{ERASED}' AND NOT EXISTS (
        SELECT FROM subjects s
        WHERE (s.topic, s.partition, s."offset") = (r.first_topic, r.first_partition, r.first_offset))
FROM repeated r
LEFT JOIN applied n ON (n.origin_topic, n.origin_partition, n.origin_offset) = (r.topic, r.partition, r."offset")
LEFT JOIN applied a
    ON (a.origin_topic, a.origin_partition, a.origin_offset) = (r.first_topic, r.first_partition, r.first_offset)
WHERE r.is_open
"""
"""Place, append time and person (null: match has not applied it) of each that is open, and whether what it repeats was
erased (null: match has not applied that). Of a sender that repeats one id without end each is looked at once, and all
in one pass: PostgreSQL takes what this transaction has marked for few, and would look through all of it for each."""

RESOLVED = """
UPDATE repeats r SET resolved_at = now()
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS t (topic, partition, "offset")
WHERE (r.topic, r.partition, r."offset") = (t.topic, t.partition, t."offset") AND r.resolved_at IS NULL
"""
LOOK_AGAIN: Final[LiteralString] = """
UPDATE repeats r SET resolved_at = NULL
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS t (topic, partition, "offset")
WHERE (r.topic, r.partition, r."offset") = (t.topic, t.partition, t."offset") AND r.resolved_at IS NOT NULL
"""
NAMESAKES = """
SELECT r.sender, r.event_id, r.topic, r.partition, r."offset", r.appended_at, a.person_id,
       p.resolved_at IS NOT NULL AS is_resolved, o.id IS NOT NULL AS is_told
FROM unnest(%s::text[], %s::text[]) AS t (sender, event_id)
JOIN receipts r ON (r.sender, r.event_id) = (t.sender, t.event_id) AND r.status = 'accepted'
LEFT JOIN LATERAL (
    SELECT person_id FROM applied
    WHERE (origin_topic, origin_partition, origin_offset) = (r.topic, r.partition, r."offset")
    ORDER BY person_id = 'erased', partition, "offset" LIMIT 1
) n ON true
LEFT JOIN LATERAL (
    SELECT coalesce((SELECT min(s.person_id) FROM subjects s
        WHERE n.person_id = 'erased' AND (s.topic, s.partition, s."offset") = (r.topic, r.partition, r."offset")
    ), n.person_id) AS person_id
) a ON true
LEFT JOIN repeats p ON (p.topic, p.partition, p."offset") = (r.topic, r.partition, r."offset")
LEFT JOIN outbox o ON o.id = concat_ws('/', 'refusal', r.topic, r.partition, r."offset")
ORDER BY r.sender, r.event_id, r.appended_at, r.topic, r.partition, r."offset"
"""
"""What was applied before its person was erased has no name there; a copy has one that was applied afterwards, and what
it is about has one, if it came later."""
CONFLICTS: Final[LiteralString] = """
SELECT topic, partition, "offset" FROM repeats
JOIN unnest(%s::text[], %s::int[], %s::bigint[]) AS t (topic, partition, "offset") USING (topic, partition,
    "offset") WHERE kind = 'conflict'
"""
LOCK: Final[LiteralString] = "SELECT pg_advisory_xact_lock(%s)"
POST: Final[LiteralString] = """
INSERT INTO outbox (id, topic, key, value) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class SameIdRecord:
    """One of several accepted records with the same sender and id.

    `person_id` None: match has not applied it yet; `NOBODY`: it is about no person, and match never sees it; `ERASED`:
    its person was erased since, and it counts no more, but its id stays taken.
    """

    origin: Origin
    person_id: str | None
    is_resolved: bool = False
    is_told: bool = False
    """Match knows that it is refused, or will: it stands in the outbox."""


async def find(connection: Connection, receipts: Sequence[KnownReceipt]) -> list[tuple[str, int, int]]:
    """Mark the repeats among `receipts` and what is known already; a following receipt of each goes to the outbox.

    Returns the places of those that were marked.
    """
    accepted = [
        receipt
        for receipt in receipts
        if receipt.status is ReceiptStatus.ACCEPTED and receipt.sender and receipt.event_id
    ]
    if not accepted:
        return []
    await one_at_a_time(connection)
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            FIND, ([receipt.sender for receipt in accepted], [receipt.event_id for receipt in accepted])
        )
        found = await cursor.fetchall()
    await post(connection, [_following(row) for row in found])
    return [(row["topic"], row["partition"], row["offset"]) for row in found]


def _following(row: Mapping[str, Any]) -> OutboxRow:
    receipt = RepeatReceipt(
        origin=Origin(**{name: row[name] for name in ("topic", "partition", "offset", "appended_at")}),
        repeat=RepeatKind(row["kind"]),
        sender=row["sender"],
        event_id=row["event_id"],
    )
    name = f"repeat/{row['topic']}/{row['partition']}/{row['offset']}/{row['kind']}"
    return OutboxRow(
        id=name, topic=Topic.RECEIPTS, key=row["sender"], value=receipt.model_dump_json().encode()
    )


def to_refuse(namesakes: Sequence[SameIdRecord]) -> tuple[list[SameIdRecord], list[SameIdRecord]]:
    """Of records with one id, in the brokers' order: those that are settled, and those of them to tell match about.

    A record is settled when all before it are applied. Match must be told where an earlier one is about somebody else,
    or of before an erasure.
    """
    settled: list[SameIdRecord] = []
    told: list[SameIdRecord] = []
    people: set[str] = set()
    for namesake in namesakes:
        if namesake.person_id is None:
            break
        if people:
            settled.append(namesake)
            if people != {namesake.person_id} and namesake.person_id not in (NOBODY, ERASED):
                told.append(namesake)
        people.add(namesake.person_id)
    return settled, told


async def look_again(
    connection: Connection, applied: Sequence[KnownApplied], erased: Collection[str]
) -> None:
    """A copy of a repeat, applied before its person was erased, has settled it. Match takes what it applies later,
    of whoever begins anew, for new."""
    places = {
        (entry.origin_topic, entry.origin_partition, entry.origin_offset)
        for one in applied
        for entry in one.entries
        if entry.person_id in erased and not entry.erased
    }
    if places:
        await connection.execute(LOOK_AGAIN, by_column(sorted(places)))


async def resolve(connection: Connection) -> None:
    """Tell match of each repeat that it could not see, once both records are known to be applied."""
    await one_at_a_time(connection)
    await _resolve_duplicates(connection)
    cursor = await connection.execute(OPEN)
    open_ids = await cursor.fetchall()
    if not open_ids:
        return
    cursor = await connection.execute(NAMESAKES, by_column(open_ids))
    groups: defaultdict[tuple[str, str], list[SameIdRecord]] = defaultdict(list)
    for sender, event_id, topic, partition, offset, appended_at, person_id, *done in await cursor.fetchall():
        origin = Origin(topic=topic, partition=partition, offset=offset, appended_at=appended_at)
        about = NOBODY if topic == InputTopic.CONTROL_TOTALS else person_id
        groups[sender, event_id].append(SameIdRecord(origin, about, *done))
    resolved, refusals = [], []
    for namesakes in groups.values():
        settled, told = to_refuse(namesakes)
        # A sender that gives one id to all its events makes a large group: what was done once is not done again.
        refusals += [_refusal(namesake) for namesake in told if not namesake.is_told]
        resolved += [namesake.origin.place for namesake in settled if not namesake.is_resolved]
    await post(connection, refusals)
    if resolved:
        await connection.execute(RESOLVED, by_column(resolved))


async def _resolve_duplicates(connection: Connection) -> None:
    """Match has forgotten what was erased, and takes what repeats it for new."""
    cursor = await connection.execute(DUPLICATES)
    settled, refusals = set(), []
    for topic, partition, offset, appended_at, person, of_erased in await cursor.fetchall():
        about_nobody = topic == InputTopic.CONTROL_TOTALS
        if not about_nobody and (person is None or of_erased is None):
            continue
        settled.add((topic, partition, offset))
        if of_erased and person != ERASED and not about_nobody:
            origin = Origin(topic=topic, partition=partition, offset=offset, appended_at=appended_at)
            refusals.append(_refusal(SameIdRecord(origin, person)))
    await post(connection, refusals)
    if settled:
        await connection.execute(RESOLVED, by_column(settled))


def _refusal(namesake: SameIdRecord) -> OutboxRow:
    """Where the person's other events are; told twice, it is the same event."""
    topic, partition, offset = namesake.origin.place
    name = f"refusal/{topic}/{partition}/{offset}"
    person_id = namesake.person_id or ""
    refusal = PersonEvent(
        person_id=person_id,
        sender=LEDGER,
        event_id=name,
        registered_at=namesake.origin.appended_at,
        origin=namesake.origin.model_copy(update={"topic": LEDGER}),
        fingerprint=name,
        content=RefusedDuplicate(kind="event.refused", topic=topic, partition=partition, offset=offset),
    )
    return OutboxRow(
        id=name,
        topic=Topic.PERSON_EVENTS,
        key=person_id,
        value=refusal.model_dump_json(exclude_none=True).encode(),
    )


async def refused(
    connection: Connection, places: Sequence[tuple[str, int, int]]
) -> set[tuple[str, int, int]]:
    """Those of `places` that are conflicts."""
    if not places:
        return set()
    cursor = await connection.execute(CONFLICTS, by_column(places))
    return {(topic, partition, offset) for topic, partition, offset in await cursor.fetchall()}


async def one_at_a_time(connection: Connection) -> None:
    """Wait for the other ledgers' transactions: two that ran side by side would each miss the other's record."""
    await connection.execute(LOCK, (_LOCK,))


async def post(connection: Connection, rows: Sequence[OutboxRow]) -> None:
    """Put them into the outbox, each once under its id."""
    if rows:
        await connection.execute(POST, by_column([(row.id, row.topic, row.key, row.value) for row in rows]))
