"""What was read once is not read again, whoever asks; and what the log has lost is never silent."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import TopicPartition

from config.kafka import KafkaSettings
from config.topics import Topic
from infra.record_key import record_key
from ops.audit import consumer_groups
from ops.audit.catch_up import CUT, READERS, UNANSWERED, UNREAD, read_on
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import Bounds, KafkaLog
from ops.audit.report import Check
from tests.integration.ops.audit.test_auditor import tell_all
from tests.integration.ops.audit.world import QUIET, World, account, faults, places, student


class Overtaken(KafkaLog):
    """While it reads, another auditor reads the same records and notes them first."""

    def __init__(self, kafka: KafkaSettings, other: AuditIndex) -> None:
        super().__init__(kafka)
        self._other: AuditIndex | None = other

    def follow(self, topic: str, stretches: Mapping[int, Bounds]) -> Iterator[list[Message]]:
        if self._other is not None:
            other, self._other = self._other, None
            log = KafkaLog(self.kafka)
            read_on(log, other)
            log.close()
        return super().follow(topic, stretches)


class Late(KafkaLog):
    """Says once more where a topic ended some time ago."""

    def __init__(self, kafka: KafkaSettings) -> None:
        super().__init__(kafka)
        self._old: dict[str, dict[int, Bounds]] = {}

    def remember(self, topic: str) -> None:
        self._old[topic] = super().bounds(topic)

    def bounds(self, topic: str) -> dict[int, Bounds]:
        return self._old.pop(topic, None) or super().bounds(topic)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@pytest.fixture(params=[b"", b"no database " * 1000])
def damaged(file: Path, request: pytest.FixtureRequest) -> Path:
    file.write_bytes(request.param)
    return file


def round_of(world: World, index: AuditIndex) -> int:
    """One sound audit; returns how many records it read."""
    result = world.audit(index=index)
    assert faults(result) == []
    return result.read


async def test_a_round_reads_only_what_is_new_also_in_another_process(world: World, file: Path) -> None:
    index = AuditIndex(file)
    await tell_all(world, "a", "b")
    everything = 4 * 2 * 3 + 2
    assert round_of(world, index) == everything
    assert round_of(world, index) == 0
    await tell_all(world, "c")
    assert round_of(world, index) == 4 * 3 + 1
    index.close()
    again = AuditIndex(file)
    assert round_of(world, again) == 0
    again.close()


async def test_two_auditors_may_share_one_file(world: World, file: Path) -> None:
    """Of the same records each takes some, and none twice."""
    await tell_all(world, "a")
    one, other = AuditIndex(file), AuditIndex(file)
    assert round_of(world, one) == 4 * 3 + 1
    await tell_all(world, "b")
    assert round_of(world, other) == 4 * 3 + 1
    assert round_of(world, one) == 0
    again = world.audit(index=one)
    assert account(again, Check.RECEIPTS).beside["written_again"] == 0
    one.close()
    other.close()


async def test_of_what_two_auditors_read_at_once_each_record_is_noted_once(world: World, file: Path) -> None:
    await tell_all(world, "a")
    one, other = AuditIndex(file), AuditIndex(file)
    for index in (one, other):
        index.begin("this cluster")
    log = Overtaken(world.kafka, other)
    read_on(log, one)
    log.close()
    assert one.value("SELECT count(*) FROM origin") == 4
    assert one.value("SELECT max(receipts) FROM origin") == 1
    assert one.value("SELECT max(entries) FROM event") == 1
    one.close()
    other.close()


async def test_an_auditor_that_was_overtaken_does_not_take_the_log_for_cut(world: World, file: Path) -> None:
    """It asked where the log ends, then another one read on in the same file."""
    await tell_all(world, "a")
    one, other = AuditIndex(file), AuditIndex(file)
    late, log = Late(world.kafka), KafkaLog(world.kafka)
    for index in (one, other):
        index.begin("this cluster")
    for topic in READERS:
        late.remember(topic)
    await tell_all(world, "b")
    read_on(log, other)
    read_on(late, one)
    assert one.value("SELECT count(*) FROM fault") == 0
    assert one.value("SELECT max(receipts) FROM origin") == 1
    late.close()
    log.close()
    one.close()
    other.close()


async def test_a_file_that_is_lost_or_damaged_costs_only_time(world: World, damaged: Path) -> None:
    await tell_all(world, "a")
    index = AuditIndex(damaged)
    assert round_of(world, index) == 4 * 3 + 1
    index.close()


async def test_the_notes_of_another_cluster_are_not_believed(world: World, file: Path) -> None:
    index = AuditIndex(file)
    index.begin("another cluster")
    index.set_mark("read", Topic.RECEIPTS, 0, 1000)
    index.close()
    await tell_all(world, "a")
    index = AuditIndex(file)
    assert round_of(world, index) == 4 * 3 + 1
    index.close()


async def test_the_notes_of_another_version_are_begun_again(world: World, file: Path) -> None:
    with closing(sqlite3.connect(file)) as old:
        old.execute("CREATE TABLE meta (something TEXT)")
        old.execute("PRAGMA user_version = 1")
        old.commit()
    await tell_all(world, "a")
    index = AuditIndex(file)
    assert round_of(world, index) == 4 * 3 + 1
    index.close()


async def test_a_record_that_cannot_be_read_is_a_fault_and_stops_nothing(world: World) -> None:
    await tell_all(world, "a")
    for topic in (Topic.RECEIPTS, Topic.PERSON_EVENTS, Topic.APPLIED, Topic.DECISIONS):
        for value in (b"not json", b"[]", b'{"entries": 3}', b'"text"'):
            world.write(topic, 3, value, record_key())
    index = AuditIndex()
    for _ in range(2):
        result = world.audit(index=index)
        found = places(result, "a record that cannot be read")
        assert len(found) == 16
        assert account(result, Check.OFFSETS).unaccounted == 16
    index.close()


async def test_a_transactions_marker_is_no_record(world: World) -> None:
    """The offset that a commit takes up holds nothing, in the input and in the service's own topics."""
    await tell_all(world, "a")
    producer = Producer(world.kafka.librdkafka() | QUIET | {"transactional.id": "a sender"})
    producer.init_transactions(20)
    producer.begin_transaction()
    producer.produce("residences", b"{}", partition=3)
    producer.commit_transaction(20)
    event = student("b")[2]
    event = event.model_copy(update={"origin": event.origin.model_copy(update={"partition": 3, "offset": 0})})
    world.answer(world.receipt(event))
    cause = world.call(event)
    world.match(event, cause)
    world.apply(event, cause)
    await world.book()
    world.commit(consumer_groups.WORKER, "residences", 3, 2)
    index = AuditIndex()
    for _ in range(2):
        result = world.audit(index=index)
        assert faults(result) == []
        assert account(result, Check.RECEIPTS).parts["transaction_markers"] == 1
        assert all(one.balances for one in result.accounts)
    index.close()


