"""Creates and verifies the topics of `config.topics`. Of a topic that exists it reports what differs.

It changes two things in place: the clock that stamps the service's own records, once they must have a MAC; and
compaction, which `infra.topic_compaction` turns on where that destroys nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException

# Public by their documentation, and not marked as exported.
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from confluent_kafka.cimpl import NewPartitions, NewTopic

from config.kafka import KafkaSettings
from config.topics import TIMESTAMP_TYPE, TOPICS, TopicSpec
from infra.partitioner import latest

_SECONDS: Final = 30.0
_METADATA_SECONDS: Final = 10.0
"""Without an answer of the brokers."""
_REFUSALS: Final = (KafkaError._AUTHENTICATION, KafkaError._SSL)
_CERTIFICATE: Final = re.compile("alert .*certificate|alert unknown ca")
_POLICY: Final = "cleanup.policy"
_LAGS: Final = ("min.compaction.lag.ms", "max.compaction.lag.ms")
"""What matters of a topic only when it is compacted."""
_FATAL: Final = frozenset(
    {
        _POLICY,
        "compression.type",
        "max.message.bytes",
        TIMESTAMP_TYPE,
        "unclean.leader.election.enable",
    }
)
"""State, sizes, deadlines and durability rest on these; retention and the like are the operator's to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replication:
    """How many copies there are of every record, and how many must have it before it counts."""

    factor: int
    min_insync: int


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One way in which a topic differs from the table. `fatal`: the service's promises do not hold on such a topic."""

    sentence: str
    fatal: bool


class TopicsUnreachable(RuntimeError):
    """The cluster does not answer, or refuses; try again when it does."""


def apply(kafka: KafkaSettings, replication: Replication, *, mac_required: bool = False) -> list[str]:
    """Create the missing topics; returns their names.

    `mac_required`: the service's own topics, those that are there too, get the brokers' clock. A record without a MAC
    is judged by it, and a writer could say what it likes.
    """
    admin, known = _open(kafka)
    missing = [spec for spec in TOPICS if spec.name not in known]
    if missing:
        made = admin.create_topics(
            [
                NewTopic(
                    spec.name,
                    num_partitions=spec.partitions,
                    replication_factor=replication.factor,
                    config=spec.config(min_insync_replicas=replication.min_insync, mac_required=mac_required),
                )
                for spec in missing
            ],
            operation_timeout=_SECONDS,
        )
        for name, future in made.items():
            try:
                future.result()
            except KafkaException as error:
                raise TopicsUnreachable(f"Topic {name} could not be made: {error.args[0].str()}.") from None
    present = [spec for spec in TOPICS if spec.guarded and spec.name in known]
    if mac_required and present:
        _stamp_by_brokers(admin, present)
    return [spec.name for spec in missing]


def add_partitions(kafka: KafkaSettings, names: Sequence[str], total: int) -> None:
    """Give each of the topics so many partitions; one that has them is left as it is."""
    admin, known = _open(kafka)
    wanted = [NewPartitions(name, total) for name in names if len(known[name].partitions) < total]
    for name, future in (
        admin.create_partitions(wanted, operation_timeout=_SECONDS) if wanted else {}
    ).items():
        try:
            future.result()
        except KafkaException as error:
            said = error.args[0].str()
            raise TopicsUnreachable(f"Topic {name} could not be given more partitions: {said}.") from None


def _stamp_by_brokers(admin: AdminClient, specs: Sequence[TopicSpec]) -> None:
    _alter(admin, specs, {TIMESTAMP_TYPE: "LogAppendTime"}, "the brokers' clock")


def _alter(admin: AdminClient, specs: Sequence[TopicSpec], config: Mapping[str, str], what: str) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in config.items()
    ]
    altered = admin.incremental_alter_configs(
        [ConfigResource(ResourceType.TOPIC, spec.name, incremental_configs=entries) for spec in specs]
    )
    for resource, future in altered.items():
        try:
            future.result(_SECONDS)
        except KafkaException as error:
            said = error.args[0].str()
            raise TopicsUnreachable(f"Topic {resource.name} could not be given {what}: {said}.") from None


def awaits_compaction(kafka: KafkaSettings, spec: TopicSpec) -> bool:
    """Whether the topic is there, and is kept by ``delete`` though its records have keys of their own now."""
    if not spec.own_keys:
        return False
    admin, known = _open(kafka)
    return spec.name in known and _configs(admin, [spec.name])[spec.name][_POLICY].value == "delete"


def compact(kafka: KafkaSettings, spec: TopicSpec) -> None:
    """Let the brokers compact the topic from now on. `infra.topic_compaction` has looked at its keys."""
    wanted = spec.config(min_insync_replicas=1)
    admin, _ = _open(kafka)
    _alter(admin, [spec], {name: wanted[name] for name in (_POLICY, *_LAGS)}, "compaction")


