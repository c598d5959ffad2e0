"""A fetch becomes batches, whole and in order; what is committed lies behind the last one that is done."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from streams.engine.batch_transport import MAX_RECORDS, Consumer, RecordBatch

PLACE = TP("person-events", 3)
OTHER = TP("person-events", 4)


def record(place: TP, offset: int) -> Any:
    """What aiokafka fetches."""
    return SimpleNamespace(
        topic=place.topic, partition=place.partition, offset=offset, timestamp=1_000, timestamp_type=1
    )


class Fetching(Consumer):
    """The real consumer's own methods, over a fetch that is given and without a broker."""

    def __init__(self, fetched: dict[TP, list[Any]], active: set[TP] | None) -> None:
        self.fetched, self.active = fetched, active
        self.commits: list[bool] = []
        self.app = cast(
            "Any",
            SimpleNamespace(
                consumer_generation_id=7,
                monitor=SimpleNamespace(track_tp_end_offset=lambda *_: None, on_tp_commit=lambda _: None),
                watch=SimpleNamespace(committed=lambda: self.commits.append(True)),
            ),
        )
        self.flow_active = True
        self._buffered_partitions = set()
        self._acked = defaultdict(list)
        self._acked_index = defaultdict(set)

    @property
    def should_stop(self) -> bool:
        return False

    def highwater(self, tp: TP) -> int:
        return 0

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's signature
        return self.fetched, self.active


async def batches(consumer: Consumer) -> list[tuple[TP, RecordBatch]]:
    return [found async for found in consumer.getmany(1.0)]


@pytest.mark.parametrize("number", [1, MAX_RECORDS, MAX_RECORDS + 1, 3 * MAX_RECORDS - 1])
async def test_no_record_is_lost_between_batches(number: int) -> None:
    """Also where offsets have gaps, as after compaction."""
    records = [record(PLACE, 2 * offset) for offset in range(number)]
    found = await batches(Fetching({PLACE: records}, None))
    assert [one for _, batch in found for one in batch.records] == records
    assert all(0 < len(batch.records) <= MAX_RECORDS for _, batch in found)
    assert all(batch.offset == batch.records[-1].offset for _, batch in found)
    assert {batch.generation_id for _, batch in found} == {7}


async def test_a_partition_that_is_somebody_elses_is_left_alone() -> None:
    found = await batches(Fetching({PLACE: [record(PLACE, 0)], OTHER: [record(OTHER, 0)]}, {OTHER}))
    assert [place for place, _ in found] == [OTHER]


async def test_a_rebalance_in_the_middle_cuts_the_rest_off() -> None:
    """The generation has changed: the rest is for whoever owns the partition now."""
    consumer = Fetching({PLACE: [record(PLACE, offset) for offset in range(3 * MAX_RECORDS)]}, None)
    found = []
    async for _, batch in consumer.getmany(1.0):
        found.append(batch)
        consumer.app.consumer_generation_id = 8
    assert len(found) == 1


@pytest.mark.parametrize(
    ("done", "expected"), [([], None), ([199], 200), ([199, 399], 400), ([5, 900], 901), ([900, 5], 901)]
)
def test_the_commit_lies_behind_the_last_batch_that_is_acknowledged(
    done: list[int], expected: int | None
) -> None:
    """It is asked for again when a commit has failed, though nothing more is done meanwhile."""
    consumer = Fetching({}, None)
    consumer._acked[PLACE] = list(done)
    consumer._acked_index[PLACE] = set(done)
    assert [consumer._new_offset(PLACE) for _ in range(2)] == [expected, expected]
    assert len(consumer._acked[PLACE]) <= 1


def test_what_is_committed_is_not_committed_again() -> None:
    consumer = Fetching({}, None)
    consumer._committed_offset = defaultdict(lambda: None)
    consumer._acked[PLACE] = [199]
    assert consumer._filter_committable_offsets([PLACE]) == {PLACE: 200}
    consumer._committed_offset[PLACE] = 200
    assert consumer._filter_committable_offsets([PLACE]) == {}


class Thread:
    """aiokafka's consumer, which goes back to an offset that is above nought and otherwise stays where it is."""

    def __init__(self, committed: dict[TP, int | None]) -> None:
        self.committed = committed
        self.to_beginning: list[TP] = []

    async def seek_to_committed(self) -> dict[TP, int | None]:
        return self.committed

    async def seek_to_beginning(self, *places: TP) -> None:
        self.to_beginning += places


