"""Which partitions are this worker's now. A new assignment makes everything that was remembered of the last one stale."""

from collections.abc import Iterable


class Assignment:
    """Changed by the rebalance signals, read by the steps at every batch."""

    def __init__(self) -> None:
        self.generation = 0
        self.partitions: frozenset[tuple[str, int]] = frozenset()

    def revoked(self) -> None:
        """The group is being rebalanced: nothing is ours until it says so."""
        self.generation += 1
        self.partitions = frozenset()

    def assigned(self, partitions: Iterable[tuple[str, int]]) -> None:
        """These are ours."""
        self.generation += 1
        self.partitions = frozenset(partitions)