def check(
    kafka: KafkaSettings, replication: Replication, *, mac_required: bool = False
) -> list[TopicDifference]:
    """What differs from the table; nothing when all is as it should be."""
    admin, known = _open(kafka)
    present = [spec for spec in TOPICS if spec.name in known]
    if not present:
        # Not a difference: a right that was taken away comes back, and the process goes on by itself.
        raise TopicsUnreachable(
            "Kafka shows none of the topics; make them (topics apply), or let this user describe them."
        )
    faults = [
        TopicDifference(f"Topic {spec.name} is missing, or this user may not describe it.", True)
        for spec in TOPICS
        if spec.name not in known
    ]
    configs = _configs(admin, [spec.name for spec in present])
    for spec in present:
        faults += _differences(spec, known[spec.name], configs[spec.name], replication, mac_required)
    return faults


def _open(kafka: KafkaSettings) -> tuple[AdminClient, dict[str, Any]]:
    """A client, and the topics that it sees."""
    refusals: list[str] = []

    def heard(error: KafkaError) -> None:
        if said := refusal(error):
            refusals.append(said)

    # What librdkafka would print of a broker that is away, `TopicsUnreachable` says.
    admin = AdminClient(kafka.librdkafka() | {"log_level": 0, "error_cb": heard})
    try:
        topics: dict[str, Any] = admin.list_topics(timeout=_METADATA_SECONDS).topics
    except KafkaException as error:
        admin.poll(0)
        if refusals:
            raise TopicsUnreachable(refusals[-1]) from None
        raise TopicsUnreachable(f"Kafka does not answer: {error.args[0].str()}.") from None
    return admin, topics


def refusal(error: KafkaError) -> str:
    """A sentence if a broker refused the client, else empty."""
    said = error.str()
    if error.code() in _REFUSALS:
        return f"Kafka lets nobody in under this name: {said}."
    # A broker judges the certificate after the client's side of TLS 1.3 is done: to the client the way breaks off.
    if error.code() == KafkaError._TRANSPORT and _CERTIFICATE.search(said):
        return f"Kafka does not take the client's certificate: {said}."
    return ""


def _configs(admin: AdminClient, names: Sequence[str]) -> dict[str, Any]:
    described = admin.describe_configs(
        [ConfigResource(ResourceType.TOPIC, name) for name in names], request_timeout=_SECONDS
    )
    try:
        return {resource.name: future.result() for resource, future in described.items()}
    except KafkaException as error:
        said = error.args[0].str()
        raise TopicsUnreachable(f"Kafka does not tell how the topics are made: {said}.") from None


def _half_grown(name: str, number: int) -> str:
    """All goes on where people are decided upon: nobody is sent to the partitions that are too many."""
    known = latest(number)
    return (
        f"Topic {name} has {number} partitions: another tool has added to the {known.end} of people. Nothing goes to "
        f"those that are too many. frafaldsvarsel topics grow --to {known.next.end} makes all of them, and takes them "
        "into use; there is no way back to fewer."
    )


def _differences(
    spec: TopicSpec, found: Any, config: Any, replication: Replication, mac_required: bool
) -> list[TopicDifference]:
    faults = []
    number = len(found.partitions)
    if spec.grows and number >= spec.partitions:
        if number != latest(number).end:
            faults.append(TopicDifference(_half_grown(spec.name, number), False))
    elif number != spec.partitions:
        sentence = f"Topic {spec.name} has {number} partitions, not {spec.partitions}."
        faults.append(TopicDifference(sentence, True))
    copies = {len(partition.replicas) for partition in found.partitions.values()}
    if copies != {replication.factor}:
        faults.append(
            TopicDifference(
                f"Topic {spec.name} has {sorted(copies)} copies, not {replication.factor}.", False
            )
        )
    wanted = spec.config(min_insync_replicas=replication.min_insync, mac_required=mac_required)
    if spec.guarded and not mac_required:
        # It has been required before, or is about to be: nothing rests on it meanwhile.
        del wanted[TIMESTAMP_TYPE]
    if spec.own_keys and config[_POLICY].value == "delete":
        # From before its records had keys of their own. All goes well, but for what is erased.
        for name in (_POLICY, *_LAGS):
            del wanted[name]
        sentence = (
            f"Topic {spec.name} is not compacted: what is erased stays in it. Where every record has a key of its "
            f"own, frafaldsvarsel topics apply turns compaction on."
        )
        faults.append(TopicDifference(sentence, False))
    for name, expected in wanted.items():
        if config[name].value != expected:
            sentence = f"Topic {spec.name}: {name} is {config[name].value}, not {expected}."
            faults.append(TopicDifference(sentence, name in _FATAL))
    return faults
