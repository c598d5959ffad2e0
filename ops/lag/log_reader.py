"""Asks Kafka for committed offsets, ends, and the first record that waits. Joins no group and commits nothing."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from config.kafka import KafkaSettings
from ops.audit.consumer_groups import PartitionKey, committed_by, partitions
from ops.lag.retention import RetentionReader, RetentionTime
from ops.lag.sample import FirstWaiting, PartitionLag
from ops.lag.waiting_since import waiting_since

_SECONDS: Final = 5.0
"""For one answer, and for all records that wait."""


class LagUnknown(RuntimeError):
    """Kafka does not answer; look again in a moment."""


class LagReader:
    """One consumer for each group, so that a look costs no new connection."""

    def __init__(self, kafka: KafkaSettings, reads: Mapping[str, Sequence[str]]) -> None:
        """`reads`: the topics of each group."""
        self._reads = reads
        self._consumers = {group: _consumer(kafka, group) for group in reads}
        self._retention = RetentionReader(kafka)
        self._known: dict[str, dict[PartitionKey, FirstWaiting]] = {}

    def close(self) -> None:
        """Disconnect."""
        for consumer in self._consumers.values():
            consumer.close()

    def kept(self) -> Mapping[str, RetentionTime]:
        """For how long the brokers keep each topic's records, where they say it."""
        return self._retention.look({topic for topics in self._reads.values() for topic in topics})

    def look(self) -> list[PartitionLag]:
        """Every partition of every group; raises `LagUnknown`."""
        try:
            # What is committed first and the ends after it: a lag is never negative.
            committed = {
                group: committed_by(self._consumers[group], topics, _SECONDS)
                for group, topics in self._reads.items()
            }
            return [
                one
                for group, topics in self._reads.items()
                for one in self._with_first(
                    group,
                    [
                        self._partition(group, topic, part, committed[group].get((topic, part)))
                        for topic, parts in partitions(self._consumers[group], topics, _SECONDS).items()
                        for part in parts
                    ],
                )
            ]
        except KafkaException as error:
            raise LagUnknown(f"Kafka does not answer: {error.args[0].str()}.") from None

    def _partition(self, group: str, topic: str, partition: int, committed: int | None) -> PartitionLag:
        place = TopicPartition(topic, partition)
        edges: tuple[int, int] | None = self._consumers[group].get_watermark_offsets(place, timeout=_SECONDS)
        if edges is None:
            raise LagUnknown(f"Kafka does not say how far {topic}/{partition} reaches.")
        first, end = edges
        return PartitionLag(
            group=group, topic=topic, partition=partition, committed=committed, first=first, end=end
        )

    def _with_first(self, group: str, partitions: Sequence[PartitionLag]) -> list[PartitionLag]:
        """The group's partitions, each with its first record that waits, where it could be read."""
        behind = {(one.topic, one.partition): one.next_offset for one in partitions if one.records}
        before = self._known.get(group, {})
        known = {place: waiting for place, waiting in before.items() if behind.get(place) == waiting.offset}
        wanted = {place: offset for place, offset in behind.items() if place not in known}
        self._known[group] = known | self._first(self._consumers[group], wanted)
        return [
            replace(one, waiting=self._known[group].get((one.topic, one.partition))) for one in partitions
        ]

    def _first(
        self, consumer: Consumer, wanted: Mapping[PartitionKey, int]
    ) -> dict[PartitionKey, FirstWaiting]:
        if not wanted:
            return {}
        found: dict[PartitionKey, FirstWaiting] = {}
        awaited = set(wanted)
        consumer.assign([TopicPartition(topic, part, offset) for (topic, part), offset in wanted.items()])
        deadline = time.monotonic() + _SECONDS
        try:
            while awaited and (left := deadline - time.monotonic()) > 0:
                message = consumer.poll(left)
                if message is None:
                    break
                place = (message.topic() or "", message.partition() or 0)
                if place not in awaited:
                    continue
                error = message.error()
                if error is None:
                    found[place] = _waiting(message, wanted[place])
                elif error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                # At the end there is nothing but a transaction's marker, which is no record.
                awaited.discard(place)
                consumer.pause([TopicPartition(*place)])
        finally:
            # A pause outlives the assignment: the next look would wait in vain for this partition.
            consumer.resume([TopicPartition(*place) for place in wanted])
            consumer.unassign()
        return found


def _waiting(message: Message, offset: int) -> FirstWaiting:
    """`offset`: the one that was asked for; where it holds no record, the next one stands for it."""
    _, milliseconds = message.timestamp()
    appended_at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return FirstWaiting(
        offset=offset,
        appended_at=appended_at,
        since=waiting_since(message.topic() or "", message.value(), appended_at),
    )


def _consumer(kafka: KafkaSettings, group: str) -> Consumer:
    return Consumer(
        kafka.librdkafka()
        | {
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            # As the service reads; it writes in no transaction.
            "isolation.level": "read_uncommitted",
            "fetch.wait.max.ms": 100,
            # One record of each partition is wanted, and it may be of 8 MB.
            "queued.min.messages": 1,
            "queued.max.messages.kbytes": 16 * 1024,
            "log_level": 0,
        }
    )
