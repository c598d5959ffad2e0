"""Takes out of the index what can never matter again: records that retention has removed from the input, in balance.

A record that is gone cannot be judged once more, so nothing can contradict what was noted of it. What is not in
balance stays, and so does all that was noted of the topics that are kept for ever.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Final, LiteralString

from models.events.event_types import InputTopic
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import Bounds

ORIGIN: Final = """
DELETE FROM origin WHERE topic = ? AND partition = ? AND place < ?
AND NOT differs AND (empty OR (receipts = 1 AND CASE WHEN accepted AND topic <> ? THEN events = 1 AND entries > 0
                                                     ELSE events = 0 AND entries = 0 END))
"""
"""What was said twice is kept: it is counted, and one of its person events may rest on the other's entry."""
TOTAL: Final = """
DELETE FROM total WHERE topic = ? AND partition = ? AND place < ?
AND EXISTS (SELECT 1 FROM day d WHERE (d.sender, d.day) = (total.sender, total.day) AND NOT d.stale)
"""
DAY: Final = """
DELETE FROM day WHERE NOT EXISTS (SELECT 1 FROM total t WHERE (t.sender, t.day) = (day.sender, day.day))
"""
"""A day without a total is not compared; when its total comes, the day is noted with it."""
NUMBERS: Final = (
    "SELECT number, topic, partition, place, differs FROM sequence WHERE sender = ? ORDER BY number"
)
SENDERS: Final[LiteralString] = "SELECT DISTINCT sender FROM sequence"
DROP_NUMBERS: Final[LiteralString] = "DELETE FROM sequence WHERE sender = ? AND number < ?"


def prune(index: AuditIndex, held: Mapping[tuple[str, int], Bounds]) -> int:
    """Take it out; `held`: what the brokers still have of each partition. Returns how many rows that were."""
    removed = 0
    with index.writing():
        for (topic, part), (first, _) in held.items():
            if first == 0:
                continue
            removed += index.change(ORIGIN, (topic, part, first, str(InputTopic.CONTROL_TOTALS)))
            removed += index.change(TOTAL, (topic, part, first))
        removed += index.change(DAY)
        for (sender,) in list(index.rows(SENDERS)):
            upto = _whole(index, sender, held)
            if upto is not None:
                removed += index.change(DROP_NUMBERS, (sender, upto))
    return removed


def _whole(index: AuditIndex, sender: str, held: Mapping[tuple[str, int], Bounds]) -> int | None:
    """The last of a sender's lowest numbers that came without a hole and are gone: from it on they are counted."""
    upto = None
    for (number, topic, part, place, differs), (following, *_) in pairwise(index.rows(NUMBERS, (sender,))):
        first, _ = held.get((topic, part), (0, 0))
        if differs or place >= first or following != number + 1:
            break
        upto = following
    return upto
