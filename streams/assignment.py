"""The partitions that are assigned to this worker now. A new assignment makes stale what was loaded for the old one."""

import asyncio
from collections.abc import Iterable


class Assignment:
    """Changed by the rebalance callbacks, read by the batch drivers at every batch."""

    def __init__(self) -> None:
        self.generation = 0
        self.partitions: frozenset[tuple[str, int]] = frozenset()
        self._assigned = asyncio.Event()

    def revoked(self) -> None:
        """A rebalance began: no partition is ours until it ends."""
        self.generation += 1
        self.partitions = frozenset()
        self._assigned.clear()

    def assigned(self, partitions: Iterable[tuple[str, int]]) -> None:
        """A rebalance ended: these partitions are ours."""
        self.generation += 1
        self.partitions = frozenset(partitions)
        self._assigned.set()

    async def wait_until_assigned(self) -> frozenset[tuple[str, int]]:
        """Wait for the end of the rebalance; returns our partitions."""
        await self._assigned.wait()
        return self.partitions
