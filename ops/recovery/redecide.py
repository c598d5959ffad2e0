"""Which messages wait for tables that have been mended by now, and the place of the event that asks again.

A decision is made when an event of its person comes. A new table is no event, and neither is a record that was made
again, so the people who wait are driven again.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, LiteralString

from config.topics import Topic
from infra.postgres import SyncConnection
from models.events.event_types import EVENT_TYPES
from models.reasons import DecisionReason
from ops.audit.report import CHECK_OF, GapKind, Missing


class RedecideReason(StrEnum):
    """Why a message waits: the undecided reasons that no event of its person need answer."""

    LAW_NOT_CONFIRMED = DecisionReason.LAW_NOT_CONFIRMED.value
    EDUCATION_UNCERTAIN = DecisionReason.EDUCATION_UNCERTAIN.value
    TARGET_GROUP_UNCERTAIN = DecisionReason.TARGET_GROUP_UNCERTAIN.value
    NO_RESPONSIBLE_UNIT = DecisionReason.NO_RESPONSIBLE_UNIT.value
    TOO_MANY_EVENTS = DecisionReason.TOO_MANY_EVENTS.value
    """Of people whom the earlier bound had frozen, after `rebuild people --apply`."""


WAITING: Final[LiteralString] = """
SELECT DISTINCT ON (person_id) (decision #>> '{cause,partition}')::int, (decision #>> '{cause,offset}')::bigint
FROM messages m WHERE outcome = 'undecided' AND reason = ANY(%s) AND NOT EXISTS (
    SELECT 1 FROM applied a WHERE a.left_out IS NOT NULL AND (a.origin_topic, a.origin_partition, a.origin_offset)
        = (m.origin_topic, m.origin_partition, m.origin_offset))
ORDER BY person_id, 1 DESC, 2 DESC
"""
"""But for what match has left out: asked again, it would be left out again. It waits in the quarantine."""


OF_SENDERS: Final[LiteralString] = """
SELECT DISTINCT ON (a.person_id) a.partition, a."offset" FROM receipts r
JOIN applied a ON (a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset")
WHERE r.sender = ANY(%s) AND r.status = 'accepted' AND a.left_out IS NULL
  AND EXISTS (SELECT 1 FROM messages m WHERE m.person_id = a.person_id)
ORDER BY a.person_id, a.partition DESC, a."offset" DESC
"""

JOINS: Final[LiteralString] = """
SELECT a.partition, a."offset" FROM receipts r
JOIN applied a ON (a.origin_topic, a.origin_partition, a.origin_offset) = (r.topic, r.partition, r."offset")
WHERE r.type = ANY(%s) AND r.status = 'accepted' AND a.left_out IS NULL ORDER BY 1, 2
"""
_NUMBER_CHANGES: Final = [name for name, row in EVENT_TYPES.items() if row.kind == "person-number.changed"]


def joins(connection: SyncConnection) -> list[Missing]:
    """Every word that has joined a number to another one: handed over again, all is forwarded, behind a new mark.

    For what the ledger has skipped, or has been told under a key that it did not know, and no gap of the audit shows.
    """
    return _missing(connection.execute(JOINS, (_NUMBER_CHANGES,)).fetchall())


def of_senders(connection: SyncConnection, numbers: Iterable[str]) -> list[Missing]:
    """One event of each person with a message, about whom one of `numbers` has sent anything."""
    return _missing(connection.execute(OF_SENDERS, (list(numbers),)).fetchall())


def waiting(connection: SyncConnection, reasons: Iterable[RedecideReason]) -> list[Missing]:
    """One event of each person of whom a message waits for one of `reasons`: it brings out all their decisions."""
    return _missing(connection.execute(WAITING, ([reason.value for reason in reasons],)).fetchall())


def _missing(rows: Iterable[tuple[int, int]]) -> list[Missing]:
    return [
        Missing(
            hop=CHECK_OF[GapKind.NO_DECISION],
            what=GapKind.NO_DECISION,
            topic=Topic.PERSON_EVENTS,
            partition=partition,
            offset=offset,
        )
        for partition, offset in rows
    ]
