"""A Kafka record as the processors see it, wherever it was read from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Self

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

    @property
    def origin(self) -> Origin:
        """The record's place and append time."""
        return Origin(
            topic=self.topic,
            partition=self.partition,
            offset=self.offset,
            appended_at=datetime.fromtimestamp(self.timestamp_ms / 1000, UTC),
        )


def by_partition(records: Iterable[KafkaRecord]) -> list[tuple[tuple[str, int], list[KafkaRecord]]]:
    """The records grouped by partition, each group in its given order."""
    ordered = sorted(records, key=_partition)
    return [(partition, list(group)) for partition, group in groupby(ordered, key=_partition)]


def _partition(record: KafkaRecord) -> tuple[str, int]:
    return (record.topic, record.partition)
