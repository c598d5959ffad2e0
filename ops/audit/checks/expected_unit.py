"""Asks the oracle of every message about which something has changed, and notes the unit that it names."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final, LiteralString

from ops.audit.index import AuditIndex
from ops.audit.oracle import KnownResidence, LostResidence, Oracle

STALE: Final = """
SELECT m.person, m.id, m.registered_at FROM message m WHERE m.stale
AND (m.outcome = 'obliged' OR m.reason IN ('residence_unknown', 'no_responsible_unit')) ORDER BY m.person
"""
HOMES: Final = """
SELECT sender, event_id, fingerprint, residence_id, municipality, valid_from, registered_at, appended_at, topic,
       partition, place, EXISTS (SELECT 1 FROM refused r
                                 WHERE (r.topic, r.partition, r.place) = (h.topic, h.partition, h.place))
FROM home h WHERE person = ?
"""
LOST: Final = """
SELECT sender, event_id, residence_id, registered_at, keeps_equal, owner, owned_since, appended_at, topic, partition,
       place, EXISTS (SELECT 1 FROM refused r
                      WHERE (r.topic, r.partition, r.place) = (l.topic, l.partition, l.place))
FROM lost l WHERE person = ?
"""
TABLES: Final[LiteralString] = "SELECT said FROM meta WHERE name = 'tables'"
ALL_STALE: Final[LiteralString] = "UPDATE message SET stale = 1"
MAKE_TOLD: Final[LiteralString] = """
CREATE TEMP TABLE IF NOT EXISTS told (id INTEGER PRIMARY KEY, unit TEXT)
"""
EMPTY_TOLD: Final[LiteralString] = "DELETE FROM told"
ADD_TOLD: Final[LiteralString] = "INSERT INTO told VALUES (?, ?)"
NAME_UNITS: Final[LiteralString] = """
UPDATE message SET named = (SELECT unit FROM told t WHERE t.id = message.id), stale = 0 WHERE stale
"""


def expected_unit(index: AuditIndex, oracle: Oracle) -> None:
    """Only messages that are new, or whose person has moved, or all when the tables have changed."""
    with index.writing():
        if index.value(TABLES) != oracle.version:
            index.run("INSERT OR REPLACE INTO meta VALUES ('tables', ?)", (oracle.version,))
            index.run(ALL_STALE)
        index.run(MAKE_TOLD)
        index.run(EMPTY_TOLD)
        index.many(ADD_TOLD, _told(index, oracle))
        index.run(NAME_UNITS)


def _told(index: AuditIndex, oracle: Oracle) -> Iterator[tuple[int, str | None]]:
    for person, messages in groupby(index.rows(STALE), key=lambda row: row[0]):
        homes = [_home(row) for row in index.rows(HOMES, (person,))]
        lost = [_gone(row) for row in index.rows(LOST, (person,))]
        for _, message, registered_at in messages:
            yield message, oracle.unit(datetime.fromisoformat(registered_at), homes, lost)


def _home(row: tuple[Any, ...]) -> KnownResidence:
    (
        sender,
        event_id,
        fingerprint,
        residence,
        municipality,
        valid_from,
        registered,
        appended,
        *place,
        refused,
    ) = row
    return KnownResidence(
        sender=sender,
        event_id=event_id,
        fingerprint=fingerprint,
        residence_id=residence,
        municipality=municipality,
        valid_from=date.fromisoformat(valid_from),
        registered_at=datetime.fromisoformat(registered),
        appended=(datetime.fromisoformat(appended), *place),
        refused=bool(refused),
    )


def _gone(row: tuple[Any, ...]) -> LostResidence:
    sender, event_id, residence, registered, keeps_equal, owner, since, appended, *place, refused = row
    return LostResidence(
        sender=sender,
        event_id=event_id,
        residence_id=residence,
        registered_at=datetime.fromisoformat(registered),
        appended=(datetime.fromisoformat(appended), *place),
        keeps_equal=bool(keeps_equal),
        owner=owner,
        owned_since=None if since is None else date.fromisoformat(since),
        refused=bool(refused),
    )
