"""Real workers on a real broker, killed and taken over: nothing is lost, and what comes twice says the same."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer

from config.topics import INPUT_PARTITIONS, PERSON_PARTITIONS, Topic
from infra.failpoints import FailpointAction, Point
from infra.record_key import is_own_key
from local.servers.kafka import Broker
from models.events.cloudevent import MAX_BYTES
from models.events.event_types import InputTopic
from models.reasons import Rejection
from publisher.events import Binding, Ready
from streams.batch_producer import partition_of
from streams.engine.fail_stop import EXIT_FAULT
from streams.packed_record import unpack, with_unpacked
from tests.integration.streams.judge import assert_accounted, place_of, receipts_of
from tests.integration.streams.traffic import made_up_cpr, person_story
from tests.integration.streams.worker import QUIET, Stage, by_key

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stage(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A broker of this module's own: the topics have fixed names, and the workers one group."""
    data = tmp_path_factory.mktemp("workers")
    broker = Broker(data / "kafka", jars)
    broker.start()
    try:
        broker.wait_ready()
        made = Stage(broker.bootstrap, data)
        yield made
        made.end()
    finally:
        broker.stop()


@pytest.fixture(autouse=True)
def _no_worker_left(stage: Stage) -> Iterator[None]:
    yield
    stage.close()


def stories(stage: Stage, salt: str, people: int) -> list[Ready]:
    """Ten records for each of so many people, round after round, both bindings."""
    by_person = [list(person_story(number, stage.senders, salt)) for number in range(people)]
    return [
        stage.ready(story[round_], Binding.BINARY if number % 2 else Binding.STRUCTURED)
        for round_ in range(10)
        for number, story in enumerate(by_person)
    ]


def shared(stage: Stage) -> bool:
    """Whether the first two workers have all partitions between them."""
    files = [stage.ready_file(instance) for instance in (1, 2)]
    held = [int(file.read_text().split()[0]) for file in files if file.exists()]
    everything = len(InputTopic) * INPUT_PARTITIONS + PERSON_PARTITIONS
    return len(held) == 2 and min(held) > 0 and sum(held) == everything


def test_bad_records_stop_no_partition(stage: Stage) -> None:
    """Each has one receipt and its bytes kept; good ones before and behind it on the same partition go on."""
    good = stories(stage, "beside bad ones", 2)
    message = good[0]
    large = replace(message, value=b'{"x":"' + b"a" * 900_000 + b'"}')
    bad = [
        replace(message, value=None),
        replace(message, value=b"not JSON"),
        replace(message, value="{ø}".encode("latin-1")),
        replace(message, value=b""),
        large,
        replace(message, value=b"[" * 50_000),
        replace(message, headers=(("content-type", b"\xff\xfe"),)),
        replace(message, headers=(*message.headers, ("more", b"h" * 700_000))),
        replace(message, value=bytes(MAX_BYTES + 1)),
    ]
    mixed = [each for one in bad for each in (one, message)]
    stage.send([*good, *mixed])
    asyncio.run(stage.send_odd_header(message, b"\xff\xfe\xff"))
    stage.send(good)
    stage.start()
    stage.until_done()
    assert_accounted(stage)
    receipts = receipts_of(stage.read(Topic.RECEIPTS))
    assert {len(told) for told in receipts.values()} == {1}
    reasons = by_key([told[0].reason for told in receipts.values()], lambda reason: reason)
    assert {reason: len(found) for reason, found in reasons.items() if reason is not None} == {
        Rejection.TOMBSTONE: 1,
        Rejection.NOT_JSON: 2,
        Rejection.NOT_UTF8: 2,
        Rejection.TOO_LARGE: 3,
        Rejection.TOO_DEEP: 1,
    }
    whole = b"".join(
        with_unpacked(each.value() or b"") + (each.key() or b"")
        for each in stage.read(*(topic for topic in Topic if topic is not Topic.PROGRESS))
    )
    assert [number for number in range(2) if made_up_cpr(number).encode() in whole] == []


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(stage: Stage) -> None:
    """SIGKILL twice under 1,500 records, then the same worker again: every hop is accounted for."""
    before = sum(stage.ends([Topic.PERSON_EVENTS]).values())
    stage.send(stories(stage, "killed", 150))
    for share in (300, 800):
        stage.start(wait=False)
        stage.until(
            lambda share=share: sum(stage.ends([Topic.PERSON_EVENTS]).values()) > before + share,  # type: ignore[misc]
            "nothing was taken in",
        )
        stage.kill()
    stage.start(wait=False)
    stage.until_done()
    counted = assert_accounted(stage)
    assert counted["obliged"] > 50
    assert counted["withdrawn"] > 100


