"""Lets the ledger pass one record of the service's own that this version cannot read: who and why, in the trail too."""

from typing import Final, LiteralString

from config.topics import BY_NAME, Topic
from infra.postgres import SyncConnection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.dead_letter import RecordPlace
from models.operator import Operator

_MOST_DIGITS: Final = 18
"""Of an offset, which is of 64 bits; Python reads no number of any length."""
READ_BY_LEDGER: Final = (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS)
ADD: Final[LiteralString] = """
INSERT INTO skips (topic, partition, "offset", decided_by, because) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
POSITION: Final[LiteralString] = "SELECT next_offset FROM position WHERE topic = %s AND partition = %s"


class NoPlace(ValueError):
    """It names no record that the ledger reads; the message is a sentence without a full stop."""


def parse(text: str) -> RecordPlace:
    """The place that the ledger's own sentence names; raises `NoPlace`.

    >>> parse("receipts/0@17")
    ('receipts', 0, 17)
    """
    where, at, offset = text.partition("@")
    topic, slash, partition = where.partition("/")
    if not (at and slash and _is_number(offset) and _is_number(partition)):
        raise NoPlace("a place reads TOPIC/PARTITION@OFFSET")
    if topic not in READ_BY_LEDGER:
        raise NoPlace(f"the ledger reads {', '.join(READ_BY_LEDGER)}")
    if (spec := BY_NAME[topic]).partitions <= int(partition) and not spec.grows:
        raise NoPlace(f"{topic} has {spec.partitions} partitions")
    return (topic, int(partition), int(offset))


def written(place: RecordPlace) -> str:
    """The one way to write it, which the database compares with what was approved.

    >>> written(("receipts", 0, 17))
    'receipts/0@17'
    """
    topic, partition, offset = place
    return f"{topic}/{partition}@{offset}"


def objection(connection: SyncConnection, place: RecordPlace) -> str | None:
    """Why there is nothing to skip there; None if the ledger stands before it."""
    row = connection.execute(POSITION, place[:2]).fetchone()
    upto = 0 if row is None else row[0]
    if upto > place[2]:
        return f"the ledger has passed it by; it goes on at {upto}"
    return None


def skip(connection: SyncConnection, place: RecordPlace, operator: Operator) -> bool:
    """Let it pass; False where somebody has said so before. The trail has it in the same transaction.

    The database refuses what nobody has approved (`ops.recovery.requests`).
    """
    with connection.transaction():
        if not connection.execute(ADD, (*place, operator.by, operator.because)).rowcount:
            return False
        detail = {"record": written(place), "by": operator.by, "because": operator.because}
        connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.RECORD_SKIPPED, detail))
    return True


def _is_number(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS
