"""Turns compaction on for a topic whose records have keys of their own, and refuses where one has not.

Under the keys of before, one for each person, compaction would leave a person's last event and destroy all others.
"""

from dataclasses import dataclass
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from config.kafka import KafkaSettings
from config.topics import TOPICS, TopicSpec
from infra import topic_admin
from infra.record_key import is_own_key
from infra.topic_admin import TopicsUnreachable

_GROUP: Final = "frafaldsvarsel-topics"
_SECONDS: Final = 30.0
_CHUNK: Final = 10_000


@dataclass(frozen=True, slots=True)
class CompactionStep:
    """What became of one topic that was not compacted yet."""

    topic: str
    turned_on: bool
    sentence: str


def turn_on(kafka: KafkaSettings) -> list[CompactionStep]:
    """Look at every record of each such topic that is kept by ``delete``; raises `TopicsUnreachable`.

    To be called when no process of an earlier version writes any more: what one writes afterwards is not looked at.
    """
    return [_turn_on(kafka, spec) for spec in TOPICS if topic_admin.awaits_compaction(kafka, spec)]


def _turn_on(kafka: KafkaSettings, spec: TopicSpec) -> CompactionStep:
    old = first_old_key(kafka, spec.name)
    if old is not None:
        partition, offset = old
        return CompactionStep(
            spec.name,
            False,
            f"Topic {spec.name} stays as it is: {spec.name}/{partition}@{offset} has no key of its own, and "
            f"compaction would destroy every record of its key but the last. See docs/decisions/0054.",
        )
    topic_admin.compact(kafka, spec)
    return CompactionStep(
        spec.name, True, f"Topic {spec.name} is compacted now: every record has a key of its own."
    )


def first_old_key(kafka: KafkaSettings, topic: str) -> tuple[int, int] | None:
    """Partition and offset of a record whose key is not its own; None where there is none up to the end of now."""
    consumer = Consumer(
        kafka.librdkafka()
        | {
            "group.id": _GROUP,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "log_level": 0,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=_SECONDS).topics[topic].partitions
        for partition in partitions:
            first, _ = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=_SECONDS)
            consumer.assign([TopicPartition(topic, partition, first)])
            if (offset := _first_old(consumer, topic, partition)) is not None:
                return partition, offset
    except KafkaException as error:
        raise TopicsUnreachable(f"Topic {topic} cannot be looked at: {error.args[0].str()}.") from None
    finally:
        consumer.close()
    return None


def _first_old(consumer: Consumer, topic: str, partition: int) -> int | None:
    while True:
        first = consumer.poll(_SECONDS)
        if first is None:
            raise TopicsUnreachable(f"Topic {topic}/{partition} cannot be read to its end; try again.")
        # A wait of none takes what has come already; any other would be waited for in full.
        for message in (first, *consumer.consume(_CHUNK, timeout=0)):
            error = message.error()
            if error is None:
                key = message.key()
                if not is_own_key(key.encode() if isinstance(key, str) else key):
                    return message.offset() or 0
            elif error.code() == KafkaError._PARTITION_EOF:
                return None
            else:
                raise TopicsUnreachable(f"Topic {topic}/{partition} cannot be read: {error.str()}.")
