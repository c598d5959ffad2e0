"""What match tells the ledger of each person event: entries on ``applied``, and what is foreign."""

from collections.abc import Sequence
from typing import Final

from config.topics import Topic
from models.eligibility.apply_event import AppliedEvent
from models.events.content import PersonErased
from models.events.person_event import PersonEvent
from models.events.receipt import Applied, AppliedEntry, AppliedSubject, ForeignRecord, LeftOutEvent
from models.reasons import LeftOut
from streams.batch_producer import BatchProducer

_ENTRIES_PER_RECORD: Final = 500


def add_entries(partition: int, entries: Sequence[bytes], output: BatchProducer) -> None:
    """Put the entries of events of `partition` into the output, many to a record."""
    for start in range(0, len(entries), _ENTRIES_PER_RECORD):
        some = b",".join(entries[start : start + _ENTRIES_PER_RECORD])
        output.add(Topic.APPLIED, partition, None, b'{"partition":%d,"entries":[%b]}' % (partition, some))


def applied_entry_of(offset: int, event: PersonEvent, step: AppliedEvent | None) -> bytes:
    """What is told of the event at `offset`, as JSON. `step` None: it was passed on as it stands."""
    is_here = step is not None and not (step.left_out or step.erased or step.record.joined_to)
    entry = AppliedEntry(
        offset=offset,
        origin_topic=event.origin.topic,
        origin_partition=event.origin.partition,
        origin_offset=event.origin.offset,
        person_id=event.person_id,
        changed=0 if step is None else step.changed,
        left_out=None if step is None else _left_out(event, step.left_out),
        forwarded=True if event.is_passed_on else None,
        # Where it counts: what is forwarded may be left out there.
        subject=AppliedSubject.of(event) if is_here else None,
        passed_on=event.origin.appended_at if step is None else None,
        erased=True if (isinstance(event.content, PersonErased) if step is None else step.erased) else None,
    )
    return entry.model_dump_json(exclude_none=True).encode()


def tell_foreign(partition: int, foreign: Sequence[ForeignRecord], output: BatchProducer) -> None:
    """Tell the ledger, which has the database, what is to go into quarantine. Told twice, it lies there once."""
    for start in range(0, len(foreign), _ENTRIES_PER_RECORD):
        told = tuple(foreign[start : start + _ENTRIES_PER_RECORD])
        applied = Applied(partition=partition, entries=(), foreign=told)
        output.add(Topic.APPLIED, partition, None, applied.model_dump_json(exclude_none=True).encode())


def _left_out(event: PersonEvent, why: LeftOut | None) -> LeftOutEvent | None:
    if why is None:
        return None
    return LeftOutEvent(
        reason=why, sender=event.sender, event_id=event.event_id, appended_at=event.origin.appended_at
    )
