"""The MAC of the service's own records: one place that writes it, and one that judges it (docs/decisions/0038).

A record that the service did not write is *foreign*. Whoever reads an internal topic asks `fault` first, passes a
foreign record by, and says where it stands; what it holds is looked at by nobody.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from struct import Struct
from typing import Final

from config.topics import GUARDED
from crypto.stream_keys import StreamTags
from infra.kafka_record import KafkaRecord
from models.events.receipt import ForeignRecord
from models.reasons import ForeignReason

HEADER: Final = "mac"
APPLIED_HEADER: Final = "applied"
"""Of a record of ``people``: the offset of the event that was applied last."""
COVERED: Final = frozenset({APPLIED_HEADER})
"""The headers that mean something. What a tracing library adds on the way is none of them, and spoils no MAC."""
_LATEST_MS: Final = round(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1000)
_LENGTHS: Final = Struct(">ii").pack
Part = bytes | None
RecordHeaders = Sequence[tuple[str, Part]]


class StreamMac:
    """Writes and judges MACs. Without keys it does neither: then a record is taken as it stands."""

    def __init__(self, tags: StreamTags | None = None, required_from: datetime | None = None) -> None:
        """`required_from`: what a broker has appended since then must have a MAC; None: not asked for yet."""
        if tags is None and required_from is not None:
            raise ValueError("a MAC that is required needs keys that judge it")
        self._tags = tags
        self._required_from_ms = None if required_from is None else round(required_from.timestamp() * 1000)

    def headers(
        self, topic: str, partition: int, key: Part, value: Part, headers: RecordHeaders = ()
    ) -> list[tuple[str, Part]]:
        """`headers`, and with them the record's MAC where there are keys and the topic is guarded."""
        if self._tags is None or topic not in GUARDED:
            return list(headers)
        mac = self._tags.make(_place(topic, partition), _content(key, value, headers))
        return [*headers, (HEADER, mac)]

    def fault(self, record: KafkaRecord) -> ForeignReason | None:
        """Why the record is foreign; None where it is ours."""
        if self._tags is None or record.topic not in GUARDED:
            return None
        mac = None
        for name, said in record.headers:
            if name == HEADER:
                if mac is not None or said is None:
                    return ForeignReason.WRONG_MAC
                mac = said
        if mac is None:
            # The broker's own clock: topics with a MAC have its append time from the moment on that it is required.
            since = self._required_from_ms
            return None if since is None or record.timestamp_ms < since else ForeignReason.NO_MAC
        content = _content(record.key, record.value, record.headers)
        return self._tags.fault(mac, _place(record.topic, record.partition), content)

    def unknown_key(self, record: KafkaRecord) -> str | None:
        """Of a record that is foreign by `ForeignReason.UNKNOWN_KEY`: the id of the key, where it is one of a key."""
        said = next((value for name, value in record.headers if name == HEADER), None)
        return None if self._tags is None or said is None else self._tags.unknown_key(said)

    @property
    def has_keys(self) -> bool:
        """Whether it judges anything at all."""
        return self._tags is not None

    def split(self, records: Iterable[KafkaRecord]) -> tuple[list[KafkaRecord], list[ForeignRecord]]:
        """Those that are ours, and of the others where they stand."""
        ours: list[KafkaRecord] = []
        foreign: list[ForeignRecord] = []
        for record in records:
            fault = self.fault(record)
            if fault is None:
                ours.append(record)
            else:
                foreign.append(as_foreign(record, fault))
        return ours, foreign


NO_MAC: Final = StreamMac()
"""For whoever has no keys: as before there were any."""


def as_foreign(record: KafkaRecord, reason: ForeignReason) -> ForeignRecord:
    """Where the record stands, and nothing of what it holds."""
    return ForeignRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        appended_at=datetime.fromtimestamp(bounded_ms(record.timestamp_ms) / 1000, UTC),
        reason=reason,
    )


def bounded_ms(timestamp_ms: int) -> int:
    """A foreign record's own time, within what a calendar holds: its writer can say anything."""
    return min(max(timestamp_ms, 0), _LATEST_MS)


@cache
def _place(topic: str, partition: int) -> bytes:
    """The partition too: a person's events, copied into another one, would make a second record of the person."""
    return b"%b/%d\n" % (topic.encode(), partition)


def _content(key: Part, value: Part, headers: RecordHeaders) -> bytes:
    """Each part behind its length, -1 where there is none, so that no two contents can be taken for one another."""
    lengths = _LENGTHS(-1 if key is None else len(key), -1 if value is None else len(value))
    content = lengths + (key or b"") + (value or b"")
    for name, said in headers:
        if name in COVERED:
            content += b"%b %d\n%b" % (name.encode(), -1 if said is None else len(said), said or b"")
    return content
