"""Which partition a key belongs to, and how the partitions of people have grown (docs/decisions/0069).

A generation is a range of partitions of the topics that are keyed by person, twice as many as the one before: 0 to 7,
8 to 23, 24 to 55. Of one person, what stands in a partition with a higher number came later.
"""

from dataclasses import dataclass

from aiokafka.partitioner import murmur2

from config.topics import PERSON_PARTITIONS


def partition_of(key: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner chooses for `key` (murmur2)."""
    hashed: int = murmur2(key.encode())
    return (hashed & 0x7FFFFFFF) % partitions


@dataclass(frozen=True, slots=True)
class PersonPartitions:
    """The partitions of people in one generation."""

    generation: int = 0

    @property
    def first(self) -> int:
        """The number of the first one."""
        return PERSON_PARTITIONS * ((1 << self.generation) - 1)

    @property
    def end(self) -> int:
        """One more than the last one: so many partitions the topics have."""
        return self.next.first

    @property
    def all(self) -> range:
        """Their numbers."""
        return range(self.first, self.end)

    @property
    def next(self) -> "PersonPartitions":
        """The generation after it."""
        return PersonPartitions(self.generation + 1)

    def after(self, partition: int) -> tuple[int, int]:
        """The two of the next generation in which the people of `partition` are: the same hash, one bit more of it.

        >>> PersonPartitions().after(3)
        (11, 19)
        """
        at = self.next.first + partition - self.first
        return at, at + self.end - self.first

    def of(self, person_id: str) -> int:
        """The person's partition."""
        return self.first + partition_of(person_id, self.end - self.first)


def generations(partitions: int) -> list[PersonPartitions]:
    """Those of a topic with so many partitions, the oldest first.

    >>> [one.all for one in generations(24)]
    [range(0, 8), range(8, 24)]
    """
    found = [PersonPartitions()]
    while found[-1].end < partitions:
        found.append(found[-1].next)
    return found


def latest(partitions: int) -> PersonPartitions:
    """The last generation that has all its partitions, in a topic with so many. Others were added by another tool.

    >>> [latest(number).end for number in (8, 12, 24, 30)]
    [8, 8, 24, 24]
    """
    found = PersonPartitions()
    while found.next.end <= partitions:
        found = found.next
    return found
