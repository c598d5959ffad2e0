"""The bytes of refused records: found on Kafka, and opened with the keys of their months. Reads only, in no group.

Whoever opens them to show them to a person writes that into the audit trail first; nothing here may be logged.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from config.kafka import KafkaSettings
from config.kafka_rights import GROUPS, KafkaUser
from config.topics import BY_NAME, INPUT_PARTITIONS, Topic
from crypto.vault import KeyShreddedError, NotOpenedError, SealOpener
from models.dead_letter import RecordPlace, id_of
from ops.audit.kafka_log import LogUnreachable

_SECONDS: Final = 20.0
_MARGIN_MS: Final = 60 * 60 * 1000
"""How far a worker's clock may be behind the brokers'; what is not found so is looked for from the beginning."""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A record as it was sent."""

    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """There are no bytes, and why."""

    why: str


class RejectedPayloads:
    """Finds the bytes of records."""

    def __init__(self, kafka: KafkaSettings, opener: SealOpener) -> None:
        self._opener = opener
        self._consumer = Consumer(
            kafka.librdkafka()
            | {
                "group.id": GROUPS[KafkaUser.QUARANTINE],
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                "log_level": 0,
            }
        )

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()

    def refused(
        self, wanted: Mapping[RecordPlace, datetime], now: datetime
    ) -> dict[RecordPlace, Bytes | Gone]:
        """The bytes of refused records, from ``rejected``; `wanted` says when the brokers received them."""
        found: dict[RecordPlace, Bytes | Gone] = {}
        partitions: defaultdict[int, dict[str, RecordPlace]] = defaultdict(dict)
        for place in wanted:
            partitions[place[1] % INPUT_PARTITIONS][id_of(place)] = place
        for partition, names in partitions.items():
            first, end = self._bounds(Topic.REJECTED, partition)
            earliest = min(wanted[place] for place in names.values())
            likely = self._since(partition, earliest, end)
            for start, stop in ((max(first, likely), end), (first, min(likely, end))):
                for message in self._read(Topic.REJECTED, partition, start, stop):
                    name = (message.key() or b"").decode(errors="replace")
                    if (taken := names.get(name)) is not None:
                        found[taken] = self._open(taken, (message.value() or b"").decode(errors="replace"))
                        # What does not open may be somebody else's, put before ours or behind it.
                        if isinstance(found[taken], Bytes):
                            del names[name]
                    if not names:
                        break
                if not names:
                    break
            for place in names.values():
                lost = Gone(gone(Topic.REJECTED, wanted[place], removed=first > 0, now=now))
                found.setdefault(place, lost)
        return found

    def record(self, place: RecordPlace, appended_at: datetime, now: datetime) -> Bytes | Gone:
        """An input record where it stands."""
        topic, partition, offset = place
        first, _ = self._bounds(topic, partition)
        if offset >= first:
            for message in self._read(topic, partition, offset, offset + 1):
                return whole(message)
        return Gone(gone(topic, appended_at, removed=offset < first, now=now))

    def _open(self, place: RecordPlace, sealed: str) -> Bytes | Gone:
        try:
            return unpack(self._opener.open(sealed, f"rejected/{id_of(place)}"))
        except KeyShreddedError:
            return Gone(
                "the bytes were sealed with the key of a month that has been shredded: nobody opens them"
            )
        except NotOpenedError:
            return Gone("the bytes cannot be opened: the key that sealed them is not here")

    def _bounds(self, topic: str, partition: int) -> tuple[int, int]:
        try:
            first, end = self._consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=_SECONDS
            )
        except KafkaException as error:
            raise LogUnreachable(f"Kafka does not answer: {error.args[0].str()}.") from None
        return first, end

    def _since(self, partition: int, moment: datetime, end: int) -> int:
        asked = TopicPartition(Topic.REJECTED, partition, int(moment.timestamp() * 1000) - _MARGIN_MS)
        try:
            (answer,) = self._consumer.offsets_for_times([asked], timeout=_SECONDS)
        except KafkaException as error:
            raise LogUnreachable(f"Kafka does not answer: {error.args[0].str()}.") from None
        return end if answer.offset < 0 else answer.offset

    def _read(self, topic: str, partition: int, start: int, end: int) -> Iterator[Message]:
        if start >= end:
            return
        self._consumer.assign([TopicPartition(topic, partition, start)])
        try:
            while True:
                message = self._consumer.poll(_SECONDS)
                if message is None:
                    raise LogUnreachable(f"{topic}/{partition} cannot be read.")
                error = message.error()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        return
                    raise LogUnreachable(f"{topic}/{partition} cannot be read: {error.str()}.")
                if (message.offset() or 0) >= end:
                    return
                yield message
        finally:
            self._consumer.unassign()


def unpack(content: bytes) -> Bytes | Gone:
    """What `streams.intake` has kept of a record: a line of JSON with the headers, then the value."""
    line, newline, value = content.partition(b"\n")
    if not newline:
        size = orjson.loads(line)["too_large_to_keep"]
        return Gone(f"the bytes were never kept: {size} are too many")
    headers = tuple((str(name), bytes.fromhex(text)) for name, text in orjson.loads(line))
    return Bytes(value, headers)


def whole(message: Message) -> Bytes | Gone:
    """A record with its headers. Intake takes one whose name is no text; this client cannot show it."""
    try:
        headers = tuple(_header(name, content) for name, content in _listed(message))
    except (SystemError, UnicodeDecodeError):
        return Gone("the record is there, but the name of one of its headers is not UTF-8")
    return Bytes(message.value(), headers)


def _listed(message: Message) -> list[tuple[str, str | bytes | None]]:
    headers = message.headers() or []
    return list(headers.items()) if isinstance(headers, dict) else headers


def _header(name: str, content: str | bytes | None) -> tuple[str, bytes | None]:
    return name, content.encode() if isinstance(content, str) else content


def gone(topic: str, appended_at: datetime, *, removed: bool, now: datetime) -> str:
    """Why there are no bytes of a record; `removed`: whether the topic has lost its beginning."""
    if not removed:
        return f"{topic} does not hold the bytes, and retention has removed nothing there: run `audit`"
    days = BY_NAME[topic].retention_days
    if days is None:
        return f"the bytes have been removed from {topic}"
    end: date = (appended_at + timedelta(days=days)).astimezone(UTC).date()
    if end <= now.date():
        return f"the bytes are gone since about {end}: {topic} keeps them for {days} days"
    return f"the bytes are gone: {topic} has removed them before its {days} days were over"
