"""Faust as its own documentation shows it: an agent, a Table with a changelog, one event at a time."""

import os

import faust
from marks import Marks
from old_rules import judge, person_bytes, read_person

NAME = os.environ["PEER_NAME"]
marks = Marks()
app = faust.App(
    NAME,
    broker="kafka://" + os.environ["PEER_BROKER"],
    store="memory://",
    datadir=os.environ["PEER_DATA"],
    consumer_auto_offset_reset="earliest",
)
RAW = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
source, decisions = app.topic("person-events", **RAW), app.topic(f"{NAME}-decisions", **RAW)
people = app.Table("people", partitions=8, key_type=bytes, value_type=bytes)


@app.agent(source)
async def match(stream: faust.Stream) -> None:
    delivery = None
    async for event in stream.events():
        marks.begin()
        place = event.message
        person = read_person(event.key, people.get(event.key))
        person, made = judge(person, event.value, place.partition, place.offset)
        people[event.key] = person_bytes(person)
        for one in made:
            delivery = await decisions.send(key=event.key, value=one)
        marks.done += 1
        if marks.done == marks.wanted:
            # For the measurement alone: an agent does not wait for its deliveries.
            if delivery is not None:
                await delivery
            await app.producer.buffer.flush()
            await app.producer.flush()
            marks.acknowledged()


if __name__ == "__main__":
    app.main()
