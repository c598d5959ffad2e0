"""The driver: whole partitions in order, of this assignment only, and no batch is done before its output is."""

import asyncio
from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaTimeoutError

from config.topics import Topic
from infra.kafka_record import KafkaRecord
from streams.assignment import Assignment
from streams.batch_driver import BatchDriver
from streams.batch_producer import BatchProducer
from streams.checkpoint import Checkpoint
from streams.tally import StepTally
from tests.unit.streams.doubles import Log, MemoryOutput

TOPIC = "enrolments"


class Noting:
    """A step that notes what it is given and says one thing for each record."""

    name = "intake"

    def __init__(self) -> None:
        self.tally = StepTally()
        self.begun: list[set[int]] = []
        self.ran: list[tuple[int, list[int]]] = []

    async def begin(self, partitions: set[int], output: BatchProducer) -> None:
        """Note the assignment."""
        self.begun.append(partitions)
        for partition in partitions:
            output.add("mended", partition, None, b"")

    async def run(
        self, topic: str, partition: int, records: Sequence[KafkaRecord], output: BatchProducer
    ) -> None:
        """Note the offsets."""
        self.ran.append((partition, [record.offset for record in records]))
        self.tally.records["said", ""] += len(records)
        for record in records:
            output.add("said", partition, record.key, record.value or b"")


