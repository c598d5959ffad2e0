"""What Kafka says of itself: its brokers, the copies of each partition, the rights of this user, its newest record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition

# Public by their documentation, and not marked as exported.
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from config.kafka import KafkaSettings
from config.topics import BY_NAME
from doctor.side_by_side import NotSeen
from infra.topic_admin import refusal
from models.events.event_types import InputTopic

_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class PartitionCopies:
    """One partition: how many copies it should have, how many are up to date, whether somebody leads it."""

    topic: str
    partition: int
    copies: int
    in_sync: int
    has_leader: bool


@dataclass(frozen=True, slots=True)
class ClusterState:
    """The brokers that answer, and every partition of ours that this user sees."""

    brokers: int
    partitions: Sequence[PartitionCopies]


def read_cluster(kafka: KafkaSettings) -> ClusterState:
    """What the brokers know of each other; raises `NotSeen`."""
    refusals: list[str] = []

    def heard(error: KafkaError) -> None:
        refusals.extend(filter(None, [refusal(error)]))

    admin = AdminClient(kafka.librdkafka() | {"log_level": 0, "error_cb": heard})
    try:
        told = admin.list_topics(timeout=_SECONDS)
    except KafkaException as error:
        admin.poll(0)
        said = refusals[-1] if refusals else f"Kafka does not answer: {error.args[0].str()}."
        raise NotSeen(said) from None
    return ClusterState(
        brokers=len(told.brokers),
        partitions=[
            PartitionCopies(name, number, len(one.replicas), len(one.isrs), one.leader >= 0)
            for name, topic in sorted(told.topics.items())
            if name in BY_NAME
            for number, one in sorted(topic.partitions.items())
        ],
    )


def read_rights(kafka: KafkaSettings) -> Mapping[str, frozenset[str]]:
    """What this user may do with each topic, such as ``READ``; without those it may not even see. Raises `NotSeen`.

    Nothing is tried: the brokers are asked (KIP-430).
    """
    admin = AdminClient(kafka.librdkafka() | {"log_level": 0})
    try:
        asked = admin.describe_topics(
            TopicCollection(list(BY_NAME)), include_authorized_operations=True, request_timeout=_SECONDS
        )
        found = {name: _operations(future) for name, future in asked.items()}
    except KafkaException as error:
        raise NotSeen(f"Kafka does not say what this user may do: {error.args[0].str()}.") from None
    return {name: rights for name, rights in found.items() if rights is not None}


def _operations(future: Any) -> frozenset[str] | None:
    try:
        allowed = future.result().authorized_operations
    except KafkaException as error:
        if error.args[0].code() in (
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            KafkaError.UNKNOWN_TOPIC_OR_PART,
        ):
            return None
        raise
    return frozenset(one.name for one in allowed or ())


def read_newest(kafka: KafkaSettings) -> datetime | None:
    """When the brokers appended the newest record of the senders, by their clock; None: there is none."""
    admin = AdminClient(kafka.librdkafka() | {"log_level": 0})
    places = [
        TopicPartition(name, number) for name in InputTopic for number in range(BY_NAME[name].partitions)
    ]
    newest_record = OffsetSpec.max_timestamp()  # type: ignore[no-untyped-call]  # ships half of its types
    try:
        asked = admin.list_offsets(dict.fromkeys(places, newest_record), request_timeout=_SECONDS)
        newest = max((future.result().timestamp for future in asked.values()), default=-1)
    except KafkaException as error:
        raise NotSeen(f"Kafka does not say how new its records are: {error.args[0].str()}.") from None
    return None if newest < 0 else datetime.fromtimestamp(newest / 1000, UTC)
