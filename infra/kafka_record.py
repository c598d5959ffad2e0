"""A Kafka record as the processors see it, wherever it was read from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Self

from confluent_kafka import Message

from models.events.person_event import Origin


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """One record: `timestamp_ms` is the broker's append time on the input topics."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]] = ()

    @classmethod
    def of(cls, record: Any) -> Self:
        """From a record of aiokafka, or of an engine that names its parts likewise."""
        return cls(
            record.topic,
            record.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            record.headers,
        )

    @classmethod
    def of_message(cls, message: Message) -> Self:
        """From a record of librdkafka. The name of a header that is not UTF-8 cannot be shown: then without any."""
        try:
            headers = tuple((name, _bytes(content)) for name, content in _listed(message))
        except (SystemError, UnicodeDecodeError):
            headers = ()
        return cls(
            message.topic() or "",
            message.partition() or 0,
            message.offset() or 0,
            message.timestamp()[1],
            _bytes(message.key()),
            _bytes(message.value()),
            headers,
        )

    @property
    def origin(self) -> Origin:
        """The record's place and append time."""
        return Origin(
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            appended_at=datetime.fromtimestamp(self.timestamp_ms / 1000, UTC),
        )


def _listed(message: Message) -> list[tuple[str, str | bytes | None]]:
    headers = message.headers() or []
    return list(headers.items()) if isinstance(headers, dict) else headers


def _bytes(content: str | bytes | None) -> bytes | None:
    return content.encode() if isinstance(content, str) else content


def by_partition(records: Iterable[KafkaRecord]) -> list[tuple[tuple[str, int], list[KafkaRecord]]]:
    """The records grouped by partition, each group in its given order."""
    ordered = sorted(records, key=_partition)
    return [(partition, list(group)) for partition, group in groupby(ordered, key=_partition)]


def _partition(record: KafkaRecord) -> tuple[str, int]:
    return (record.topic, record.partition)
