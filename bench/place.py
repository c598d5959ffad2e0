"""A place to measure in: a broker of its own with the project's topics, and a stream worker as a process."""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

from config.kafka import KafkaSettings
from config.reference.checks.all import sound_reference
from config.senders import base_senders
from config.settings import PREFIX
from crypto.stream_keys import StreamKeyring
from infra import topic_admin
from infra.stream_mac import NO_MAC, StreamMac
from local.servers.jars import ensure_jars
from local.servers.kafka import Broker
from local.servers.process import Process, ProcessPlan
from publisher.key_files import ensure_keys

_READY_SECONDS = 60
NOTHING_MORE: Final[Mapping[str, str]] = MappingProxyType({})


class Place:
    """A running broker and the folder with its keys."""

    def __init__(self, data: Path, broker: Broker, *, with_macs: bool) -> None:
        self.data = data
        self.with_macs = with_macs
        self.kafka = KafkaSettings(bootstrap_servers=broker.bootstrap)
        self.broker_pid = broker.pid

    @property
    def mac(self) -> StreamMac:
        """By what the service knows its own records here."""
        if not self.with_macs:
            return NO_MAC
        ring = (self.data / "keys" / "stream.key.json").read_bytes()
        return StreamMac(StreamKeyring.model_validate_json(ring).tags())

    @contextmanager
    def worker(
        self,
        program: Sequence[str] = ("-m", "frafaldsvarsel", "worker"),
        more: Mapping[str, str] = NOTHING_MORE,
        name: str = "worker",
    ) -> Iterator[Process]:
        """A stream worker, its partitions assigned; `more`: of its environment; `name`: of its files."""
        ready = self.data / f"{name}.ready"
        ready.unlink(missing_ok=True)
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "DATABASE_URL": "postgresql://not-used",
            "KEYS_DIR": str(self.data / "keys" / "service" / "intake"),
            "SENDERS_DIR": str(self.data / "senders"),
            "WORKER_DATA_DIR": str(self.data / name),
            "READY_FILE": str(ready),
            "SESSION_TIMEOUT_SECONDS": "6",
        }
        if self.with_macs:
            values |= {
                "STREAM_KEYS_FILE": str(self.data / "keys" / "stream.key.json"),
                "STREAM_MAC_REQUIRED_FROM": "2022-01-01T00:00:00Z",
            }
        process = Process(
            ProcessPlan(
                argv=[sys.executable, *program],
                log=self.data / f"{name}.log",
                env={PREFIX + name: value for name, value in values.items()} | {"PATH": ""} | dict(more),
                grace_seconds=20,
            )
        )
        try:
            process.wait_for(ready, "The worker", _READY_SECONDS)
            yield process
        finally:
            process.stop()


@contextmanager
def place(*, with_macs: bool = True) -> Iterator[Place]:
    """A broker with the project's topics and keys, gone afterwards. `with_macs`: as in production."""
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-bench-") as folder:
        data = Path(folder)
        broker = Broker(data / "kafka", ensure_jars())
        broker.start()
        try:
            broker.wait_ready()
            made = Place(data, broker, with_macs=with_macs)
            topic_admin.apply(
                made.kafka, topic_admin.Replication(factor=1, min_insync=1), mac_required=with_macs
            )
            ensure_keys(data, base_senders(sound_reference()))
            yield made
        finally:
            broker.stop()
