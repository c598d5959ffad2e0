"""Which partitions are this worker's now. A new assignment makes what was remembered of the last one stale."""

import asyncio
from collections.abc import Iterable


class Assignment:
    """Changed by the rebalance signals, read by the steps at every batch."""

    def __init__(self) -> None:
        self.generation = 0
        self.partitions: frozenset[tuple[str, int]] = frozenset()
        self._given = asyncio.Event()

    def revoked(self) -> None:
        """The group is being rebalanced: nothing is ours until it says so."""
        self.generation += 1
        self.partitions = frozenset()
        self._given.clear()

    def assigned(self, partitions: Iterable[tuple[str, int]]) -> None:
        """These are ours."""
        self.generation += 1
        self.partitions = frozenset(partitions)
        self._given.set()

    async def settled(self) -> frozenset[tuple[str, int]]:
        """Wait until the group has said what is ours."""
        await self._given.wait()
        return self.partitions