def test_another_worker_takes_over_from_one_that_is_killed(stage: Stage) -> None:
    """Two share the partitions; one is killed under traffic, the other does the rest; a third joins and all agree."""
    stage.start(1, wait=False)
    stage.start(2, wait=False)
    stage.until(lambda: shared(stage), "the partitions were not shared")
    records = stories(stage, "taken over", 150)
    stage.send(records[:700])
    stage.kill(1)
    stage.send(records[700:])
    stage.until_done()
    stage.start(3, wait=False)
    stage.send(stories(stage, "after all", 30))
    stage.until(stage.ready_file(3).exists, "the third worker got nothing")
    stage.until_done()
    counted = assert_accounted(stage)
    assert counted["obliged"] > 100


def test_a_worker_that_was_frozen_does_not_harm_what_another_has_done(stage: Stage) -> None:
    """A zombie: stopped for longer than its session under traffic, then awake again beside its successor."""
    stage.start(1)
    stage.send(stories(stage, "frozen", 60))
    worker = stage.workers[1]
    os.kill(worker.pid, signal.SIGSTOP)
    stage.start(2, wait=False)
    stage.send(stories(stage, "meanwhile", 60))
    time.sleep(8)
    os.kill(worker.pid, signal.SIGCONT)
    # What the zombie had under way when it was frozen is written now, and is for its successor to apply.
    stage.until(lambda: shared(stage), "the zombie did not come back")
    time.sleep(4)
    stage.until_done()
    assert_accounted(stage)


@pytest.mark.parametrize("point", [Point.STREAM_ASSIGNED, Point.OFFSETS_BEFORE])
def test_a_worker_ends_when_a_task_of_the_engine_is_cancelled(stage: Stage, point: Point) -> None:
    """The engine goes on without it in silence: without rebalances, or without commits. The next worker has both."""
    stage.failpoints.mkdir(exist_ok=True)
    (stage.failpoints / point).write_text(FailpointAction.CANCEL, "ascii")
    stage.send(stories(stage, f"cancelled at {point}", 20))
    stage.start(wait=False)
    assert stage.workers.pop(1).wait(120) == EXIT_FAULT
    stage.start(wait=False)
    stage.until_done()
    assert_accounted(stage)


def test_person_events_lie_where_kafkas_own_partitioner_puts_them(stage: Stage) -> None:
    """All of a person's records are on one partition of every topic, whatever the sender's library does."""
    wrong = [
        place_of(each)
        for each in stage.read(Topic.PERSON_EVENTS, Topic.PEOPLE, Topic.DECISIONS)
        if each.partition() != partition_of(_person_of(each.value() or b""), PERSON_PARTITIONS)
    ]
    assert wrong == []


def test_every_person_event_and_decision_has_a_key_of_its_own(stage: Stage) -> None:
    """Also what a killed worker has written twice: compaction leaves both, for readers need the first."""
    keys = [each.key() for each in stage.read(Topic.PERSON_EVENTS, Topic.DECISIONS)]
    assert len(keys) == len(set(keys)) > 0
    assert all(is_own_key(key if isinstance(key, bytes) else None) for key in keys)


def _person_of(value: bytes) -> str:
    said: dict[str, Any] = json.loads(unpack(value))
    return str(said.get("message", said)["person_id"])


def test_a_record_that_unpacks_to_more_than_the_limit_is_refused_to_its_sender(stage: Stage) -> None:
    """Compressed it is small; in the log it would be large enough to end every worker that reads it."""
    refused: list[int] = []
    producer = Producer(
        {
            "bootstrap.servers": stage.bootstrap,
            "compression.type": "gzip",
            "message.max.bytes": 20_000_000,
            **QUIET,
        }
    )
    producer.produce(
        InputTopic.ENROLMENTS.value,
        b" " * 900_000 * 12,
        on_delivery=lambda error, _: refused.append(0 if error is None else error.code()),
    )
    producer.flush(20)
    assert refused == [KafkaError.MSG_SIZE_TOO_LARGE]
