"""Checkpoints of the stream's steps: of each partition the highest, for a checkpoint never goes back."""

from collections.abc import Sequence

from confluent_kafka import Message

from ops.audit.index import AuditIndex
from ops.audit.readers.decode import UNREADABLE

PASSED = "passed"
"""The name of the marks."""


def read(index: AuditIndex, records: Sequence[Message]) -> None:
    """Every topic is read by one step, so its partitions have one checkpoint each."""
    for record in records:
        try:
            _, topic, partition = (record.key() or b"").decode().split("/")
            upto = int(record.value() or b"0")
            known = index.mark(PASSED, topic, int(partition)) or 0
        except ValueError:
            at, part = record.offset() or 0, record.partition() or 0
            index.set_fault(record.topic() or "", part, at, at, UNREADABLE)
            continue
        index.set_mark(PASSED, topic, int(partition), max(known, upto))
