"""The SQL of what events are about, across people: each statement once for a batch, each look by an index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg.rows import dict_row
from pydantic import TypeAdapter

from infra.postgres import Connection, by_column
from models.events.content import SubjectKind, TakingBack
from models.events.subject import Order

OriginPlace = tuple[str, int, int]
_taking_back: TypeAdapter[TakingBack] = TypeAdapter(TakingBack)
_ROW: Final[LiteralString] = (
    's.topic, s.partition, s."offset", s.person_id, s.kind, s.name, s.sender, s.event_id, s.registered_at, s.rank, '
    "s.appended_at, s.says, s.counts"
)
_ORDER: Final[LiteralString] = 's.registered_at, s.rank, s.appended_at, s.topic, s.partition, s."offset"'
_DOWN: Final[LiteralString] = (
    's.registered_at DESC, s.rank DESC, s.appended_at DESC, s.topic DESC, s.partition DESC, s."offset" DESC, '
    "s.person_id DESC"
)
"""Under several numbers of one person one event has several rows: the order must be one all the same."""
_SAME: Final[LiteralString] = "s.counts AND (s.kind, s.name, s.sender) = (t.kind, t.name, t.sender)"
_PLACE_OF_T: Final[LiteralString] = 't.registered_at, t.rank, t.appended_at, t.topic, t.partition, t."offset"'

ADD: Final[LiteralString] = f"""
INSERT INTO subjects AS s (topic, partition, "offset", person_id, kind, name, sender, event_id, registered_at, rank,
    appended_at, says, counts, names_nothing)
SELECT t.topic, t.partition, t."offset", t.person_id, t.kind, t.name, t.sender, t.event_id, t.registered_at, t.rank,
    t.appended_at, t.says::jsonb, c.counts, c.counts AND t.says IS NOT NULL
FROM unnest(%s::text[], %s::int[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::int[], %s::timestamptz[], %s::text[])
    AS t (topic, partition, "offset", person_id, kind, name, sender, event_id, registered_at, rank, appended_at, says)
CROSS JOIN LATERAL (SELECT NOT EXISTS (SELECT 1 FROM repeats r
    WHERE (r.topic, r.partition, r."offset") = (t.topic, t.partition, t."offset")) AS counts) c
ON CONFLICT DO NOTHING RETURNING {_ROW}
"""
STRIKE: Final[LiteralString] = f"""
UPDATE subjects s SET counts = false, names_nothing = false
FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS t (topic, partition, "offset")
WHERE (s.topic, s.partition, s."offset") = (t.topic, t.partition, t."offset") AND s.counts RETURNING {_ROW}
"""
FORGET: Final[LiteralString] = f"""
DELETE FROM subjects s USING unnest(%s::text[], %s::timestamptz[]) AS t (person_id, before)
WHERE s.person_id = t.person_id AND s.appended_at < t.before RETURNING {_ROW}
"""
SHARED: Final[LiteralString] = f"""
SELECT t.nth FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS t (nth, kind, name, sender)
CROSS JOIN LATERAL ((SELECT FROM subjects s WHERE {_SAME} AND s.says IS NULL LIMIT 2)
    UNION ALL (SELECT FROM subjects s WHERE {_SAME} AND s.says IS NOT NULL LIMIT 2)) f
GROUP BY t.nth HAVING count(*) > 1
"""
FIRSTS: Final[LiteralString] = f"""
SELECT t.kind, t.name, t.sender, f.appended_at
FROM unnest(%s::text[], %s::text[], %s::text[]) AS t (kind, name, sender)
CROSS JOIN LATERAL (SELECT s.appended_at FROM subjects s WHERE {_SAME} AND s.says IS NULL
    ORDER BY s.appended_at LIMIT 1) f
"""
BEFORE: Final[LiteralString] = f"""
SELECT t.nth, f.* FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::int[],
    %s::timestamptz[], %s::text[], %s::int[], %s::bigint[])
    AS t (nth, kind, name, sender, registered_at, rank, appended_at, topic, partition, "offset")
