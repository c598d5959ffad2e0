"""The embedded broker keeps its data and its place through stops and kills, and never outlives its owner."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from local.servers.cluster import Cluster
from local.servers.kafka import Broker
from tests.paths import ROOT

QUIET = {"log_level": 0}


@pytest.fixture
def own_broker(jars: Path, tmp_path: Path) -> Iterator[Broker]:
    """A broker that the test may kill."""
    broker = Broker(tmp_path / "kafka", jars)
    yield broker
    broker.kill()


def create_topic(bootstrap: str, topic: str, *, replicas: int = 1, in_sync: int = 1) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, **QUIET})
    config = {"min.insync.replicas": str(in_sync)}
    new = NewTopic(topic, num_partitions=1, replication_factor=replicas, config=config)
    admin.create_topics([new])[topic].result(30)


def produce(bootstrap: str, topic: str, values: list[bytes], *, seconds: int = 30) -> None:
    """Send with acks=all and return only when every value is acknowledged."""
    failed: list[object] = []
    settings = {"bootstrap.servers": bootstrap, "acks": "all", "message.timeout.ms": seconds * 1000}
    producer = Producer({**settings, **QUIET})
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: failed.append(error) if error else None)
    assert producer.flush(seconds + 5) == 0
    assert failed == []


def read(bootstrap: str, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"read-{topic}", **QUIET})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        messages = consumer.consume(count, timeout=20)
    finally:
        consumer.close()
    return [message.value() or b"" for message in messages if message.error() is None]


def test_a_topic_that_nobody_made_is_not_there(broker: Broker, unique: Callable[[str], str]) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "message.timeout.ms": 3000, **QUIET})
    errors: list[object] = []
    producer.produce(unique("unmade"), b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(10)
    assert len(errors) == 1
    assert errors[0] is not None


def test_listens_on_this_machine_only(broker: Broker) -> None:
    listening = psutil.Process(broker.pid).net_connections(kind="tcp")
    addresses = {each.laddr.ip.removeprefix("::ffff:") for each in listening if each.status == "LISTEN"}
    assert addresses == {"127.0.0.1"}


def test_data_and_port_survive_a_stop_and_a_kill(own_broker: Broker, unique: Callable[[str], str]) -> None:
    topic = unique("kept")
    own_broker.start()
    own_broker.wait_ready()
    first = own_broker.bootstrap
    create_topic(first, topic)
    produce(first, topic, [b"1"])

    own_broker.stop()
    assert own_broker.pid is None
    own_broker.start()
    own_broker.wait_ready()
    assert own_broker.bootstrap == first
    produce(first, topic, [b"2"])

    own_broker.kill()
    own_broker.start()
    own_broker.wait_ready()
    assert own_broker.bootstrap == first
    assert read(first, topic, 2) == [b"1", b"2"]


async def test_a_broker_started_from_a_thread_outlives_the_thread(own_broker: Broker) -> None:
    def start_in_a_thread_that_ends() -> None:
        thread = threading.Thread(target=own_broker.start)
        thread.start()
        thread.join()

    await asyncio.to_thread(start_in_a_thread_that_ends)
    await asyncio.to_thread(own_broker.wait_ready)
    await asyncio.sleep(0.3)
    assert own_broker.pid is not None


def test_a_broker_does_not_outlive_a_killed_owner(jars: Path, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from local.servers.kafka import Broker\n"
        "b = Broker(Path(sys.argv[1]), Path(sys.argv[2])); b.start(); b.wait_ready()\n"
        "print(b.pid, flush=True); time.sleep(600)"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(jars)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert owner.stdout is not None
    with owner.stdout as said:
        pid = int(said.readline())
    guard = psutil.Process(pid).ppid()
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    assert gone(pid)
    assert gone(guard)


def test_a_broker_does_not_outlive_its_killed_guard(own_broker: Broker) -> None:
    own_broker.start()
    own_broker.wait_ready()
    pid = own_broker.pid
    assert pid is not None
    os.kill(psutil.Process(pid).ppid(), signal.SIGKILL)
    assert gone(pid)


@pytest.mark.cluster
def test_a_cluster_takes_writes_after_the_loss_of_one_node(
    jars: Path, tmp_path: Path, unique: Callable[[str], str]
) -> None:
    cluster = Cluster(tmp_path / "cluster", jars)
    cluster.start()
    try:
        cluster.wait_ready()
        topic = unique("replicated")
        create_topic(cluster.bootstrap, topic, replicas=3, in_sync=2)
        produce(cluster.bootstrap, topic, [b"with three"])

        leader = AdminClient({"bootstrap.servers": cluster.bootstrap, **QUIET})
        lost = leader.list_topics(topic, timeout=10).topics[topic].partitions[0].leader
        cluster.brokers[lost].kill()
        produce(cluster.bootstrap, topic, [b"with two"], seconds=60)

        cluster.brokers[lost].start()
        cluster.wait_ready()
        assert read(cluster.bootstrap, topic, 2) == [b"with three", b"with two"]
        survivors = [node for node in cluster.brokers if node != lost]
        cluster.brokers[survivors[0]].kill()
        produce(cluster.bootstrap, topic, [b"with another two"], seconds=60)
    finally:
        cluster.kill()


def gone(pid: int, *, seconds: float = 20) -> bool:
    """True as soon as no such process runs; False when it still does after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False
