"""Brings the index up to the end of the log: only what is new is read, and what the log has lost is noted.

A record that retention or a broken broker took away is a fault that stays: it can never be accounted for again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, LiteralString

from confluent_kafka import Message

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from infra.stream_mac import StreamMac, bounded_ms
from models.events.event_types import InputTopic
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import Bounds, KafkaLog
from ops.audit.readers import applied, decisions, person_events, progress, receipts

READ: Final = "read"
ENDED: Final = "ended"
DURABLE: Final = "durable"
CUT: Final = "the log ends before what was there: records are gone"
UNREAD: Final = "removed by retention before the audit had read it"
UNANSWERED: Final = "removed by retention before it had a receipt"

Reader = Callable[[AuditIndex, Sequence[Message]], None]
Readers = Mapping[str, Reader]
READERS: Final[Readers] = {
    Topic.RECEIPTS: receipts.read,
    Topic.PERSON_EVENTS: person_events.read,
    Topic.APPLIED: applied.read,
    Topic.DECISIONS: decisions.read,
}
"""What reads the records of each topic that is read whole; in this order: what follows from a record comes after it."""
_PROGRESS: Final[Readers] = {Topic.PROGRESS: progress.read}

Places = dict[tuple[str, int], Bounds]
FOREIGN: Final = "INSERT OR IGNORE INTO foreign_record VALUES (?, ?, ?, ?)"
"""What somebody else wrote is no receipt, no event, no entry, no decision and no checkpoint."""
MARKS: Final[LiteralString] = "SELECT topic, partition, upto FROM mark WHERE name = ?"
ANSWERED: Final[LiteralString] = """
SELECT place FROM origin
WHERE topic = ? AND partition = ? AND place >= ? AND (receipts > 0 OR empty) ORDER BY place
"""
FIRST_UNANSWERED: Final[LiteralString] = """
SELECT min(e.place) FROM event e
LEFT JOIN origin o ON (o.topic, o.partition, o.place) = (e.topic, e.origin_partition, e.origin_place)
WHERE e.partition = ? AND e.place >= ? AND e.place < ? AND e.entries = 0 AND coalesce(o.entries, 0) = 0
"""


def input_bounds(log: KafkaLog, index: AuditIndex) -> Places:
    """What the brokers hold of the input; to be asked before the receipts are read."""
    found: Places = {}
    with index.writing():
        for topic in InputTopic:
            for part, (first, end) in log.bounds(topic).items():
                found[str(topic), part] = (first, end)
                ended = index.mark(ENDED, topic, part)
                if ended is not None and ended > end:
                    index.set_fault(topic, part, end, ended - 1, CUT)
                durable = index.mark(DURABLE, topic, part)
                if durable is not None and durable < first:
                    index.set_fault(topic, part, durable, first - 1, UNANSWERED)
                index.set_mark(ENDED, topic, part, end)
    return found


def passed(log: KafkaLog, index: AuditIndex) -> dict[tuple[str, int], int]:
    """How far the stream's steps have come, by the partition that they read: everything before it is answered.

    To be asked before the answers are read: a checkpoint is written after what follows from its records.
    """
    _follow(log, index, _PROGRESS)
    return {(topic, part): upto for topic, part, upto in index.rows(MARKS, (progress.PASSED,))}


def read_on(log: KafkaLog, index: AuditIndex) -> Places:
    """Read what is new of the service's own topics; returns how far each of them reaches."""
    return _follow(log, index, READERS, counted=True)


def _follow(log: KafkaLog, index: AuditIndex, readers: Readers, *, counted: bool = False) -> Places:
    found: Places = {}
    for topic, reader in readers.items():
        bounds = log.bounds(topic)
        found |= {(topic, part): edges for part, edges in bounds.items()}
        batches = {part: (_start(log, index, topic, part, edges), edges[1]) for part, edges in bounds.items()}
        for records in log.follow(topic, batches):
            log.handed += len(records) if counted else 0
            with index.writing():
                _read(index, log.mac, topic, records, reader)
        with index.writing():
            for part, (_, end) in batches.items():
                # What stands at the very end may be no record: a transaction's marker.
                index.set_mark(READ, topic, part, max(end, index.mark(READ, topic, part) or 0))
    return found


def durable(index: AuditIndex, places: Mapping[tuple[str, int], Bounds]) -> dict[tuple[str, int], int]:
    """Of each partition that the worker reads: the first offset whose output is not on the log."""
    found = {}
    with index.writing():
        for (topic, part), (first, end) in places.items():
            if topic in set(InputTopic):
                upto = _answered(index, topic, part, max(first, index.mark(DURABLE, topic, part) or 0))
            elif topic == Topic.PERSON_EVENTS:
                upto = _applied(index, part, max(first, index.mark(DURABLE, topic, part) or 0), end)
            else:
                continue
            index.set_mark(DURABLE, topic, part, upto)
            found[topic, part] = upto
    return found


def _start(log: KafkaLog, index: AuditIndex, topic: str, part: int, edges: Bounds) -> int:
    first, end = edges
    known = index.mark(READ, topic, part)
    if known is None:
        return first
    if known > end:
        with index.writing():
            # Another auditor may have read on since: under the lock nobody can be ahead of the log.
            known, (_, end) = index.mark(READ, topic, part) or 0, log.bounds(topic)[part]
            if known > end:
                index.set_fault(topic, part, end, known - 1, CUT)
                index.set_mark(READ, topic, part, end)
        return min(known, end)
    if known < first:
        with index.writing():
            index.set_fault(topic, part, known, first - 1, UNREAD)
        return first
    return known


def _read(index: AuditIndex, mac: StreamMac, topic: str, records: Sequence[Message], reader: Reader) -> None:
    """Take the records that no other process has taken meanwhile, and note how far it went."""
    marks: dict[int, int] = {}
    fresh = []
    for record in records:
        part, offset = record.partition() or 0, record.offset() or 0
        if part not in marks:
            marks[part] = index.mark(READ, topic, part) or 0
        if offset >= marks[part]:
            marks[part] = offset + 1
            if mac.fault(KafkaRecord.of_message(record)) is None:
                fresh.append(record)
            else:
                index.run(FOREIGN, (topic, part, offset, bounded_ms(record.timestamp()[1])))
    reader(index, fresh)
    for part, upto in marks.items():
        index.set_mark(READ, topic, part, upto)


def _answered(index: AuditIndex, topic: str, part: int, upto: int) -> int:
    for (place,) in index.rows(
        ANSWERED,
        (topic, part, upto),
    ):
        if place != upto:
            break
        upto += 1
    return upto


def _applied(index: AuditIndex, part: int, upto: int, end: int) -> int:
    """An event that was driven again under another offset is applied too."""
    found: int | None = index.value(
        FIRST_UNANSWERED,
        (part, upto, end),
    )
    return end if found is None else found
