"""The log as another client sees it: librdkafka, read_committed, no commits. For the auditor alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from config.kafka import KafkaSettings
from config.kafka_rights import GROUPS, KafkaUser
from infra.stream_mac import NO_MAC, StreamMac

GROUP: Final = GROUPS[KafkaUser.AUDIT]
_SECONDS: Final = 20.0
"""For one answer."""
_TRIES: Final = 6
"""On a busy machine an answer takes its time, and a blind auditor helps nobody. Who is gone is said at once."""
_CHUNK: Final = 5_000
Bounds = tuple[int, int]
Answer = TypeVar("Answer")


class LogUnreachable(RuntimeError):
    """The cluster does not answer; try again when it does."""


class KafkaLog:
    """Bounds, ranges and single records of partitions."""

    def __init__(self, kafka: KafkaSettings, mac: StreamMac = NO_MAC) -> None:
        """`mac`: by what the service's own records are known."""
        self.kafka = kafka
        self.mac = mac
        self.handed = 0
        """Answers that were read to be noted; counted by the reader."""
        self._consumer = Consumer(
            kafka.librdkafka()
            | {
                "group.id": GROUP,
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 100,
                "queued.max.messages.kbytes": 32 * 1024,
                # As `infra.bulk_reader`: a full queue would cost a second each time.
                "fetch.queue.backoff.ms": 20,
                "log_level": 0,
            }
        )

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def cluster(self) -> str:
        """The cluster's own id."""
        return str(patiently(lambda seconds: self._consumer.list_topics(timeout=seconds)).cluster_id)

    def bounds(self, topic: str) -> dict[int, Bounds]:
        """The first offset and the one after the last of every partition."""
        metadata = patiently(lambda seconds: self._consumer.list_topics(topic, timeout=seconds)).topics[topic]
        return {partition: self._edges(topic, partition) for partition in metadata.partitions}

    def _edges(self, topic: str, partition: int) -> Bounds:
        place = TopicPartition(topic, partition)
        edges: Bounds | None = patiently(
            lambda seconds: self._consumer.get_watermark_offsets(place, timeout=seconds)
        )
        if edges is None:
            raise LogUnreachable(f"Kafka does not tell how far {topic}/{partition} reaches.")
        return edges

    def follow(self, topic: str, batches: Mapping[int, Bounds]) -> Iterator[list[Message]]:
        """The records of a topic in [start, end) of each partition, by chunks, each partition in order."""
        open_ends = {part: end for part, (start, end) in batches.items() if start < end}
        if not open_ends:
            return
        self._consumer.assign([TopicPartition(topic, part, batches[part][0]) for part in open_ends])
        try:
            while open_ends:
                first = self._poll(f"{topic} cannot be read in partitions {sorted(open_ends)}.")
                # A wait of none takes what has come already; any other would be waited for in full.
                records: list[Message] = []
                for message in (first, *self._consumer.consume(_CHUNK, timeout=0)):
                    part, end = message.partition() or 0, open_ends.get(message.partition() or 0)
                    if not _is_record(message):
                        open_ends.pop(part, None)
                    elif end is not None:
                        offset = message.offset() or 0
                        if offset < end:
                            records.append(message)
                        if offset >= end - 1:
                            del open_ends[part]
                if records:
                    yield records
        finally:
            self._consumer.unassign()

    def read(self, topic: str, partition: int, offsets: Iterable[int]) -> Iterator[Message]:
        """The records at `offsets` (ascending); an offset that holds none (a transaction's marker) is left out."""
        wanted = sorted(set(offsets))
        if not wanted:
            return
        asked, last = set(wanted), wanted[-1]
        reached = wanted[0] - 1
        self._consumer.assign([TopicPartition(topic, partition, wanted[0])])
        try:
            while reached < last:
                message = self._poll(f"{topic}/{partition} cannot be read behind offset {reached}.")
                if not _is_record(message):
                    return
                reached = message.offset() or 0
                if reached in asked:
                    yield message
        finally:
            self._consumer.unassign()

    def _poll(self, otherwise: str) -> Message:
        for _ in range(_TRIES):
            message: Message | None = self._consumer.poll(_SECONDS)
            if message is not None:
                return message
        raise LogUnreachable(otherwise)


def patiently(ask: Callable[[float], Answer]) -> Answer:
    """Ask again when the answer has only taken too long; `ask` is told the seconds. Raises `LogUnreachable`."""
    for left in reversed(range(_TRIES)):
        try:
            return ask(_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._TIMED_OUT or not left:
                raise LogUnreachable(f"Kafka does not answer: {error.args[0].str()}.") from None
    raise AssertionError("the last try returns or raises")


def _is_record(message: Message) -> bool:
    """Whether it is one; False at the end of a partition."""
    error = message.error()
    if error is None:
        return True
    if error.code() == KafkaError._PARTITION_EOF:
        return False
    raise LogUnreachable(f"{message.topic()}/{message.partition()} cannot be read: {error.str()}.")
