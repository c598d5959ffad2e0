"""Quix Streams with its defaults: state in RocksDB with a changelog, a checkpoint every five seconds."""

import os
import time
from typing import Any

from marks import Marks
from old_rules import judge, person_bytes, read_person
from quixstreams import Application, message_context
from quixstreams.checkpointing import Checkpoint

NAME = os.environ["PEER_NAME"]
marks = Marks()
_commit = Checkpoint.commit


def commit(self: Checkpoint, **arguments: Any) -> None:
    _commit(self, **arguments)
    marks.acknowledged()


Checkpoint.commit = commit
app = Application(
    broker_address=os.environ["PEER_BROKER"],
    consumer_group=NAME,
    auto_offset_reset="earliest",
    state_dir=os.environ["PEER_DATA"],
)
source = app.topic("person-events", key_deserializer="bytes", value_deserializer="bytes")
decisions = app.topic(f"{NAME}-decisions", key_serializer="bytes", value_serializer="bytes")


def match(value: bytes, key: bytes, _timestamp: int, _headers: Any, state: Any) -> list[bytes]:
    marks.begin()
    place = message_context()
    person = read_person(key, state.get_bytes("record"))
    person, made = judge(person, value, place.partition, place.offset)
    state.set_bytes("record", person_bytes(person))
    marks.done += 1
    if marks.done == marks.wanted:
        app.stop()  # it commits a last checkpoint, and that is the last acknowledgement
    return made


if __name__ == "__main__":
    app.dataframe(source).apply(match, stateful=True, expand=True, metadata=True).to_topic(decisions)
    app.run()
    time.sleep(3600)  # until it is told to end, as the others
