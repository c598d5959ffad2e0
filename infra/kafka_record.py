"""A Kafka record as the processors see it, wherever it was read from."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple, Self, cast

from confluent_kafka import Message

from models.events.simple_event import SimpleOrigin


class KafkaRecord(NamedTuple):
    """One record: `timestamp_ms` is the broker's append time on the input topics.

    A tuple: one is made of every record that is read, and a frozen dataclass takes four times as long to make.
    """

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
        # What a consumer is given is bytes; the types tell of a producer's messages too.
        given = cast(Any, message)
        try:
            headers = given.headers() or ()
        except (SystemError, UnicodeDecodeError):
            headers = ()
        return cls(
            given.topic(),
            given.partition(),
            given.offset(),
            given.timestamp()[1],
            given.key(),
            given.value(),
            headers,
        )

    @property
    def appended_at(self) -> datetime:
        """When the broker had it."""
        return datetime.fromtimestamp(self.timestamp_ms / 1000, UTC)

    @property
    def origin(self) -> SimpleOrigin:
        """The record's place and append time."""
        return SimpleOrigin(self.topic, self.partition, self.offset, self.appended_at)


def by_partition(records: Iterable[KafkaRecord]) -> list[tuple[tuple[str, int], list[KafkaRecord]]]:
    """The records grouped by partition, each group in its given order."""
    ordered = sorted(records, key=_partition)
    return [(partition, list(group)) for partition, group in groupby(ordered, key=_partition)]


def _partition(record: KafkaRecord) -> tuple[str, int]:
    return (record.topic, record.partition)
