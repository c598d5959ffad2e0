"""Quotas on a real broker: told once, kept as they are, and felt by whoever writes more."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]
from typer.testing import CliRunner, Result

from config.kafka import KafkaSettings
from config.settings import PREFIX
from config.topics import GUARDED, TIMESTAMP_TYPE, TOPICS, Topic
from crypto.stream_keys import new_stream_keyring
from frafaldsvarsel.commands import commands
from infra.client_quotas import EVERYBODY_ELSE, QuotaChange, apply_quotas, produce_quotas
from publisher.key_files import LOCAL_KEYS_FROM, add_sender
from tests.fixtures.servers import running_broker
from tests.soon import until

ANONYMOUS = "ANONYMOUS"
"""Who a broker without log-in takes everybody for."""


@pytest.fixture(scope="module")
def kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker of its own: a quota would slow down everybody else's tests."""
    with running_broker(tmp_path_factory.mktemp("quotas"), jars) as broker:
        yield KafkaSettings(bootstrap_servers=broker.bootstrap)


def topics(kafka: KafkaSettings, command: str, **told: str) -> Result:
    """`topics apply` or `topics check`."""
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "REPLICATION_FACTOR": "1",
        "MIN_INSYNC_REPLICAS": "1",
    } | told
    env = {PREFIX + name: value for name, value in values.items()} | {"COLUMNS": "200"}
    return CliRunner().invoke(commands(), ["topics", command], env=env)


def clocks(kafka: KafkaSettings) -> dict[str, str]:
    """Whose clock stamps each topic's records."""
    admin = AdminClient(kafka.librdkafka())
    asked = [ConfigResource(ResourceType.TOPIC, spec.name) for spec in TOPICS if spec.guarded]
    return {
        one.name: future.result(20)[TIMESTAMP_TYPE].value
        for one, future in admin.describe_configs(asked).items()
    }


def test_topics_apply_gives_each_sender_its_quota_once(kafka: KafkaSettings, tmp_path: Path) -> None:
    """What somebody else has set for another user stays; a second run changes nothing."""
    apply_quotas(kafka, {"somebody": 4096})
    until(lambda: produce_quotas(kafka), {"somebody": 4096})
    for number in ("900101", "900112"):
        add_sender(tmp_path, number, now=LOCAL_KEYS_FROM)
    told = {
        "SENDERS_DIR": str(tmp_path / "senders"),
        "SENDER_BYTES_PER_SECOND": "65536",
        "SENDER_KAFKA_USER": "school-{number}",
        "OTHER_USERS_BYTES_PER_SECOND": "1000000000",
    }
    first = topics(kafka, "apply", **told)
    assert first.exit_code == 0, first.output
    assert "school-900101 may write 65536 bytes a second; before: none" in first.output
    quotas = {
        "somebody": 4096,
        "school-900101": 65536,
        "school-900112": 65536,
        EVERYBODY_ELSE: 1_000_000_000,
    }
    until(lambda: produce_quotas(kafka), quotas)
    assert "Every quota is as it should be." in topics(kafka, "apply", **told).output
    more = topics(kafka, "apply", **told | {"SENDER_BYTES_PER_SECOND": "131072"})
    assert "school-900112 may write 131072 bytes a second; before: 65536" in more.output
    assert "quota" not in topics(kafka, "apply").output


def test_who_writes_more_is_held_up_and_loses_nothing(kafka: KafkaSettings) -> None:
    """The broker lets the connection wait; nothing is refused."""
    topics(kafka, "apply")
    producer = Producer(kafka.librdkafka() | {"linger.ms": 0, "batch.size": 20_000})

    def seconds() -> float:
        began = time.monotonic()
        for _ in range(40):
            producer.produce("enrolments", b"x" * 10_000, partition=0)
        assert producer.flush(60) == 0
        return time.monotonic() - began

    free = seconds()
    assert apply_quotas(kafka, {ANONYMOUS: 20_000}) == [QuotaChange(ANONYMOUS, None, 20_000)]
    until(lambda: produce_quotas(kafka).get(ANONYMOUS), 20_000)
    try:
        held = seconds()
    finally:
        apply_quotas(kafka, {ANONYMOUS: 1_000_000_000})
    assert held > free + 4


def test_once_macs_are_required_the_brokers_clock_stamps_the_services_own_records(
    kafka: KafkaSettings,
) -> None:
    """On topics that were there before, too; a process does not begin on others, and before that it does not care."""
    topics(kafka, "apply")
    # An erasure's record says from when on it counts, with or without MACs.
    from_the_start = {str(Topic.ERASURES)}
    assert {name for name, clock in clocks(kafka).items() if clock != "CreateTime"} == from_the_start
    assert topics(kafka, "check").exit_code == 0
    ring = new_stream_keyring().model_dump_json()
    told = {"STREAM_KEYS": ring, "STREAM_MAC_REQUIRED_FROM": "2026-01-01T00:00:00Z"}
    assert topics(kafka, "check", **told).output.count("is CreateTime, not LogAppendTime") == len(
        GUARDED - from_the_start
    )
    assert topics(kafka, "apply", **told).exit_code == 0
    until(lambda: set(clocks(kafka).values()), {"LogAppendTime"})
    assert topics(kafka, "check", **told).exit_code == 0
    assert topics(kafka, "check").exit_code == 0