CROSS JOIN LATERAL (SELECT {_ROW} FROM subjects s WHERE {_SAME} AND s.says IS NULL
    AND ({_ORDER}) < ({_PLACE_OF_T}) ORDER BY {_DOWN} LIMIT 1) f
"""
BEHIND: Final[LiteralString] = f"""
SELECT t.nth, f.* FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::int[],
    %s::timestamptz[], %s::text[], %s::int[], %s::bigint[])
    AS t (nth, kind, name, sender, registered_at, rank, appended_at, topic, partition, "offset")
CROSS JOIN LATERAL (SELECT {_ROW} FROM subjects s WHERE {_SAME} AND s.says IS NULL
    AND ({_ORDER}) > ({_PLACE_OF_T}) ORDER BY {_ORDER}, s.person_id LIMIT 1) f
"""
LAST_STATED: Final[LiteralString] = f"""
SELECT t.nth, f.* FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[]) AS t (nth, kind, name, sender)
CROSS JOIN LATERAL (SELECT {_ROW} FROM subjects s WHERE {_SAME} AND s.says IS NULL ORDER BY {_DOWN} LIMIT 1) f
"""
LAST_TAKEN_BACK: Final[LiteralString] = f"""
SELECT t.nth, f.* FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    AS t (nth, kind, name, sender, since)
CROSS JOIN LATERAL (SELECT {_ROW} FROM subjects s WHERE {_SAME} AND s.says IS NOT NULL AND s.appended_at >= t.since
    ORDER BY {_DOWN} LIMIT 1) f
"""
NAMES_SOMETHING: Final[LiteralString] = """
UPDATE subjects s SET names_nothing = false
FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS t (kind, name, sender, since)
WHERE s.names_nothing AND (s.kind, s.name, s.sender) = (t.kind, t.name, t.sender) AND s.appended_at >= t.since
"""
NAMES_NOTHING_AGAIN: Final[LiteralString] = """
UPDATE subjects s SET names_nothing = true
FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[]) AS t (kind, name, sender, since)
WHERE s.counts AND s.says IS NOT NULL AND NOT s.names_nothing
  AND (s.kind, s.name, s.sender) = (t.kind, t.name, t.sender) AND s.appended_at >= t.since
