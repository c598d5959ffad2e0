"""``python -m bench.start``: how long a worker takes from its start to its first decision, with many people known.

After an orderly stop, and after a kill: then the group waits for the end of the session, but not for a worker that
keeps its name in the group. `--tree` names the work trees of other versions, which take turns over the same records.
Beside it, as the yardstick of the same run: a bare aiokafka loop that reads ``people`` and keeps nothing.
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as Partition

from bench.events import content_of, event_of, person_events
from bench.place import Place, place
from bench.throughput import run_fill
from config.settings import PREFIX
from config.topics import PERSON_PARTITIONS, Topic
from infra.partition_reader import PartitionReader
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from streams.batch_producer import BatchProducer, partition_of
from streams.person_store import PersonStore

_CHUNK: Final = 5_000
_EVENTS_PER_PERSON: Final = 2
_PAGE: Final = 4096


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--tree", type=Path, action="append", default=[], help="A work tree; this one unless told."
    )
    told = parser.parse_args()
    trees: list[Path] = told.tree or [Path.cwd()]
    with place() as made:
        empty = {tree: _started(made, tree)[1] for tree in trees}
        asyncio.run(fill_people(made, told.people))
        found: dict[tuple[Path, str], list[float]] = {}
        bare: list[float] = []
        for _ in range(told.rounds):
            bare.append(asyncio.run(_bare(made)))
            for tree in trees:
                seconds, memory = _started(made, tree)
                found.setdefault((tree, "start"), []).append(seconds)
                found.setdefault((tree, "bytes a person"), []).append((memory - empty[tree]) / told.people)
                for what, steady in (("after a kill", False), ("with a name", True)):
                    seconds, _ = _started(made, tree, killed=True, steady=steady)
                    found.setdefault((tree, what), []).append(seconds)
    yardstick = statistics.median(bare)
    print(f"{told.people} people; a bare loop reads them in {yardstick:.1f} s")
    for (tree, what), values in found.items():
        median = statistics.median(values)
        ratio = "" if what.startswith("bytes") else f", {median / yardstick:.2f} × the bare loop"
        print(f"{tree.name:12} {what:15} {median:8.1f} ({min(values):.1f}–{max(values):.1f}){ratio}")


async def fill_people(made: Place, people: int) -> None:
    """Records as match writes them: an enrolment each, a benefit period and a home of some, a few messages."""
    producer = AIOKafkaProducer(**made.kafka.producer())
    await producer.start()
    output = BatchProducer(producer, made.mac)
    try:
        for chunk in _chunks(people):
            store = PersonStore(PartitionReader(made.kafka), made.mac)
            for record in chunk:
                store.put(partition_of(record.person_id, PERSON_PARTITIONS), record, output)
            await output.flush()
    finally:
        await producer.stop()


def _chunks(people: int) -> Iterator[list[PersonRecord]]:
    events = person_events(people * _EVENTS_PER_PERSON, seed=7)
    chunk: list[PersonRecord] = []
    for number, (person, known) in enumerate(groupby(events, attrgetter("person_id"))):
        if number == people:
            break
        chunk.append(PersonRecord(person_id=person, events=tuple(known)))
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _started(made: Place, tree: Path, *, killed: bool = False, steady: bool = False) -> tuple[float, int]:
    """Seconds from the start of a process to a decision that it has written; and its memory then, in bytes."""
    if killed:
        with made.worker(*_of(tree, steady=steady)) as process:
            process.kill()
    first, last = _message()
    run_fill(made, (first, last))
    decided = _end(made)
    began = time.monotonic()
    with made.worker(*_of(tree, steady=steady)) as process:
        consumer = Consumer(made.kafka.librdkafka() | {"group.id": "bench", "log_level": 0})
        consumer.assign([Partition(Topic.DECISIONS, part, offset) for part, offset in decided.items()])
        while (record := consumer.poll(1.0)) is None or record.error() is not None:
            pass
        seconds = time.monotonic() - began
        consumer.close()
        memory = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * _PAGE
    return seconds, memory


def _of(tree: Path, *, steady: bool) -> tuple[tuple[str, ...], Mapping[str, str]]:
    named = {f"{PREFIX}INSTANCE": "bench"} if steady else {}
    return ("-P", "-m", "frafaldsvarsel", "worker"), {"PYTHONPATH": str(tree), **named}


def _message() -> tuple[PersonEvent, PersonEvent]:
    """Somebody new, and a message about them."""
    chance = random.Random()
    person = f"{chance.getrandbits(128):032x}"[:26]
    return (
        event_of(person, content_of("enrolment", chance), chance, 0),
        event_of(person, content_of("risk", chance), chance, 1),
    )


def _end(made: Place) -> dict[int, int]:
    consumer = Consumer(made.kafka.librdkafka() | {"group.id": "bench", "log_level": 0})
    try:
        return {part: _end_of(consumer, part) for part in range(PERSON_PARTITIONS)}
    finally:
        consumer.close()


def _end_of(consumer: Consumer, part: int) -> int:
    """A broker that has just made the topic may say for a moment that it does not lead it."""
    deadline = time.monotonic() + 20
    while True:
        try:
            end: int = consumer.get_watermark_offsets(Partition(Topic.DECISIONS, part), timeout=20)[1]
            return end
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


async def _bare(made: Place) -> float:
    consumer = AIOKafkaConsumer(
        **made.kafka.aiokafka(), enable_auto_commit=False, max_partition_fetch_bytes=8 * 1024 * 1024
    )
    await consumer.start()
    try:
        places = [TopicPartition(Topic.PEOPLE, part) for part in range(PERSON_PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning()
        left = {at: end for at, end in (await consumer.end_offsets(places)).items() if end}
        began = time.monotonic()
        while left:
            for at in await consumer.getmany(timeout_ms=200):
                if await consumer.position(at) >= left.get(at, 0):
                    left.pop(at, None)
        return time.monotonic() - began
    finally:
        await consumer.stop()


if __name__ == "__main__":
    main()
