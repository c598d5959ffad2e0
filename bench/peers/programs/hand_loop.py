"""The yardstick: a loop on aiokafka by hand, with the same state, the same rules and the same durability.

A person's state stands in a compacted topic and is read when a partition comes. All that follows from one fetch is
acknowledged by all replicas before its offsets are committed. It checks nothing else: no MACs, no gaps, no zombies.
"""

import asyncio
import gc
import os

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from marks import Marks
from old_rules import judge, person_bytes, read_person

BROKER, NAME = os.environ["PEER_BROKER"], os.environ["PEER_NAME"]
PEOPLE, DECISIONS = f"{NAME}-people", f"{NAME}-decisions"
MOST = 1600
RECORD_BYTES = 8 * 1024 * 1024


class State(ConsumerRebalanceListener):
    """The bytes of every person of the assigned partitions. `whole` is set while all of them are loaded.

    aiokafka hands over records while this loads: a loop that does not wait for it loses the first updates.
    """

    def __init__(self, reader: AIOKafkaConsumer) -> None:
        self.people: dict[int, dict[bytes, bytes]] = {}
        self.whole = asyncio.Event()
        self._reader = reader

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self.whole.clear()
        for place in revoked:
            self.people.pop(place.partition, None)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        for place in assigned:
            self.people[place.partition] = await self._load(TopicPartition(PEOPLE, place.partition))
        self.whole.set()

    async def _load(self, place: TopicPartition) -> dict[bytes, bytes]:
        self._reader.assign([place])
        end, held = (await self._reader.end_offsets([place]))[place], {}
        await self._reader.seek_to_beginning(place)
        while await self._reader.position(place) < end:
            fetched = await self._reader.getmany(place, timeout_ms=500)
            held.update((record.key, record.value) for record in fetched.get(place, ()))
        return held


async def send(
    producer: AIOKafkaProducer, topic: str, partition: int, records: list[tuple[bytes, bytes]]
) -> list[asyncio.Future[object]]:
    futures, builder = [], producer.create_batch()
    for key, value in records:
        if builder.append(timestamp=None, key=key, value=value) is None:
            builder.close()
            futures.append(await producer.send_batch(builder, topic, partition=partition))
            builder = producer.create_batch()
            builder.append(timestamp=None, key=key, value=value)
    builder.close()  # an open batch waits for the linger
    futures.append(await producer.send_batch(builder, topic, partition=partition))
    return futures


async def main() -> None:
    marks = Marks()
    reader = AIOKafkaConsumer(bootstrap_servers=BROKER, enable_auto_commit=False)
    producer = AIOKafkaProducer(
        bootstrap_servers=BROKER,
        acks="all",
        enable_idempotence=True,
        max_batch_size=256 * 1024,
        max_request_size=RECORD_BYTES,
    )
    consumer = AIOKafkaConsumer(
        bootstrap_servers=BROKER, group_id=NAME, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    for client in (reader, producer, consumer):
        await client.start()
    state = State(reader)
    consumer.subscribe(["person-events"], listener=state)
    while True:
        fetched = await consumer.getmany(timeout_ms=200, max_records=MOST)
        await state.whole.wait()
        sent, following, number = [], {}, 0
        for place, records in fetched.items():
            marks.begin()
            held, touched, decided = state.people[place.partition], {}, []
            for record in records:
                person = touched.get(record.key) or read_person(record.key, held.get(record.key))
                touched[record.key], made = judge(person, record.value, place.partition, record.offset)
                decided += [(record.key, one) for one in made]
            kept = [(key, person_bytes(person)) for key, person in touched.items()]
            held.update(kept)
            sent += await send(producer, PEOPLE, place.partition, kept)
            if decided:
                sent += await send(producer, DECISIONS, place.partition, decided)
            following[place] = records[-1].offset + 1
            number += len(records)
        if following:
            await asyncio.gather(*sent)
            marks.done += number
            marks.acknowledged()
            await consumer.commit(following)


if __name__ == "__main__":
    gc.set_threshold(50_000, 20, 20)
    uvloop.run(main())
