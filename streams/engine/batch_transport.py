"""Faust's aiokafka transport, handing over the records of a fetch a stretch at a time, not one by one.

Faust makes several asyncio tasks for each message that it delivers. Here a message is a stretch of one partition,
under its last record's offset, so that this is paid once for many records.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from infra.failpoints import Point, reach
from streams.engine.fail_stop import QueueWorker, Unbroken
from streams.engine.generation_commits import ConsumerThread

LONGEST: Final = 200
"""Records in a stretch: what is in hand when a process ends is read again."""


class RecordBatch(ConsumerMessage):
    """Records of one partition in order; as a message it has the offset of the last."""

    __slots__ = ("records",)
    records: Sequence[Any]


class Consumer(Unbroken, driver.Consumer):
    """Hands over stretches; of a partition they are acknowledged in order, as one stream takes them in order."""

    _thread: ConsumerThread

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._method_queue.Worker = QueueWorker

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, RecordBatch]]:  # noqa: ASYNC109 - Faust's signature
        """The next fetch. What a rebalance cuts off is read again by whoever owns the partition then."""
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
            for start in range(0, len(records), LONGEST):
                if not self.flow_active or self.app.consumer_generation_id != generation:
                    return
                yield place, self._stretch(place, records[start : start + LONGEST])

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Back to what is committed; where nothing is, to the beginning (faust.md, 17)."""
        committed = await super().seek_to_committed()
        fresh = [place for place, offset in committed.items() if not offset or offset < 0]
        if fresh:
            await self._thread.seek_to_beginning(*fresh)
        return committed

    async def _seek_again(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # as Faust does: the next rebalance seeks again
            self.log.warning("cannot seek while the group is being rebalanced: %s", type(error).__name__)

    def _stretch(self, place: TP, records: Sequence[Any]) -> RecordBatch:
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
        """The offset to commit: behind the last stretch that is done. It stays known: a commit may fail."""
        done = self._acked[tp]
        if not done:
            return None
        newest: int = max(done)
        done[:] = [newest]
        self._acked_index[tp] = {newest}
        return newest + 1

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing to remember: a gap lies inside a stretch or between two that are done in order (faust.md, 13)."""

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """What was acknowledged between the revocation and now was another generation's."""
        self._acked.clear()
        self._acked_index.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    def ack(self, message: Message) -> bool:
        """Done; for the commit only while its generation lasts: afterwards it is for its successor to commit."""
        current = message.generation_id == self.app.consumer_generation_id
        if not current:
            self._unacked_messages.discard(message)
            message.acked = True
        return current and super().ack(message)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        reach(Point.OFFSETS_BEFORE)
        generation = self.app.consumer_generation_id
        mine = self.assignment()
        # Somebody else's by now: kept, they would be offered and discarded again twice a second, for ever.
        for place in offsets.keys() - mine:
            self._acked.pop(place, None)
            self._acked_index.pop(place, None)
        ours = {place: offset for place, offset in offsets.items() if place in mine}
        committed = bool(ours) and await self._thread.commit_in(generation, ours)
        if committed and generation == self.app.consumer_generation_id:
            self._committed_offset.update(ours)
            self.app.monitor.on_tp_commit(ours)
        reach(Point.OFFSETS_AFTER)
        return committed

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust's look ends a worker whose partition has no position yet (faust.md, 20); we have metrics."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class Transport(driver.Transport):
    """Faust's, with our consumer."""

    Consumer: ClassVar[Any] = Consumer
