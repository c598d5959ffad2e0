"""Runs a real Kafka broker from its jars, so that the demo and the tests meet what production meets.

It must listen on 127.0.0.1 only and must never create a topic that nobody has asked for.
"""

import base64
import os
import shutil
import socket
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local.servers.jars import java_program
from local.servers.ports import remembered_ports, write_whole
from local.servers.process import READY_SECONDS, Process, ProcessPlan, Server, StartFailed

HEAP: Final = "512m"
JVM_FLAGS: Final = (
    f"-Xmx{HEAP}",
    "-Xms128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config.AbstractConfig=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaConfig=warn",
)
_META: Final = "meta.properties"
_BLANK: Final = "blank-storage"
"""The folder beside the jars with what a fresh storage holds, but for its ids."""
ARCHIVE: Final = "kafka.jsa"
"""The file in the jars' folder that `class_archive` makes."""


@dataclass(frozen=True, kw_only=True)
class Quorum:
    """The controllers of one cluster. `controllers` is node id → controller port; all on 127.0.0.1."""

    cluster_id: str
    controllers: Mapping[int, int]


class Broker(Server):
    """One node that is both broker and controller. Its data folder outlives it."""

    def __init__(
        self,
        data: Path,
        jars: Path,
        *,
        node_id: int = 1,
        quorum: Quorum | None = None,
        ports: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        jvm_flags: Sequence[str] = (),
    ) -> None:
        """`ports`: `broker` and `controller`; without it they are chosen once and remembered in `data`."""
        self.data: Final = data.resolve()
        self.node_id: Final = node_id
        self._jars: Final = jars.resolve()
        self._quorum = quorum
        self._fixed_ports = ports
        self._settings: Final = dict(settings or {})
        self._jvm_flags: Final = jvm_flags
        self._ports: Mapping[str, int] = {}

    @property
    def bootstrap(self) -> str:
        """`host:port` for clients; known from the first start on."""
        if not self._ports:
            raise RuntimeError("The broker has not been started yet, so its port is not known.")
        return f"127.0.0.1:{self._ports['broker']}"

    def start(self) -> None:
        """Format the storage at the first start, then start the broker; see `wait_ready`."""
        if self.pid is not None:
            return
        self.data.mkdir(parents=True, exist_ok=True)
        # Once and for all: whoever has been told of the port goes on with it while the broker is started again.
        self._ports = (
            self._ports
            or self._fixed_ports
            or remembered_ports(self.data / "ports.json", ("broker", "controller"))
        )
        quorum = self._quorum or Quorum(
            cluster_id=self._cluster_id(), controllers={self.node_id: self._ports["controller"]}
        )
        config = self.data / "server.properties"
        write_whole(config, _properties(self._properties(quorum)))
        if not (self.data / "log" / _META).exists():
            self._format(config, quorum.cluster_id)
        self._process = self._java("kafka.Kafka", str(config))

    def wait_ready(self, timeout: float = READY_SECONDS, *, brokers: int = 1) -> None:
        """Return when the broker answers a metadata request and knows of `brokers` brokers."""
        process = self._process
        if process is None:
            raise RuntimeError("The broker has not been started.")
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            process.check_running("Kafka")
            if self.answers(brokers=brokers):
                return
            time.sleep(0.05)
        raise StartFailed(f"Kafka was not ready after {timeout:g} seconds. {process.log_tail()}")

    def answers(self, *, brokers: int = 1) -> bool:
        """Whether it answers a metadata request now, and knows of `brokers` brokers."""
        return _accepts(self._ports["broker"]) and _known_brokers(self.bootstrap) >= brokers

    def _cluster_id(self) -> str:
        file = self.data / "cluster-id"
        if not file.exists():
            write_whole(file, new_cluster_id())
        return file.read_text("utf-8").strip()

    def _properties(self, quorum: Quorum) -> dict[str, str]:
        nodes = len(quorum.controllers)
        replicas = min(nodes, 3)
        in_sync = max(1, replicas - 1)
        voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in sorted(quorum.controllers.items()))
        listeners = f"BROKER://127.0.0.1:{self._ports['broker']}"
        return {
            "process.roles": "broker,controller",
            "node.id": str(self.node_id),
            "controller.quorum.voters": voters,
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{self._ports['controller']}",
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "BROKER",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.data / "log"),
            "auto.create.topics.enable": "false",
            "num.partitions": "1",
            "default.replication.factor": str(replicas),
            "min.insync.replicas": str(in_sync),
            "offsets.topic.replication.factor": str(replicas),
            # Fifty by default: every one is a folder to open and to recover at each start.
            "offsets.topic.num.partitions": "5",
            "transaction.state.log.replication.factor": str(replicas),
            "transaction.state.log.min.isr": str(in_sync),
            "transaction.state.log.num.partitions": "5",
            "share.coordinator.state.topic.replication.factor": str(replicas),
            "share.coordinator.state.topic.min.isr": str(in_sync),
            "share.coordinator.state.topic.num.partitions": "5",
            # Workers that start together join together; one after the other, the second would unsettle the first.
            "group.initial.rebalance.delay.ms": "250",
            "group.min.session.timeout.ms": "6000",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "log.cleaner.dedupe.buffer.size": "16777216",
            "controlled.shutdown.enable": "true",
            # A killed broker may come back only when its last session has run out (9 seconds by default).
            # Shorter than three seconds, a busy machine would lose a broker that is only slow.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
            **self._settings,
        }

    def _format(self, config: Path, cluster_id: str) -> None:
        """Kafka's own tool once for these jars; from then on a copy of what it made, with ids of its own."""
        storage, blank = self.data / "log", self._jars / _BLANK
        if not blank.exists():
            self._format_by_tool(config, cluster_id)
            _keep_blank(storage, blank)
            return
        shutil.copytree(blank, storage, dirs_exist_ok=True)
        meta = {
            "version": "1",
            "cluster.id": cluster_id,
            "node.id": str(self.node_id),
            "directory.id": new_cluster_id(),
        }
        # Last: the storage counts as formatted when it is there.
        write_whole(storage / _META, _properties(meta))

    def _format_by_tool(self, config: Path, cluster_id: str) -> None:
        done = self._java(
            "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(config)
        )
        try:
            code = done.wait(READY_SECONDS)
        except TimeoutError:
            done.kill()
            code = -1
        if code != 0:
            raise StartFailed(f"Kafka's storage could not be formatted. {done.log_tail()}")

    def _java(self, *arguments: str) -> Process:
        archive = self._jars / ARCHIVE
        kept = [f"-XX:SharedArchiveFile={archive}"] if archive.exists() else []
        classes = ["-cp", str(self._jars / "*")]
        argv = [java_program(), *JVM_FLAGS, *kept, *self._jvm_flags, *classes, *arguments]
        return Process(ProcessPlan(argv=argv, log=self.data / "broker.log", env=dict(os.environ)))


def _keep_blank(storage: Path, blank: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=".blank-", dir=blank.parent))
    shutil.copytree(storage, fresh, dirs_exist_ok=True, ignore=shutil.ignore_patterns(_META))
    try:
        fresh.rename(blank)
    except OSError:  # another was faster
        shutil.rmtree(fresh)


def new_cluster_id() -> str:
    """A random id in Kafka's form: sixteen bytes, URL-safe base64 without padding, no leading dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        continue
    return text


def _properties(values: Mapping[str, str]) -> str:
    # A backslash begins an escape in Java's properties files.
    return "".join(f"{key}={value.replace(chr(92), chr(92) * 2)}\n" for key, value in values.items())


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _known_brokers(bootstrap: str) -> int:
    # Quiet: librdkafka writes to the terminal by itself.
    client = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    try:
        return len(client.list_topics(timeout=2).brokers)
    except KafkaException:
        return 0
