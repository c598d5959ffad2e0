"""Faust's aiokafka transport, with one message for a batch of records.

Faust makes several asyncio tasks for each message. Here a message is a batch of records of one partition, with the
offset of its last record, so that this cost is paid once for many records.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from infra.failpoints import Point, reach
from streams.engine.fail_stop import FailStopService, QueueWorker
from streams.engine.generation_commits import ConsumerThread
from streams.watch import StreamWatch

MAX_RECORDS: Final = 200
"""In one record batch. What a process has not finished when it ends is read again."""


class RecordBatch(ConsumerMessage):
    """Records of one partition in order; as a message it has the offset of the last."""

    __slots__ = ("records",)
    records: Sequence[Any]


class Consumer(FailStopService, driver.Consumer):
    """Delivers record batches. Those of a partition are acknowledged in order: one stream processes them in order."""

    _thread: ConsumerThread

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._method_queue.Worker = QueueWorker

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, RecordBatch]]:  # noqa: ASYNC109 - Faust's signature
        """The next fetch. What a rebalance cuts off is read again by the worker that then owns the partition."""
        fetched, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        if fetched is None or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_again()
            return
        for place, records in fetched.items():
            if active is not None and place not in active and place not in self._buffered_partitions:
                continue
            self.app.monitor.track_tp_end_offset(place, self.highwater(place))
            for start in range(0, len(records), MAX_RECORDS):
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                yield place, self._record_batch(place, records[start : start + MAX_RECORDS])

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek each partition to its committed offset, or without one to its beginning (faust.md, 17)."""
        committed = await super().seek_to_committed()
        uncommitted = [place for place, offset in committed.items() if not offset or offset < 0]
        if uncommitted:
            await self._thread.seek_to_beginning(*uncommitted)
        return committed

    async def _seek_again(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # as Faust does: the next rebalance seeks again
            self.log.warning("cannot seek while the group is being rebalanced: %s", type(error).__name__)

    def _record_batch(self, place: TP, records: Sequence[Any]) -> RecordBatch:
        last = records[-1]
        batch = RecordBatch(
            last.topic,
            last.partition,
            last.offset,
            last.timestamp / 1000,
            last.timestamp_type,
            None,
            None,
            b"",
            None,
            0,
            0,
            place,
            generation_id=self.app.consumer_generation_id,
        )
        batch.records = records
        return batch

    def _new_offset(self, tp: TP) -> int | None:
        """The offset to commit: after the last batch that was acknowledged. It is kept, because a commit may fail."""
        done = self._acked[tp]
        if not done:
            return None
        newest: int = max(done)
        done[:] = [newest]
        self._acked_index[tp] = {newest}
        return newest + 1

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """No-op: a gap lies inside a batch or between two that are acknowledged in order (faust.md, 13)."""

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Forget what was acknowledged between the revocation and now: it belonged to an older generation."""
        self._acked.clear()
        self._acked_index.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    def ack(self, message: Message) -> bool:
        """Acknowledge. Only messages of the present generation count for a commit; older ones are another worker's."""
        current = message.generation_id == self.app.consumer_generation_id
        if not current:
            self._unacked_messages.discard(message)
            message.acked = True
        return current and super().ack(message)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        reach(Point.OFFSETS_BEFORE)
        generation = self.app.consumer_generation_id
        assigned = self.assignment()
        # These are assigned to another worker now. Kept, they would be offered and discarded twice a second, for ever.
        for place in offsets.keys() - assigned:
            self._acked.pop(place, None)
            self._acked_index.pop(place, None)
        ours = {place: offset for place, offset in offsets.items() if place in assigned}
        committed = bool(ours) and await self._thread.commit_in(generation, ours)
        if committed and generation == self.app.consumer_generation_id:
            self._committed_offset.update(ours)
            self.app.monitor.on_tp_commit(ours)
            watch: StreamWatch = self.app.watch  # type: ignore[attr-defined]  # of our own application
            watch.committed()
        reach(Point.OFFSETS_AFTER)
        return committed

    def verify_event_path(self, now: float, tp: TP) -> None:
        """No-op: Faust's check ends a worker whose partition has no position yet (faust.md, 20). Lag is a metric."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):
    """Faust's transport, with our consumer."""

    Consumer: ClassVar[Any] = Consumer
