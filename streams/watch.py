"""What a worker says of itself to whoever watches it. The stream knows no metric and no health."""

from typing import Protocol

from streams.tally import StepTally


class StreamWatch(Protocol):
    """Called from the event loop and from the consumer's thread. No call may wait or raise."""

    def turned(self) -> None:
        """The event loop has come round; every half second."""

    def assigned(self, partitions: frozenset[tuple[str, int]]) -> None:
        """A rebalance ended: these topics and partitions are this worker's."""

    def revoked(self) -> None:
        """A rebalance began: none is."""

    def coordinator(self, known: bool) -> None:
        """Whether the group's coordinator is known; every second. It is not while the brokers do not answer."""

    def committed(self) -> None:
        """The brokers have taken offsets."""

    def tally(self, step: str, tally: StepTally, seconds: float | None) -> None:
        """What a step has done; `seconds` of its batch, None where no batch came."""
