"""Stream workers as processes of their own, and another client library that judges what they have done."""

import os
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c_py
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from config.kafka import KafkaSettings
from config.senders import base_senders
from config.settings import PREFIX
from config.topics import BY_NAME, Topic
from infra import topic_admin
from infra.topic_admin import Replication
from local.servers.process import Process, ProcessPlan
from models.events.event_types import InputTopic
from publisher.events import Binding, PlainEvent, Ready
from publisher.key_files import ensure_keys
from publisher.keys import KeyFolder
from publisher.prepare import prepare
from streams.settings import GROUP
from tests.paths import ROOT
from tests.reference import SHIPPED

K = TypeVar("K")
T = TypeVar("T")
CRC_AT = 17
"""Where a batch keeps its checksum, which covers everything behind it."""
QUIET = {"log_level": 0}
READ = [str(topic) for topic in InputTopic] + [str(Topic.PERSON_EVENTS)]
"""What the workers read."""


@dataclass
class Stage:
    """A broker with the real topics, keys, and workers to start and to kill."""

    bootstrap: str
    data: Path
    workers: dict[int, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        topic_admin.apply(
            KafkaSettings(bootstrap_servers=self.bootstrap), Replication(factor=1, min_insync=1)
        )
        wanted = [
            sender
            for sender in base_senders(SHIPPED)
            if sender.number in ("900101", "900112", "0101", "REG-CPR")
        ]
        ensure_keys(self.data, wanted)
        self.senders = {sender.number: sender for sender in wanted}
        self.keys = KeyFolder(self.data / "keys")
        self._admin = AdminClient({"bootstrap.servers": self.bootstrap, **QUIET})
        self._watcher = Consumer({"bootstrap.servers": self.bootstrap, "group.id": "judge", **QUIET})
        self._producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, **QUIET})

    def environment(self, instance: int) -> dict[str, str]:
        """What a worker is told."""
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "REPLICATION_FACTOR": "1",
            "MIN_INSYNC_REPLICAS": "1",
            "DATABASE_URL": "postgresql://nobody.invalid/none",
            "KEYS_DIR": str(self.data / "keys" / "service" / "intake"),
            "SENDERS_DIR": str(self.data / "senders"),
            "INSTANCE": str(instance),
            "WORKER_DATA_DIR": str(self.data / "worker"),
            "SESSION_TIMEOUT_SECONDS": "6",
            "READY_FILE": str(self.ready_file(instance)),
            "FAILPOINTS_DIR": str(self.failpoints),
        }
        return {PREFIX + name: content for name, content in values.items()}

    @property
    def failpoints(self) -> Path:
        """Where a file with a point's name strikes the first worker that comes by."""
        return self.data / "failpoints"

    def ready_file(self, instance: int) -> Path:
        """Where a worker says which partitions are its."""
        return self.data / f"worker-{instance}.ready"

    def start(self, instance: int = 1, *, wait: bool = True) -> None:
        """Start a worker; with `wait`, until its partitions are assigned."""
        self.ready_file(instance).unlink(missing_ok=True)
        inherited = {name: content for name, content in os.environ.items() if not name.startswith(PREFIX)}
        self.workers[instance] = Process(
            ProcessPlan(
                argv=[sys.executable, "-m", "frafaldsvarsel", "worker"],
                log=self.data / f"worker-{instance}.log",
                env=inherited | self.environment(instance) | {"PYTHONPATH": str(ROOT)},
                grace_seconds=20,
            )
        )
        if wait:
            self.until(self.ready_file(instance).exists, "no partitions were assigned")

    def kill(self, instance: int = 1) -> None:
        """SIGKILL."""
        self.workers.pop(instance).kill()

    def end(self) -> None:
        """Stop everything."""
        self.close()
        self._watcher.close()

    def close(self) -> None:
        """Kill the workers that still run."""
        for worker in self.workers.values():
            worker.kill()
        self.workers.clear()

    def until(self, done: Callable[[], bool], otherwise: str, *, seconds: float = 120) -> None:
        """Wait; a worker that has ended meanwhile is shown with its log."""
        end = time.monotonic() + seconds
        while not done():
            for worker in self.workers.values():
                worker.check_running("worker")
            logs = [worker.log_tail() for worker in self.workers.values()]
            assert time.monotonic() < end, f"{otherwise} {logs}"
            time.sleep(0.1)

    def ready(self, event: PlainEvent, binding: Binding = Binding.STRUCTURED) -> Ready:
        """The event as its sender sends it."""
        return prepare(
            event,
            signing_key=self.keys.signing_key(event.sender),
            service_key=self.keys.service_key(),
            binding=binding,
        )

    def send(self, records: Iterable[Ready]) -> None:
        """Send with a sender's library that is not ours, and wait for the acknowledgements."""
        failed: list[object] = []
        for ready in records:
            while True:
                try:
                    self._producer.produce(
                        ready.topic,
                        ready.value,
                        ready.key,
                        headers=list(ready.headers),
                        on_delivery=lambda error, _: failed.append(error) if error else None,
                    )
                    break
                except BufferError:
                    self._producer.poll(0.1)
        assert self._producer.flush(30) == 0
        assert failed == []

    async def send_odd_header(self, ready: Ready, name: bytes) -> None:
        """Send the record with one more header, whose name no honest library would let through."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await producer.start()
        try:
            builder = producer.create_batch()
            headers = [*ready.headers, ("N" * len(name), b"")]
            builder.append(timestamp=None, key=ready.key, value=ready.value, headers=headers)
            raw = bytearray(builder._build().replace(b"N" * len(name), name))
            struct.pack_into(">I", raw, CRC_AT, calc_crc32c_py(bytes(raw[CRC_AT + 4 :])))
            builder._buffer = raw
            await (await producer.send_batch(builder, ready.topic, partition=0))
        finally:
            await producer.stop()

    def places(self, names: Iterable[str]) -> list[TopicPartition]:
        """Every partition of the topics."""
        return [TopicPartition(name, part) for name in names for part in range(BY_NAME[name].partitions)]

    def ends(self, names: Iterable[str]) -> dict[tuple[str, int], int]:
        """One after the last offset of every partition."""
        return {
            (place.topic, place.partition): self._watcher.get_watermark_offsets(place, timeout=10)[1]
            for place in self.places(names)
        }

    def committed(self) -> dict[tuple[str, int], int]:
        """How far the workers' group has come, by Kafka's own account."""
        wanted = ConsumerGroupTopicPartitions(GROUP, self.places(READ))
        found = self._admin.list_consumer_group_offsets([wanted])[GROUP].result(10)
        return {(place.topic, place.partition): max(place.offset, 0) for place in found.topic_partitions}

    def done(self) -> bool:
        """Everything that was sent is read, and everything that came of it."""
        return self.committed() == self.ends(READ)

    def until_done(self, seconds: float = 120) -> None:
        """Wait for it; what is not done is named."""
        try:
            self.until(self.done, "the workers did not come to the end", seconds=seconds)
        except AssertionError as error:
            committed = self.committed()
            behind = [
                f"{topic}/{part}: {committed[topic, part]} of {end}"
                for (topic, part), end in self.ends(READ).items()
                if committed[topic, part] != end
            ]
            raise AssertionError(f"{error} {behind}") from None

    def read(self, *names: str) -> list[Message]:
        """Every record on the topics, of each partition in order."""
        ends = {place: end for place, end in self.ends(names).items() if end > 0}
        found: list[Message] = []
        if not ends:
            return found
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "judge",
                "isolation.level": "read_uncommitted",
                "enable.partition.eof": True,
                **QUIET,
            }
        )
        consumer.assign([TopicPartition(topic, part, 0) for topic, part in ends])
        open_partitions = set(ends)
        deadline = time.monotonic() + 60
        try:
            while open_partitions:
                assert time.monotonic() < deadline
                for message in consumer.consume(1000, timeout=0.1):
                    if message.error() is None:
                        found.append(message)
                    else:
                        open_partitions.discard((str(message.topic()), int(message.partition() or 0)))
        finally:
            consumer.close()
        return found


def by_key(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Grouped."""
    groups: dict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
