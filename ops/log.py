"""The log as another client sees it: librdkafka, read_committed, no group. For the auditor alone."""

from collections.abc import Iterable, Iterator
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from config.kafka import KafkaSettings

_SECONDS: Final = 20.0
Bounds = tuple[int, int]


class LogUnreachable(RuntimeError):
    """The cluster does not answer; try again when it does."""


class Log:
    """Bounds and single records of partitions."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._consumer = Consumer(
            kafka.librdkafka()
            | {
                "group.id": "frafaldsvarsel-audit",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "log_level": 0,
            }
        )

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def bounds(self, topic: str) -> dict[int, Bounds]:
        """The first offset and the one after the last of every partition."""
        try:
            metadata = self._consumer.list_topics(topic, timeout=_SECONDS).topics[topic]
            return {
                partition: self._consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=_SECONDS
                )
                for partition in metadata.partitions
            }
        except KafkaException as error:
            raise LogUnreachable(f"Kafka does not answer: {error.args[0].str()}.") from None

    def read(self, topic: str, partition: int, offsets: Iterable[int]) -> Iterator[Message]:
        """The records at `offsets` (ascending); an offset that holds none (a transaction's marker) is left out."""
        wanted = sorted(set(offsets))
        if not wanted:
            return
        left = set(wanted)
        self._consumer.assign([TopicPartition(topic, partition, wanted[0])])
        try:
            while left:
                message = self._consumer.poll(_SECONDS)
                if message is None:
                    raise LogUnreachable(f"{topic}/{partition} cannot be read from offset {min(left)}.")
                error = message.error()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        return
                    raise LogUnreachable(f"{topic}/{partition} cannot be read: {error.str()}.")
                at = message.offset() or 0
                if at in left:
                    yield message
                left = {offset for offset in left if offset > at}
        finally:
            self._consumer.unassign()
