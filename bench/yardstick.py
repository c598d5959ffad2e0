"""The yardstick in the same run: how fast a bare aiokafka consumer reads the same backlog and writes it once."""

import asyncio
import time

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.place import Place
from config.topics import PERSON_PARTITIONS, Topic
from streams.batch_producer import BatchProducer


def consumed_per_second(place: Place, number: int) -> float:
    """Events per second of a loop that reads `number` person events and sends each on, with no rule in between."""
    return asyncio.run(_loop(place, number))


async def _loop(place: Place, number: int) -> float:
    consumer = AIOKafkaConsumer(
        **place.kafka.aiokafka(), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(**place.kafka.producer())
    await consumer.start()
    await producer.start()
    output = BatchProducer(producer)
    consumer.assign([TopicPartition(str(Topic.PERSON_EVENTS), part) for part in range(PERSON_PARTITIONS)])
    await consumer.seek_to_beginning()
    try:
        began, read = time.perf_counter(), 0
        while read < number:
            for place_, records in (await consumer.getmany(timeout_ms=1000, max_records=1000)).items():
                for record in records:
                    output.add(Topic.REJECTED, place_.partition % 4, record.key, record.value or b"")
                read += len(records)
            await output.flush()
        return number / (time.perf_counter() - began)
    finally:
        await consumer.stop()
        await producer.stop()