async def test_what_retention_takes_before_it_was_read_is_an_alarm_that_stays(world: World) -> None:
    await tell_all(world, "a")
    index = AuditIndex()
    world.audit(index=index)
    for _ in range(3):
        world.input("benefits", 2)
    event = student("b")[2].model_copy(update={"origin": world.input("residences")})
    world.answer(world.receipt(event))
    world.commit(consumer_groups.WORKER, "benefits", 2, 1)
    admin = AdminClient(world.kafka.librdkafka() | QUIET)
    gone = [
        TopicPartition("benefits", 2, 2),
        TopicPartition(str(Topic.RECEIPTS), 0, 5),
    ]
    for future in admin.delete_records(gone).values():
        future.result(20)
    for _ in range(2):
        result = world.audit(index=index)
        assert places(result, UNANSWERED) == [("benefits", 2, 0)]
        assert places(result, UNREAD) == [(str(Topic.RECEIPTS), 0, 4)]
        assert places(result, "removed by retention before its consumer had read it") == [("benefits", 2, 1)]
        assert all(one.balances for one in result.accounts)
    index.close()


async def test_a_log_that_ends_before_what_was_read_is_an_alarm(world: World) -> None:
    """A broker that lost its data and is leader again: what it acknowledged is gone."""
    await tell_all(world, "a")
    index = AuditIndex()
    world.audit(index=index)
    with index.writing():
        index.set_mark("read", Topic.DECISIONS, 7, 10)
        index.set_mark("ended", "benefits", 1, 2)
    for _ in range(2):
        result = world.audit(index=index)
        assert places(result, CUT) == [("benefits", 1, 0), (str(Topic.DECISIONS), 7, 0)]
    index.close()
