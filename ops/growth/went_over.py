"""Whether people went over to the next generation, where the brokers have its partitions and no checkpoint says so.

A checkpoint can be lost: the brokers keep the last record of each key, whoever wrote it. And another tool can have
added the partitions: then nobody went over, and what may stand there are copies of a growth that was cut off.
"""

from config.topics import Topic
from infra.partition_reader import PartitionReader
from infra.partitioner import PersonPartitions, generations
from infra.stream_mac import StreamMac
from ops.growth.foreign_keys import ForeignKeys, loaded
from streams.person_store import PersonStore, carried, encoded


async def went_over(
    reader: PartitionReader, mac: StreamMac, present: PersonPartitions, keys: ForeignKeys
) -> bool:
    """Raises `ops.growth.errors.KeysMissing`. Where it is False, everybody may be carried over anew."""
    left = arrived = False
    gone, differs = 0, 0
    for partition in present.all:
        before = await loaded(reader, mac, partition, keys)
        left = left or bool(before.names(partition))
        for one in present.after(partition):
            after = await loaded(reader, mac, one, keys)
            for name in after.names(one):
                arrived = True
                if after.get(one, name).applied >= 0:
                    return True  # Match has decided upon somebody there.
                copied = _as_carried(before, partition, name)
                gone += copied is None
                differs += copied not in (None, after.written(one, name))
    if arrived:
        # The records of before are taken away last: where some are gone, what is left must be what went over.
        return not left or (gone > 0 and not differs)
    return not left and await _are_further_on(reader, mac, present, keys)


def _as_carried(before: PersonStore, partition: int, name: str) -> bytes | None:
    if before.written(partition, name) is None:
        return None
    return encoded(carried(before.get(partition, name)))


async def _are_further_on(
    reader: PartitionReader, mac: StreamMac, present: PersonPartitions, keys: ForeignKeys
) -> bool:
    """Of several growths nothing may be said any more."""
    there = await reader.partitions(Topic.PEOPLE)
    for one in generations(len(there)):
        if one.first >= present.next.end:
            for partition in {*one.all} & {*there}:
                if (await loaded(reader, mac, partition, keys)).names(partition):
                    return True
    return False
