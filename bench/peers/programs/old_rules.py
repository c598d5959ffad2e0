"""The rules of commit 360a842 as a peer calls them: from the bytes of an event to those of its decisions.

The modules come from a checkout of that commit on the path (`bench.peers.yardstick`), never from today's tree.
"""

from config.law import load_law
from models.decision import Cause
from models.person_event import PersonEvent
from models.record import PersonRecord
from models.step import apply

LAW = load_law()


def read_person(key: bytes, known: bytes | None) -> PersonRecord:
    """A person's record from its bytes; an empty one where there are none."""
    if known is None:
        return PersonRecord(person_id=key.decode())
    return PersonRecord.model_validate_json(known)


def judge(
    person: PersonRecord, value: bytes, partition: int, offset: int
) -> tuple[PersonRecord, list[bytes]]:
    """The record after an event, and the decisions to publish."""
    event = PersonEvent.model_validate_json(value)
    step = apply(person, event, Cause(partition=partition, offset=offset), LAW)
    return step.record, [one.model_dump_json(exclude_none=True).encode() for one in step.decisions]


def person_bytes(person: PersonRecord) -> bytes:
    """A record as it is kept."""
    return person.model_dump_json(exclude_defaults=True).encode()
