"""What the index forgets of a person who is erased, and by what it knows the person's records afterwards.

A record's digest stays, for it must be accounted for; it is made of the record's place alone from then on.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString

from ops.audit.digest import digest
from ops.audit.index import AuditIndex
from ops.audit.readers.decode import moment_ms

ERASED: Final = "erased"
"""What the ledger says in place of a pseudonym."""
KNOWN: Final[LiteralString] = "SELECT person, cut_off_ms, partition, place FROM erasure"
NOTE: Final[LiteralString] = """
INSERT INTO erasure (person, cut_off_ms, partition, place) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET cut_off_ms = max(cut_off_ms, excluded.cut_off_ms),
    partition = max(partition, excluded.partition), place = CASE WHEN partition > excluded.partition THEN place
    WHEN partition < excluded.partition THEN excluded.place ELSE max(place, excluded.place) END
"""
MARKED: Final[LiteralString] = "UPDATE erasure SET mark_partition = ?, mark_place = ? WHERE person = ?"
EVENTS: Final[LiteralString] = """
SELECT partition, place, topic, origin_partition, origin_place, said FROM event
WHERE person = ? AND (partition, place) <= (?, ?)
"""
BLANK: Final[LiteralString] = """
UPDATE event SET entry = CASE WHEN entry = said THEN ?1 ELSE entry END, said = ?1, person = NULL, erased = 1
WHERE partition = ?2 AND place = ?3
"""
FORGET_REVISIONS: Final[LiteralString] = """
DELETE FROM revision WHERE message IN (SELECT id FROM message WHERE person = ? AND appended_ms < ?)
"""
FORGET_MESSAGES: Final[LiteralString] = "DELETE FROM message WHERE person = ? AND appended_ms < ?"
HOMES: Final[LiteralString] = "SELECT topic, partition, place, appended_at FROM home WHERE person = ?"
FORGET_HOME: Final[LiteralString] = """
DELETE FROM home WHERE (person, topic, partition, place) = (?, ?, ?, ?)
"""
LOST: Final[LiteralString] = "SELECT topic, partition, place, appended_at FROM lost WHERE person = ?"
FORGET_LOST: Final[LiteralString] = """
DELETE FROM lost WHERE (person, topic, partition, place) = (?, ?, ?, ?)
"""
PENDING: Final[LiteralString] = "SELECT person, mark_partition, mark_place FROM erasure"
ROWS_OF: Final[LiteralString] = """
SELECT (SELECT count(*) FROM event WHERE person = :person) + (SELECT count(*) FROM message WHERE person = :person)
    + (SELECT count(*) FROM home WHERE person = :person) + (SELECT count(*) FROM lost WHERE person = :person)
"""
"""What `erase verify` asks: what is left of a person beside that there was an erasure."""

Cut = tuple[int, int, int]
"""Cut-off in milliseconds; partition and offset of the erasing event."""


def known(index: AuditIndex) -> dict[int, Cut]:
    """Whom the log has erased so far, by the digest of the pseudonym."""
    return {person: (cut_off, part, place) for person, cut_off, part, place in index.rows(KNOWN)}


def is_before(cuts: Mapping[int, Cut], person: int, appended_ms: int) -> bool:
    """Whether what was appended then is erased."""
    return person in cuts and appended_ms < cuts[person][0]


def is_behind(cuts: Mapping[int, Cut], person: int, place: tuple[int, int]) -> bool:
    """Whether an event of the person at that place was applied before the erasing one (docs/decisions/0069)."""
    return person in cuts and place <= cuts[person][1:]


def place_digest(offset: Any, place: Sequence[Any]) -> int:
    """The digest of a record that names nobody any more; the ledger's row comes to the same."""
    return digest(offset, *place, ERASED)


def forget(index: AuditIndex, person: int, cut: Cut) -> None:
    """Once the erasing event is read, and again with each copy of it."""
    cut_off, part, upto = cut
    index.run(NOTE, (person, *cut))
    for partition, place, topic, *origin, _ in list(index.rows(EVENTS, (person, part, upto))):
        # What was forwarded is noted under another name than its topic's.
        said = place_digest(place, (topic.partition(">")[0], *origin))
        index.run(BLANK, (said, partition, place))
    index.run(FORGET_REVISIONS, (person, cut_off))
    index.run(FORGET_MESSAGES, (person, cut_off))
    for look, drop in ((HOMES, FORGET_HOME), (LOST, FORGET_LOST)):
        for *place, appended_at in list(index.rows(look, (person,))):
            if moment_ms(appended_at) < cut_off:
                index.run(drop, (person, *place))