"""
TOLD_BECAUSE_OF: Final[LiteralString] = """
SELECT split_part(id, '|', 2), key FROM outbox WHERE id LIKE 'across|%%' AND split_part(id, '|', 2) = ANY(%s)
"""
UNTOLD: Final[LiteralString] = """
SELECT s.topic, s.partition, s."offset", s.appended_at, s.kind, s.sender, s.event_id FROM subjects s
WHERE s.names_nothing AND s.told_at IS NULL AND s.recorded_at < now() - %s LIMIT 500
"""
TOLD: Final[LiteralString] = """
UPDATE subjects s SET told_at = now() FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS t (topic, partition, "offset")
WHERE (s.topic, s.partition, s."offset") = (t.topic, t.partition, t."offset")
"""


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """One applied event."""

    topic: str
    partition: int
    offset: int
    person_id: str
    kind: SubjectKind
    name: str
    sender: str
    event_id: str
    registered_at: datetime
    rank: int
    appended_at: datetime
    says: TakingBack | None
    counts: bool

    @property
    def place(self) -> OriginPlace:
        """Where its input record stands."""
        return (self.topic, self.partition, self.offset)

    @property
    def order(self) -> Order:
        """As `models.events.subject.order_of`."""
        return (self.registered_at, self.rank, self.appended_at, *self.place)


@dataclass(frozen=True, slots=True)
class Voice:
    """A sender that speaks of a subject, and from when the brokers must have had what it takes back."""

    kind: SubjectKind
    name: str
    sender: str
    since: datetime
    states: bool = True
    """Whether what it states is of the subject, too."""


async def add(connection: Connection, rows: Sequence[SubjectRow]) -> list[SubjectRow]:
    """Write what is new of `rows`, whose `counts` is found out here; returns it."""
    columns = [
        (
            *row.place,
            row.person_id,
            row.kind,
            row.name,
            row.sender,
            row.event_id,
            row.registered_at,
            row.rank,
            row.appended_at,
            None if row.says is None else row.says.model_dump_json(exclude_none=True),
        )
        for row in rows
    ]
    return await _rows(connection, ADD, by_column(columns)) if columns else []


async def strike(connection: Connection, places: Sequence[OriginPlace]) -> list[SubjectRow]:
    """From here on those at `places` do not count; returns those that did."""
    return await _rows(connection, STRIKE, by_column(places)) if places else []


async def forget(connection: Connection, person_id: str, before: datetime) -> list[SubjectRow]:
    """What was said of a person before the moment is erased; returns it."""
    return await _rows(connection, FORGET, ([person_id], [before]))


async def shared(connection: Connection, named: Sequence[tuple[int, SubjectKind, str, str]]) -> set[int]:
    """Which numbers of `named` (number, kind, id, sender) have more than one event that counts."""
    if not named:
        return set()
    cursor = await connection.execute(SHARED, by_column(named))
    return {nth for (nth,) in await cursor.fetchall()}


async def firsts(
    connection: Connection, named: Sequence[tuple[SubjectKind, str, str]]
) -> dict[tuple[str, str, str], datetime]:
    """When the brokers had the first version of each of `named` (kind, id, sender), where there is one."""
    if not named:
        return {}
    cursor = await connection.execute(FIRSTS, by_column(named))
    return {(kind, name, sender): at for kind, name, sender, at in await cursor.fetchall()}


async def neighbours(
    connection: Connection, asked: Sequence[tuple[int, Voice, SubjectRow]]
) -> tuple[list[tuple[int, SubjectRow]], list[tuple[int, SubjectRow]]]:
    """For each number, row and voice: that voice's last version before the row, and its first one behind it."""
    stating = [
        (nth, voice.kind, voice.name, voice.sender, *row.order) for nth, voice, row in asked if voice.states
    ]
    if not stating:
        return [], []
    columns = by_column(stating)
    return await _numbered(connection, BEFORE, columns), await _numbered(connection, BEHIND, columns)


async def latest(
    connection: Connection, asked: Sequence[tuple[int, Voice]]
) -> tuple[list[tuple[int, SubjectRow]], list[tuple[int, SubjectRow]]]:
    """For each number and voice: its latest version, and what it took back last."""
    if not asked:
        return [], []
    named = [(nth, voice.kind, voice.name, voice.sender, voice.since) for nth, voice in asked]
    stating = [row[:4] for row, (_, voice) in zip(named, asked, strict=True) if voice.states]
    stated = await _numbered(connection, LAST_STATED, by_column(stating)) if stating else []
    return stated, await _numbered(connection, LAST_TAKEN_BACK, by_column(named))


async def names(connection: Connection, voices: Sequence[Voice], *, something: bool) -> None:
    """What `voices` take back names something, or does not."""
    if voices:
        columns = by_column([(one.kind, one.name, one.sender, one.since) for one in voices])
        await connection.execute(NAMES_SOMETHING if something else NAMES_NOTHING_AGAIN, columns)


async def told_because_of(connection: Connection, grounds: Sequence[str]) -> list[tuple[str, str]]:
    """Ground and person of what was told on one of `grounds`."""
    if not grounds:
        return []
    cursor = await connection.execute(TOLD_BECAUSE_OF, (list(grounds),))
    return [(ground, person) for ground, person in await cursor.fetchall()]


async def _rows(
    connection: Connection, query: LiteralString, columns: tuple[list[Any], ...]
) -> list[SubjectRow]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, columns)
        return [_row(row) for row in await cursor.fetchall()]


async def _numbered(
    connection: Connection, query: LiteralString, columns: tuple[list[Any], ...]
) -> list[tuple[int, SubjectRow]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, columns)
        return [(row.pop("nth"), _row(row)) for row in await cursor.fetchall()]


def _row(row: dict[str, Any]) -> SubjectRow:
    says = None if row["says"] is None else _taking_back.validate_python(row["says"])
    return SubjectRow(**{**row, "kind": SubjectKind(row["kind"]), "says": says})
