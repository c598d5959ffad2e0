"""The two places where signed roots are kept, outside the database: a topic, and a file on storage of somebody else's.

Either may be away; the other still has the root, and the age of each one's last success is a metric.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from confluent_kafka import KafkaException, Producer
from joserfc.jwk import OKPKey

from config.kafka import KafkaSettings
from config.topics import Topic
from ops.audit.kafka_log import KafkaLog, LogUnreachable
from ops.trail import signed_root
from ops.trail.signed_root import NotOurs, SignedRoot

_SECONDS: Final = 10.0
_LATEST: Final = 500


class SinkAway(RuntimeError):
    """It does not take the line, or cannot be read."""


class Sink(Protocol):
    """Keeps lines in their order."""

    @property
    def name(self) -> str:
        """What people call the place."""

    def write(self, line: bytes) -> None:
        """Add a line, and return when it is kept; raises `SinkAway`."""

    def latest(self) -> list[bytes]:
        """The newest lines, at most 500, in their order; raises `SinkAway`."""

    def whole(self) -> Iterator[bytes]:
        """All lines; raises `SinkAway`."""


@dataclass(frozen=True, slots=True)
class FileSink:
    """A file that grows. It should lie where the database's administrators cannot write."""

    path: Path
    name: str = "file"

    def write(self, line: bytes) -> None:
        """See `Sink`."""
        try:
            with self.path.open("ab+") as file:
                # What a crash has cut off must not take the next line with it.
                whole = file.tell() == 0 or os.pread(file.fileno(), 1, file.tell() - 1) == b"\n"
                file.write((b"" if whole else b"\n") + line + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise SinkAway(f"the file cannot be written: {error.strerror}") from None

    def latest(self) -> list[bytes]:
        """See `Sink`."""
        return list(self.whole())[-_LATEST:]

    def whole(self) -> Iterator[bytes]:
        """See `Sink`. A line that a crash has cut off is none of ours."""
        try:
            with self.path.open("rb") as file:
                yield from (line.rstrip(b"\n") for line in file)
        except FileNotFoundError:
            return
        except OSError as error:
            raise SinkAway(f"the file cannot be read: {error.strerror}") from None


class TopicSink:
    """The topic ``audit-checkpoints``: one partition, kept for ever."""

    name = "topic"

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._producer = Producer(
            kafka.librdkafka()
            | {
                "acks": "all",
                "enable.idempotence": True,
                "message.timeout.ms": round(_SECONDS * 1000),
                "log_level": 0,
            }
        )

    def write(self, line: bytes) -> None:
        """See `Sink`."""
        told: list[object] = []
        try:
            self._producer.produce(
                Topic.AUDIT_CHECKPOINTS.value, line, on_delivery=lambda error, _: told.append(error)
            )
            self._producer.flush(_SECONDS)
        except (KafkaException, BufferError):
            raise SinkAway("Kafka does not take it") from None
        if told != [None]:
            raise SinkAway("Kafka does not take it")

    def latest(self) -> list[bytes]:
        """See `Sink`."""
        return list(self._read(_LATEST))

    def whole(self) -> Iterator[bytes]:
        """See `Sink`."""
        yield from self._read(None)

    def _read(self, most: int | None) -> Iterator[bytes]:
        topic = Topic.AUDIT_CHECKPOINTS.value
        try:
            log = KafkaLog(self._kafka)
            try:
                bounds = {
                    partition: (first if most is None else max(first, end - most), end)
                    for partition, (first, end) in log.bounds(topic).items()
                }
                for records in log.follow(topic, bounds):
                    yield from (record.value() or b"" for record in records)
            finally:
                log.close()
        except (LogUnreachable, KafkaException):
            raise SinkAway("Kafka does not answer") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was signed, as all places tell it."""

    roots: Sequence[SignedRoot]
    """In the order of their time, each once."""
    not_ours: int
    """Lines that none of the known keys has signed."""
    away: Sequence[str]
    """Places that could not be read."""


def gather(sinks: Iterable[Sink], keys: Mapping[str, OKPKey], *, latest: bool = False) -> Gathered:
    """Read every place. `latest`: only the newest lines of each."""
    found: dict[bytes, SignedRoot] = {}
    foreign, away = 0, []
    for sink in sinks:
        try:
            for line in sink.latest() if latest else sink.whole():
                if line in found or not line:
                    continue
                try:
                    found[line] = signed_root.read(line, keys)
                except NotOurs:
                    foreign += 1
        except SinkAway:
            away.append(sink.name)
    return Gathered(roots=sorted(found.values(), key=lambda one: one.at), not_ours=foreign, away=away)