class Bench:
    """A driver with everything in memory."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log or Log()
        self.step = Noting()
        self.assignment = Assignment()
        self.output: MemoryOutput = self.log.output()
        self.now = 1000.0
        self.told: list[tuple[str, int, float | None]] = []
        self.driver = BatchDriver(
            self.step,
            topics=[TOPIC],
            assignment=self.assignment,
            checkpoint=Checkpoint(self.step.name, self.log.reader),
            output=self.output,
            monotonic=lambda: self.now,
            told=lambda step, tally, seconds: self.told.append((step, tally.records.total(), seconds)),
        )

    def assign(self, *partitions: int) -> None:
        """The group gives us these."""
        self.assignment.revoked()
        self.assignment.assigned([*((TOPIC, partition) for partition in partitions), ("another", 9)])

    def fill(self, partition: int, count: int) -> list[KafkaRecord]:
        """Records on the broker."""
        return [self.log.append(TOPIC, partition, None, b"%d" % number) for number in range(count)]


async def test_each_partition_is_run_whole_and_in_order() -> None:
    """A batch is a mixture; a step sees one partition after the other, with what the engine skipped."""
    bench = Bench()
    bench.assign(0, 1)
    zero, one = bench.fill(0, 4), bench.fill(1, 2)
    await bench.driver.batch([one[0], zero[0], one[1], zero[3]])
    assert bench.step.ran == [(0, [0, 1, 2, 3]), (1, [0, 1])]
    assert [record.value for record in bench.log.written(Topic.PROGRESS)] == [b"4", b"2"]
    assert len(bench.log.written("said")) == 6


async def test_the_state_is_looked_after_though_nothing_comes() -> None:
    """A zombie writes when it likes; compaction does not wait for the next event."""
    bench = Bench()
    bench.assign(0)
    await bench.driver.refresh()
    bench.now += 301
    await bench.driver.refresh()
    await bench.driver.refresh()
    assert bench.step.begun == [{0}, {0}]
    assert len(bench.log.written("mended")) == 2


async def test_what_the_engine_skips_at_the_end_is_read_when_nothing_moves() -> None:
    """No record comes behind it that would show the gap; a partition that moves, or is not ours, is left alone."""
    bench = Bench()
    bench.assign(0, 1, 2)
    records = bench.fill(0, 4)
    await bench.driver.batch(records[:2])
    moving = bench.fill(1, 9)
    bench.fill(5, 3)
    for number, now in enumerate((1000.0, 1100.0, 1149.9, 1150.0)):
        assert bench.step.ran[-1] != (0, [2, 3])
        bench.now = now
        await bench.driver.refresh()
        await bench.driver.batch([moving[number]])
    assert bench.step.ran == [(0, [0, 1]), *((1, [n]) for n in range(3)), (0, [2, 3]), (1, [3])]
    assert bench.log.written(Topic.PROGRESS)[-2].value == b"4"


async def test_what_came_while_the_step_looked_is_left_to_the_engine() -> None:
    """Only what had lain there the whole time is read beside it."""
    bench = Bench()
    bench.assign(0)
    bench.fill(0, 2)
    await bench.driver.refresh()
    bench.fill(0, 1)
    bench.now += 150
    await bench.driver.refresh()
    assert bench.step.ran == [(0, [0, 1])]


async def test_what_was_read_beside_a_slow_engine_is_not_processed_a_second_time() -> None:
    """It had skipped nothing; after a rebalance a partition is read again from where the group stands."""
    bench = Bench()
    bench.assign(0)
    records = bench.fill(0, 5)
    await bench.driver.refresh()
    bench.now += 150
    await bench.driver.refresh()
    late = bench.fill(0, 2)
    await bench.driver.batch([*records[3:], late[0]])
    assert bench.step.ran == [(0, [0, 1, 2, 3, 4]), (0, [5])]
    bench.assign(0)
    await bench.driver.batch([*records[4:], *late])
    assert bench.step.ran[-1] == (0, [4, 5, 6])


async def test_a_kafka_that_does_not_answer_a_look_ends_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.assign(0)
    bench.fill(0, 2)
    await bench.driver.refresh()

    async def away(*_: object) -> tuple[int, int]:
        raise KafkaTimeoutError

    bench.now += 150
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoint, "rest", away)
        await bench.driver.refresh()
    await bench.driver.refresh()
    assert bench.step.ran == [(0, [0, 1])]


async def test_a_rest_is_left_alone_when_the_partition_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.assign(0)
    bench.fill(0, 2)
    await bench.driver.refresh()
    read_rest = Checkpoint.read_rest

    async def taken(self: Checkpoint, topic: str, partition: int, start: int, end: int) -> list[KafkaRecord]:
        bench.assign(1)
        return await read_rest(self, topic, partition, start, end)

    monkeypatch.setattr(Checkpoint, "read_rest", taken)
    bench.now += 150
    await bench.driver.refresh()
    assert bench.step.ran == []


async def test_at_the_end_nothing_is_read_again_and_again() -> None:
    bench = Bench()
    bench.assign(0)
    await bench.driver.batch(bench.fill(0, 2))
    for _ in range(4):
        bench.now += 150
        await bench.driver.refresh()
    assert bench.step.ran == [(0, [0, 1])]


async def test_a_partition_that_is_not_ours_is_left_to_its_owner() -> None:
    """What an old assignment left in the buffer is neither applied nor noted as applied."""
    bench = Bench()
    bench.assign(0)
    bench.fill(0, 1)
    strange = bench.fill(5, 3)
    await bench.driver.batch(strange)
    assert bench.step.ran == []
    assert bench.log.written(Topic.PROGRESS) == []


async def test_a_record_of_an_old_assignment_is_not_lost_when_the_partition_comes_back() -> None:
    """What was left alone is a hole in front of the next record, and is filled."""
    bench = Bench()
    bench.assign(1)
    records = bench.fill(0, 5)
    await bench.driver.batch(records[:3])
    bench.assign(0)
    await bench.driver.batch(records[3:])
    assert bench.step.ran == [(0, [0, 1, 2, 3, 4])]


async def test_a_new_assignment_begins_anew_and_knows_what_others_have_done() -> None:
    """State and progress are read again at every rebalance, of the step's own topics only."""
    bench = Bench()
    records = bench.fill(0, 9)
    bench.assign(0)
    await bench.driver.batch(records[:2])
    bench.log.append(Topic.PROGRESS, 0, b"intake/enrolments/0", b"6")
    bench.assign(0, 1)
    await bench.driver.batch([records[8]])
    assert bench.step.begun == [{0}, {0, 1}]
    assert bench.step.ran[-1] == (0, [6, 7, 8])
    await bench.driver.batch([records[8]])
    assert len(bench.step.begun) == 2


async def test_a_replay_is_applied_again() -> None:
    """The outputs of the first time may not have reached the brokers; the step itself must bear the repeat."""
    bench = Bench()
    bench.assign(0)
    records = bench.fill(0, 4)
    await bench.driver.batch(records)
    bench.assign(0)
    await bench.driver.batch(records[1:])
    assert bench.step.ran[-1] == (0, [1, 2, 3])
    assert bench.log.written(Topic.PROGRESS)[-1].value == b"4"


async def test_the_state_is_looked_after_now_and_then() -> None:
    """A zombie may have written after we loaded: the step looks again without any rebalance."""
    bench = Bench()
    bench.assign(0)
    records = bench.fill(0, 3)
    for record, now in zip(records, (1000.0, 1299.0, 1301.0), strict=True):
        bench.now = now
        await bench.driver.batch([record])
    assert len(bench.step.begun) == 2
    assert len(bench.log.written("mended")) == 2


