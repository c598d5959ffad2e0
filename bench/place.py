"""A place to measure in: a broker of its own with the project's topics, and a stream worker as a process."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.kafka import KafkaSettings
from config.reference.checks.all import sound_reference
from config.senders import base_senders
from config.settings import PREFIX
from infra import topic_admin
from local.servers.jars import ensure_jars
from local.servers.kafka import Broker
from local.servers.process import Process, ProcessPlan
from publisher.key_files import ensure_keys

_READY_SECONDS = 60


class Place:
    """A running broker and the folder with its keys."""

    def __init__(self, data: Path, broker: Broker) -> None:
        self.data = data
        self.kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)

    @contextmanager
    def worker(self) -> Iterator[Process]:
        """A stream worker, running and with its partitions assigned."""
        ready = self.data / "worker.ready"
        ready.unlink(missing_ok=True)
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "DATABASE_URL": "postgresql://not-used",
            "KEYRING_FILE": str(self.data / "keys" / "service.key.json"),
            "SENDERS_DIR": str(self.data / "senders"),
            "WORKER_DATA_DIR": str(self.data / "worker"),
            "READY_FILE": str(ready),
            "SESSION_TIMEOUT_SECONDS": "6",
        }
        process = Process(
            ProcessPlan(
                argv=[sys.executable, "-m", "frafaldsvarsel", "worker"],
                log=self.data / "worker.log",
                env={PREFIX + name: value for name, value in values.items()} | {"PATH": ""},
                grace_seconds=20,
            )
        )
        try:
            process.wait_for(ready, "The worker", _READY_SECONDS)
            yield process
        finally:
            process.stop()


@contextmanager
def place() -> Iterator[Place]:
    """A broker with the project's topics and keys, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        data = Path(folder)
        broker = Broker(data / "kafka", ensure_jars())
        broker.start()
        try:
            broker.wait_ready()
            made = Place(data, broker)
            topic_admin.apply(made.kafka, topic_admin.Replication(factor=1, min_insync=1))
            ensure_keys(data, base_senders(sound_reference()))
            yield made
        finally:
            broker.stop()
