"""Which partition a key belongs to."""

from aiokafka.partitioner import murmur2


def partition_of(key: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner chooses for `key` (murmur2)."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % partitions
