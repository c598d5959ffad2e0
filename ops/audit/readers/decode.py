"""A chunk of records, one by one: what cannot be read is a fault of the log, and never stops the audit."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from confluent_kafka import Message

from config.topics import OWN_KEYS
from ops.audit.digest import digest
from ops.audit.index import AuditIndex

UNREADABLE: Final = "a record that cannot be read"


def each(index: AuditIndex, records: Sequence[Message], one: Callable[[Message, Any], None]) -> None:
    """Call `one` for each record. What it cannot read is a fault of the log, and never stops the audit."""
    for record in records:
        if record.value() is None and record.topic() in OWN_KEYS:
            continue  # a tombstone says nothing of a person
        try:
            one(record, orjson.loads(record.value() or b""))
        except (ValueError, LookupError, TypeError, AttributeError):
            topic, part, at = record.topic() or "", record.partition() or 0, record.offset() or 0
            index.set_fault(topic, part, at, at, UNREADABLE)


def forwarded_topic(topic: str, person_id: str) -> str:
    """Under which what was forwarded to another number is noted: it is to be applied there as well."""
    return f"{topic}>{digest(person_id)}"


def moment_ms(moment: str) -> int:
    """An ISO moment as Kafka and the ledger count it."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def moment_us(moment: str) -> int:
    """The same to the microsecond."""
    return round(datetime.fromisoformat(moment).timestamp() * 1_000_000)
