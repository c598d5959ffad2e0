"""aiokafka with no rule: each record is sent on as it came, once. What the machine and the client can do at most."""

import asyncio
import os

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from hand_loop import MOST, RECORD_BYTES, send
from marks import Marks

BROKER, NAME = os.environ["PEER_BROKER"], os.environ["PEER_NAME"]


async def main() -> None:
    marks = Marks()
    producer = AIOKafkaProducer(
        bootstrap_servers=BROKER,
        acks="all",
        enable_idempotence=True,
        max_batch_size=256 * 1024,
        max_request_size=RECORD_BYTES,
    )
    consumer = AIOKafkaConsumer(
        "person-events",
        bootstrap_servers=BROKER,
        group_id=NAME,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    for client in (producer, consumer):
        await client.start()
    while True:
        fetched = await consumer.getmany(timeout_ms=200, max_records=MOST)
        sent, number = [], 0
        for place, records in fetched.items():
            marks.begin()
            pairs = [(record.key, record.value) for record in records]
            sent += await send(producer, f"{NAME}-decisions", place.partition, pairs)
            number += len(records)
        if sent:
            await asyncio.gather(*sent)
            marks.done += number
            marks.acknowledged()
            await consumer.commit()


if __name__ == "__main__":
    uvloop.run(main())