@pytest.mark.parametrize("nothing", [None, 0, -1])
async def test_a_partition_without_a_commit_is_read_again_from_its_beginning(nothing: int | None) -> None:
    """What a rebalance has cut off was fetched already: without a seek nobody would read it."""
    consumer = Fetching({}, None)
    thread = Thread({PLACE: 17, OTHER: nothing})
    consumer._thread = cast("Any", thread)
    assert await consumer.seek_to_committed() == {PLACE: 17, OTHER: nothing}
    assert thread.to_beginning == [OTHER]


async def test_where_everything_is_committed_nothing_else_is_sought() -> None:
    consumer = Fetching({}, None)
    thread = Thread({PLACE: 17})
    consumer._thread = cast("Any", thread)
    await consumer.seek_to_committed()
    assert thread.to_beginning == []


class Committing:
    """A thread that commits, or does not; meanwhile the group may be rebalanced."""

    def __init__(self, *, succeeds: bool = True, meanwhile: Callable[[], None] = lambda: None) -> None:
        self.succeeds, self.meanwhile = succeeds, meanwhile
        self.asked: list[tuple[int, dict[TP, int]]] = []

    def assignment(self) -> set[TP]:
        return {PLACE}

    async def commit_in(self, generation: int, offsets: dict[TP, int]) -> bool:
        self.asked.append((generation, offsets))
        self.meanwhile()
        return self.succeeds


def committing(thread: Committing) -> Fetching:
    consumer = Fetching({}, None)
    consumer._committed_offset = defaultdict(lambda: None)
    consumer._thread = cast("Any", thread)
    return consumer


async def test_what_is_somebody_elses_now_is_not_offered_for_commit_again() -> None:
    consumer = committing(Committing())
    consumer._acked[OTHER] = [199]
    assert not await consumer._commit_offsets({OTHER: 200})
    assert consumer._filter_committable_offsets([OTHER]) == {}


async def test_what_was_committed_is_known_and_what_was_not_is_offered_again() -> None:
    for succeeds, left in ((True, {}), (False, {PLACE: 200})):
        thread = Committing(succeeds=succeeds)
        consumer = committing(thread)
        consumer._acked[PLACE] = [199]
        assert await consumer._commit_offsets({PLACE: 200}) is succeeds
        assert len(consumer.commits) == succeeds
        assert thread.asked == [(7, {PLACE: 200})]
        assert consumer._filter_committable_offsets([PLACE]) == left


async def test_a_commit_that_a_rebalance_overtakes_does_not_count_in_the_next_generation() -> None:
    """The partition may have come back with a committed offset behind this one."""

    def rebalance() -> None:
        consumer.app.consumer_generation_id = 8

    consumer = committing(Committing(meanwhile=rebalance))
    await consumer._commit_offsets({PLACE: 200})
    assert consumer._committed_offset[PLACE] is None


def done(generation: int) -> RecordBatch:
    """A batch that the stream has come to the end of."""
    last = record(PLACE, 199)
    batch = RecordBatch(
        *(PLACE.topic, PLACE.partition, last.offset, 1.0, 1, None, None, b"", None, 0, 0, PLACE),
        generation_id=generation,
    )
    batch.records = [last]
    return batch


@pytest.mark.parametrize(("generation", "expected"), [(6, {}), (7, {PLACE: 200})])
def test_what_an_earlier_generation_had_in_hand_is_not_committed(
    generation: int, expected: dict[TP, int]
) -> None:
    """A worker that was frozen finishes it when another has committed further long ago."""
    consumer = committing(Committing())
    consumer._unacked_messages = cast("Any", set())
    consumer._waiting_for_ack = None
    consumer._n_acked = 0
    consumer.app.topics = cast("Any", SimpleNamespace(acks_enabled_for=lambda _: True))
    batch = done(generation)
    consumer.ack(batch)
    assert batch.acked
    assert consumer._filter_committable_offsets([PLACE]) == expected


async def test_what_was_done_between_revocation_and_assignment_is_not_committed() -> None:
    """The generation is the old one until then, and the partitions are nobody's."""
    consumer = committing(Committing())
    consumer._acked[PLACE] = [199]
    consumer._acked_index[PLACE] = {199}
    seen: list[dict[TP, int]] = []

    async def assigned(*_: object) -> None:
        seen.append(consumer._filter_committable_offsets(list(consumer._acked)))

    consumer.app = cast(
        "Any",
        SimpleNamespace(
            _start_span_from_rebalancing=lambda _: nullcontext(), on_rebalance_return=lambda: None
        ),
    )
    consumer.diag = cast("Any", SimpleNamespace(set_flag=lambda _: None, unset_flag=lambda _: None))
    consumer._paused_partitions = set()
    consumer._active_partitions = set()
    consumer._on_partitions_assigned = cast("Any", assigned)
    await consumer.on_partitions_assigned({PLACE}, 8)
    assert seen == [{}]