async def test_a_batch_waits_until_the_group_has_said_what_is_ours() -> None:
    """Between two assignments nothing is ours: the batch neither runs nor is it dropped."""
    bench = Bench()
    records = bench.fill(0, 2)
    bench.assignment.revoked()
    batch = asyncio.create_task(bench.driver.batch(records))
    await asyncio.sleep(0.1)
    assert bench.step.ran == []
    bench.assign(0)
    await asyncio.wait_for(batch, 60)
    assert bench.step.ran == [(0, [0, 1])]


async def test_a_rebalance_in_the_middle_of_a_load_is_loaded_again() -> None:
    """Never run on state that was read for another assignment."""
    bench = Bench()
    for _ in range(20):
        bench.log.append(Topic.PROGRESS, 0, b"intake/enrolments/0", b"1")
    records = bench.fill(0, 2)
    bench.assign(1)
    batch = asyncio.create_task(bench.driver.batch(records))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bench.assign(0)
    await asyncio.wait_for(batch, 60)
    assert bench.step.begun[-1] == {0}
    assert bench.step.ran == [(0, [0, 1])]


async def test_a_rebalance_begun_in_the_middle_of_a_load_is_waited_for() -> None:
    """Taken from us and not yet given: a batch of what will be ours again must not be passed over."""
    bench = Bench()
    for _ in range(20):
        bench.log.append(Topic.PROGRESS, 0, b"intake/enrolments/0", b"1")
    records = bench.fill(0, 2)
    bench.assign(0)
    batch = asyncio.create_task(bench.driver.batch(records))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    bench.assignment.revoked()
    await asyncio.sleep(0.1)
    bench.assign(0)
    await asyncio.wait_for(batch, 60)
    assert bench.step.ran == [(0, [0, 1])]


async def test_output_that_is_not_taken_fails_the_batch() -> None:
    """Then nothing is acknowledged, and the process ends."""
    bench = Bench()
    bench.assign(0)
    bench.output.broken = RuntimeError("the broker said no")
    with pytest.raises(RuntimeError, match="said no"):
        await bench.driver.batch(bench.fill(0, 1))


async def test_a_batch_is_told_once_it_is_acknowledged_and_only_once() -> None:
    """What fails comes again, and is counted then."""
    bench = Bench()
    bench.assign(0)
    first = bench.fill(0, 3)
    await bench.driver.batch(first)
    assert bench.told == [("intake", 3, 0.0)]
    await bench.driver.refresh()
    assert bench.told[1:] == [("intake", 0, None)]
    bench.output.broken = KafkaTimeoutError()
    with pytest.raises(KafkaTimeoutError):
        await bench.driver.batch(bench.fill(0, 2))
    assert len(bench.told) == 2


async def test_what_follows_from_some_records_is_sent_while_the_next_are_processed() -> None:
    """The step need not wait for the brokers; and of a batch that takes long, what is done is known."""
    bench = Bench()
    bench.assign(0, 1)
    stood: list[tuple[int, list[int]]] = []
    step = bench.step.run

    async def noting(
        topic: str, partition: int, records: Sequence[KafkaRecord], output: BatchProducer
    ) -> None:
        await asyncio.sleep(0)
        written = bench.log.written(Topic.PROGRESS)
        stood.append((len(bench.log.written("said")), [int(one.value or b"") for one in written]))
        await step(topic, partition, records, output)

    bench.step.run = noting  # type: ignore[method-assign]
    await bench.driver.batch([*bench.fill(0, 10_000), *bench.fill(1, 3)])
    assert stood == [(0, []), (4000, [4000]), (8000, [4000, 8000]), (8000, [4000, 8000])]
    assert [int(one.value or b"") for one in bench.log.written(Topic.PROGRESS)] == [4000, 8000, 10_000, 3]
    assert len(bench.log.written("said")) == 10_003


async def test_a_delivery_that_fails_beside_the_step_is_the_batchs_failure() -> None:
    """And nothing is sent after it."""
    bench = Bench()
    bench.assign(0)
    bench.output.broken = KafkaTimeoutError()
    with pytest.raises(KafkaTimeoutError):
        await bench.driver.batch(bench.fill(0, 10_000))
    assert bench.step.ran == [(0, [*range(4000)]), (0, [*range(4000, 8000)])]
    assert bench.log.written(Topic.PROGRESS) == []
    assert bench.told == []
