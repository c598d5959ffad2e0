"""Match's state: the records of the people in the assigned partitions, in memory, backed by the topic ``people``.

Not a Faust Table, for the measured reasons in docs/decisions. Values stay packed, as they are written: most are not
used for weeks.
"""

import asyncio
from collections import defaultdict
from typing import Any, Final

from msgspec import Struct
from msgspec.json import Decoder

from config.topics import Topic
from infra.bulk_reader import BulkReader
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from infra.stream_mac import APPLIED_HEADER, NO_MAC, StreamMac, as_foreign
from models.eligibility.person_record import PersonRecord
from models.events.receipt import ForeignRecord
from streams.batch_producer import BatchProducer
from streams.packed_record import pack, unpack

_NOWHERE: Final = -1
"""Before every offset."""
_TURN: Final = 100
"""Records that are read between two turns of everything else, some 15 microseconds each: a fetch holds 8 MB of them."""


class PersonStore:
    """Records by person id, for each partition that has been loaded."""

    def __init__(
        self, reader: BulkReader | PartitionReader, mac: StreamMac = NO_MAC, *, packs: bool = True
    ) -> None:
        """`packs`: whether records are written packed; they are read either way."""
        self._reader = reader
        self._mac = mac
        self._written = pack if packs else unpack
        self.foreign: list[ForeignRecord] = []
        """What was read and is none of ours; whoever tells of it clears it."""
        self._held: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        self._read_to: dict[int, int] = {}

    async def load(self, partition: int) -> list[bytes]:
        """Read what was written since the last load, or everything; returns the people whose record must be rewritten.

        A worker that has lost the partition may still write an older record behind a newer one, and compaction would
        keep the older. The higher applied offset wins here, and the caller writes that record again; so too where a
        foreign record stands behind ours.
        """
        first, end = await self._reader.bounds(Topic.PEOPLE, partition)
        start = max(first, self._read_to.get(partition, first))
        held = self._held[partition]
        last: dict[bytes, int] = {}
        most: dict[bytes, int] = {}
        async for records in self._reader.read(Topic.PEOPLE, partition, start, end):
            for number, record in enumerate(records):
                if number % _TURN == 0:
                    await asyncio.sleep(0)
                if record.key in held and record.key not in most:
                    most[record.key] = _applied_in(held[record.key])
                if (fault := self._mac.fault(record)) is not None:
                    self.foreign.append(as_foreign(record, fault))
                    if record.key in most:
                        last[record.key] = _NOWHERE
                    continue
                if record.key is None:
                    continue
                if record.value is None:
                    for known in (held, most, last):
                        known.pop(record.key, None)
                    continue
                applied = last[record.key] = _applied(record)
                if applied >= most.get(record.key, _NOWHERE):
                    held[record.key], most[record.key] = record.value, applied
        self._read_to[partition] = end
        return [key for key, applied in last.items() if applied < most[key]]

    def forget(self, keep: set[int]) -> None:
        """Drop the partitions that are assigned to another worker now."""
        for partition in set(self._held) - keep:
            del self._held[partition]
            self._read_to.pop(partition, None)

    def get(self, partition: int, person_id: str) -> PersonRecord:
        """The person's record, or an empty one."""
        known = self._held[partition].get(person_id.encode())
        if known is None:
            return PersonRecord(person_id=person_id)
        return PersonRecord.model_validate_json(unpack(known))

    def written(self, partition: int, person_id: str) -> bytes | None:
        """The person's record as JSON; None where there is none."""
        known = self._held[partition].get(person_id.encode())
        return None if known is None else unpack(known)

    def keep(self, partition: int, person_id: str, value: bytes) -> None:
        """Keep the record that `value` is, as JSON, until `write` writes it."""
        self._held[partition][person_id.encode()] = value

    def names(self, partition: int) -> list[str]:
        """The people of the partition."""
        return [key.decode() for key in self._held[partition]]

    def records(self, partition: int) -> dict[str, PersonRecord]:
        """Every person's record, by person id."""
        return {name: self.get(partition, name) for name in self.names(partition)}

    def put(self, partition: int, record: PersonRecord, output: BatchProducer) -> None:
        """Keep the record, and write it with the batch."""
        key = record.person_id.encode()
        self._held[partition][key] = encoded(record)
        self.write(partition, key, output, record.applied)

    def write(self, partition: int, key: bytes, output: BatchProducer, applied: int | None = None) -> None:
        """Write the held record of a person; `applied`: what it says of itself, where the caller knows it."""
        value = self._held[partition][key]
        known = _applied_in(value) if applied is None else applied
        written = self._held[partition][key] = self._written(value)
        add_record(partition, key, written, output, known)

    def __len__(self) -> int:
        return sum(len(held) for held in self._held.values())


def encoded(record: PersonRecord) -> bytes:
    """As JSON; in ``people`` it stands packed."""
    return record.model_dump_json(exclude_defaults=True).encode()


def add_record(
    partition: int, key: bytes, value: bytes, output: BatchProducer, applied: int = _NOWHERE
) -> None:
    """Write a person's record, packed or as JSON, to which the event at `applied` was applied last."""
    output.add(Topic.PEOPLE, partition, key, value, [(APPLIED_HEADER, b"%d" % applied)])


def carried(record: PersonRecord) -> PersonRecord:
    """As it goes on in a partition of the next generation, of whose events none is applied (docs/decisions/0069)."""
    return record.model_copy(update={"applied": _NOWHERE})


def _applied(record: KafkaRecord) -> int:
    """The offset of the event applied last; a record that does not say it is older than any other."""
    for name, said in record.headers:
        if name == APPLIED_HEADER and said:
            return int(said)
    return _NOWHERE


class _Applied(Struct):
    """What the header says, in the record itself."""

    applied: int = _NOWHERE


_READ: Final[Decoder[Any]] = Decoder(_Applied)


def _applied_in(value: bytes) -> int:
    """As `_applied`, of a record without its header: most people's would only fill memory."""
    applied: int = _READ.decode(unpack(value)).applied
    return applied
