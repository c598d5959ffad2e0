"""One run of one peer over the backlog that waits on ``person-events``: its figures, and what it has told."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.peers.installed import Installed
from bench.peers.truth import PeerAnswers, told
from bench.peers.yardstick import PROGRAMS, environment
from bench.place import Place
from config.topics import BY_NAME, Topic
from local.servers.jars import java_program
from local.servers.process import Process, ProcessPlan
from streams.packed_record import unpack

_SECONDS: Final = 600.0


class Peer(StrEnum):
    """Who is measured."""

    SERVICE = "service"
    HAND = "hand"
    BARE = "bare"
    QUIX = "quix"
    KAFKA_STREAMS = "kafka-streams"
    FAUST = "faust"

    @property
    def label(self) -> str:
        """For the table."""
        return _TITLES[self]


_TITLES: Final = {
    Peer.SERVICE: "this service's worker",
    Peer.HAND: "aiokafka by hand, with rules",
    Peer.BARE: "aiokafka by hand, no rules",
    Peer.QUIX: "Quix Streams",
    Peer.KAFKA_STREAMS: "Kafka Streams (Java)",
    Peer.FAUST: "plain Faust",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """From the first record to the last acknowledged output; CPU is user and system of the peer's process."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Course:
    """What every run of a round has in common."""

    place: Place
    installed: Installed
    rules: Path
    law: Path
    events: int

    def run(self, peer: Peer) -> tuple[Figures, PeerAnswers | None]:
        """`peer` over the whole backlog. None: it has no rules, and tells nothing."""
        marks = self.place.data / f"{peer}.json"
        given = {"PEER_MARKS": str(marks), "PEER_EVENTS": str(self.events)}
        with self._running(peer, given) as process:
            process.wait_for(marks, peer.label, _SECONDS)
        figures = Figures(**json.loads(marks.read_text("utf-8")))
        if peer is Peer.BARE:
            return figures, None
        decisions, people = self._topics(peer)
        return figures, told(_values(self.place, decisions), _values(self.place, people))

    @contextmanager
    def _running(self, peer: Peer, given: dict[str, str]) -> Iterator[Process]:
        if peer is Peer.SERVICE:
            with self.place.worker(("-m", "bench.peers.programs.service"), given) as process:
                yield process
            return
        data = self.place.data / f"{peer}-data"
        data.mkdir()
        self._make_topics(peer)
        given |= environment(self.rules) | {
            "PEER_NAME": f"peer-{peer}",
            "PEER_BROKER": self.place.kafka.bootstrap_servers,
            "PEER_DATA": str(data),
            "PEER_LAW": str(self.law),
            "HOME": str(data),
        }
        log = self.place.data / f"{peer}.log"
        process = Process(ProcessPlan(argv=self._program(peer), log=log, env=given, grace_seconds=5))
        try:
            yield process
        finally:
            process.stop()

    def _program(self, peer: Peer) -> Sequence[str]:
        if peer is Peer.KAFKA_STREAMS:
            quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
            return [java_program(), "-Xmx512m", quiet, "-cp", self.installed.class_path, "peers.Match"]
        if peer is Peer.QUIX:
            return [str(self.installed.quix_python), str(PROGRAMS / "quix_streams.py")]
        if peer is Peer.FAUST:
            words = [str(PROGRAMS / "plain_faust.py"), "worker", "--loglevel=info", "--without-web"]
            return [sys.executable, *words]
        return [sys.executable, str(PROGRAMS / f"{peer}_loop.py")]

    def _topics(self, peer: Peer) -> tuple[str, str]:
        """Where its decisions and its people stand."""
        name = f"peer-{peer}"
        match peer:
            case Peer.SERVICE:
                return Topic.DECISIONS, Topic.PEOPLE
            case Peer.HAND:
                return f"{name}-decisions", f"{name}-people"
            case Peer.QUIX:
                return f"{name}-decisions", f"changelog__{name}--person-events--default"
            case _:
                return f"{name}-decisions", f"{name}-people-changelog"

    def _make_topics(self, peer: Peer) -> None:
        made = {f"peer-{peer}-decisions": Topic.DECISIONS}
        if peer is Peer.HAND:
            made[f"peer-{peer}-people"] = Topic.PEOPLE
        admin = AdminClient(self.place.kafka.librdkafka() | {"log_level": 0})
        new = [
            NewTopic(
                name,
                num_partitions=BY_NAME[like].partitions,
                replication_factor=1,
                config=BY_NAME[like].config(min_insync_replicas=1),
            )
            for name, like in made.items()
        ]
        for future in admin.create_topics(new).values():
            future.result()
        time.sleep(1)  # until every client can find them


def _values(place: Place, topic: str) -> Iterator[bytes]:
    """Every record's value, each partition in its order."""
    settings = {"group.id": "bench", "enable.auto.commit": False, "enable.partition.eof": True}
    consumer = Consumer(place.kafka.librdkafka() | settings)
    try:
        partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, 0) for partition in partitions])
        unfinished = set(partitions)
        while unfinished:
            for message in consumer.consume(1000, timeout=1):
                if message.error() is not None:
                    unfinished.discard(message.partition())
                elif (value := message.value()) is not None and topic == Topic.PEOPLE:
                    yield unpack(value)
                elif value is not None and value.startswith(b"{"):
                    yield value
    finally:
        consumer.close()
