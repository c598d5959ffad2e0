"""What the service and a stream engine ask of each other. No engine is named here: another one can take its place."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from infra.kafka_record import KafkaRecord
from streams.settings import WorkerSettings
from streams.watch import StreamWatch


class BatchHandler(Protocol):
    """Processes the records of one agent."""

    async def batch(self, records: Sequence[KafkaRecord]) -> None:
        """Process `records`, of each partition in order. Their offsets may be committed only after this returns."""

    async def refresh(self) -> None:
        """Check the state. The engine calls this every minute, also while no record comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One consumer of topics. The engine calls it for one batch at a time, and ends the process if it raises."""

    name: str
    topics: Sequence[str]
    max_record_batches: int
    """The most record batches (up to 200 records of one partition each) in one call."""
    start: Callable[[], Awaitable[BatchHandler]]
    """Called once, before the first batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamApp:
    """The agents of one worker, and what they must hear of its consumer group."""

    settings: WorkerSettings
    agents: Sequence[Agent]
    on_revoked: Callable[[], None]
    """A rebalance began: no partition is this worker's."""
    on_assigned: Callable[[Iterable[tuple[str, int]]], None]
    """A rebalance ended: these topics and partitions are this worker's."""
    on_shutdown: Callable[[], Awaitable[None]]
    watch: StreamWatch
