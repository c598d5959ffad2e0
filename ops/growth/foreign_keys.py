"""Records by a key that the command does not hold: somebody else's, which stop nothing, or ours, which must stop it.

Whoever can write to Kafka can name any key, so a name alone must not keep a growth from being done. But what the
workers have written by a key that was left out of the command's ring is what is known of people.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from infra.partition_reader import PartitionReader
from infra.stream_mac import HEADER, StreamMac
from models.events.receipt import ForeignRecord
from models.reasons import ForeignReason
from ops.growth.errors import KeysMissing
from streams.person_store import PersonStore

_SHOWN: Final = 10
ForeignPlace = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKeys:
    """Of which records it is known that they are none of ours."""

    names: frozenset[str] = frozenset()
    """Keys that no ring of the service ever had, as an operator says."""
    told: Collection[ForeignPlace] = frozenset()
    """Records that match has told as foreign: the workers do not know their key either."""

    async def pass_by(
        self, reader: PartitionReader, mac: StreamMac, foreign: Iterable[ForeignRecord]
    ) -> None:
        """Raises `KeysMissing` where one of `foreign` may have been written by us."""
        places: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        for one in foreign:
            if one.reason is ForeignReason.UNKNOWN_KEY and one.place not in self.told:
                places[one.topic, one.partition].add(one.offset)
        found: Counter[str] = Counter()
        for (topic, partition), offsets in places.items():
            async for records in reader.read(topic, partition, min(offsets), max(offsets) + 1):
                for record in records:
                    # Where no ring could have the name, nobody has to be asked.
                    if record.offset in offsets and (key := mac.unknown_key(record)) is not None:
                        found[key] += key not in self.names
        if found := +found:
            raise KeysMissing(_sentence(found))


NOTHING_FOREIGN: Final = ForeignKeys()
"""For whoever holds every key."""


async def loaded(
    reader: PartitionReader, mac: StreamMac, partition: int, keys: ForeignKeys | None
) -> PersonStore:
    """The people of a partition. Raises `KeysMissing`, unless `keys` is None: nobody is looked for there."""
    store = PersonStore(reader, mac)
    await store.load(partition)
    if keys is not None:
        await keys.pass_by(reader, mac, store.foreign)
    return store


async def keys_are_given(
    reader: PartitionReader, mac: StreamMac, topic: str, partitions: Iterable[int]
) -> None:
    """Raises `KeysMissing` where records have a MAC and the command has no key: it would write without any."""
    for partition in () if mac.has_keys else partitions:
        # All of them: of people the first one is of whoever was heard of longest ago, perhaps before there were keys.
        async for records in reader.read(topic, partition, *await reader.bounds(topic, partition)):
            if any(name == HEADER for record in records for name, _ in record.headers):
                raise KeysMissing(
                    f"Records on {topic} have a MAC, and this command has no key. Give it the workers' ring "
                    "(FRAFALDSVARSEL_STREAM_KEYS_FILE)."
                )


def _sentence(found: Counter[str]) -> str:
    keys = ", ".join(f"{key} ({number})" for key, number in found.most_common(_SHOWN))
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f"{found.total()} records have a MAC by a key that this command does not hold: {keys}{more}. Give it the "
        "workers' ring (FRAFALDSVARSEL_STREAM_KEYS_FILE). If no ring of yours ever had the key, somebody else wrote "
        "them: start the workers, which tell the ledger so, stop them again, and go on; or say so: --foreign-key KEY."
    )
