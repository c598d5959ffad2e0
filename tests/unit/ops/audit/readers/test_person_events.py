"""What the auditor notes of a person's events, in whatever order it reads their partitions."""

from dataclasses import dataclass
from itertools import permutations
from typing import cast

import pytest
from confluent_kafka import Message

from config.topics import Topic
from models.events.person_event import PersonEvent
from ops.audit.index import AuditIndex
from ops.audit.readers import person_events
from tests.factories import enrolment, residence

MOVED = (("0147", 0, 7), ("0751", 9, 2), ("0561", 9, 5))
"""Where a residence was registered: partition and offset."""


@dataclass(frozen=True)
class Record:
    """A record of `person-events`, as the auditor's client gives it."""

    event: PersonEvent
    place: tuple[int, int]

    def topic(self) -> str:
        return Topic.PERSON_EVENTS

    def partition(self) -> int:
        return self.place[0]

    def offset(self) -> int:
        return self.place[1]

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_700_000_000_000

    def value(self) -> bytes:
        return self.event.model_dump_json(exclude_none=True).encode()


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_last_move_of_a_person_is_the_latest_one_and_not_the_last_one_read(
    order: tuple[int, ...],
) -> None:
    """A partition with a higher number comes later (docs/decisions/0069); of one, the higher offset."""
    index = AuditIndex()
    index.begin("cluster")
    for number in order:
        code, *place = MOVED[number]
        moved = Record(residence(code, name=code), (place[0], place[1]))
        beside = Record(enrolment(), (place[0], place[1] + 1))
        person_events.read(index, [cast(Message, moved), cast(Message, beside)])
    rows = list(index.rows("SELECT events, moved_partition, moved_place FROM person"))
    assert rows == [(6, 9, 5)]
    index.close()
