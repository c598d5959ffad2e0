"""What a batch says of people who are erased: taken out before anything is projected (docs/decisions/0054).

By the append time of the message, so the order of records never matters: what stands before the mark, what a worker
writes late, and what a restored database reads again are dropped alike.
"""

from collections.abc import Mapping, Sequence

from infra.postgres import Connection
from ledger.consume.batch import Batch, Said
from ledger.store import erased_figures, erasures
from ledger.store.erasures import Erasure
from ledger.store.follow_up_rows import FactRow, VerdictRow
from models.eligibility.decision import Decision, ErasureMark, JoinMark
from models.eligibility.simple_decision import SimpleDecision
from models.events.receipt import AppliedEntry
from models.events.simple_receipt import KnownApplied, as_applied


async def take_out(connection: Connection, batch: Batch) -> None:
    """Take out of `batch` what is of before an erasure. In the transaction that projects it.

    Who is erased stands in `batch.erased` then, and the marks in `batch.erasures`.
    """
    people = {entry.person_id for one in batch.applied for entry in one.entries}
    people |= {name for said in batch.said for name in said.people}
    people |= {row.person_id for row in batch.facts} | {row.person_id for row in batch.verdicts}
    if not people:
        return
    erasing = any(isinstance(said.content, ErasureMark) for said in batch.said)
    await erasures.keep_apart(connection, erasing=erasing)
    gone = await erasures.known(connection, people)
    before = dict(gone)
    marks: dict[tuple[int, str], Said] = {}
    for said in batch.said:
        mark = said.content
        if isinstance(mark, ErasureMark):
            marks[said.partition, mark.person_id] = said
            batch.erasures.append(mark)
            gone[mark.person_id] = _later(gone.get(mark.person_id), Erasure.of(mark))
    batch.erased = gone
    batch.applied = [_forgotten(one, gone, batch.nameless) for one in batch.applied]
    if not gone:
        return
    # What comes with the mark is still kept for figures, without the person; what comes later finds no place there.
    batch.facts = [row for row in batch.facts if _counts(row, before)]
    batch.verdicts = [row for row in batch.verdicts if _counts(row, before)]
    if batch.erasures:
        batch.numbers = await _numbers(connection, batch, before, marks)
        await erasures.forget_joins(connection, {mark.person_id for mark in batch.erasures})
    batch.said = [said for said in batch.said if _still_says(said, gone, marks)]


def _counts(row: FactRow | VerdictRow, gone: Mapping[str, Erasure]) -> bool:
    erasure = gone.get(row.person_id)
    return erasure is None or row.appended_at >= erasure.erased_before


async def _numbers(
    connection: Connection,
    batch: Batch,
    before: Mapping[str, Erasure],
    marks: Mapping[tuple[int, str], Said],
) -> dict[str, Sequence[str]]:
    """All numbers of a person have one cut-off. A mark that is read again says nothing of what was joined since."""
    also = [
        (content.person_id, content.joined_to)
        for said in batch.said
        if isinstance(content := said.content, JoinMark) and not _still_says(said, {}, marks)
    ]
    found: dict[str, Sequence[str]] = {}
    for mark in batch.erasures:
        person, known = mark.person_id, before.get(mark.person_id)
        is_again = known is not None and known.erased_before >= mark.erased_before
        found[person] = [person] if is_again else await erased_figures.joined(connection, person, also)
    return found


def _later(one: Erasure | None, other: Erasure) -> Erasure:
    """A later erasure of the same person takes what the earlier one took, and more."""
    if one is None:
        return other
    return Erasure(
        max(one.erased_before, other.erased_before),
        *max((one.partition, one.offset), (other.partition, other.offset)),
        other.request,
    )


def _still_says(said: Said, gone: Mapping[str, Erasure], marks: Mapping[tuple[int, str], Said]) -> bool:
    match said.content:
        case ErasureMark():
            return False
        case JoinMark(person_id=person):
            # The last word of a number that was joined before it was erased; behind the mark it is joined anew.
            mark = marks.get((said.partition, person))
            return mark is None or said.offset > mark.offset
        case Decision(message=message) | SimpleDecision(message=message):
            erasure = gone.get(message.person_id)
            return erasure is None or message.origin.appended_at >= erasure.erased_before


def _forgotten(
    known: KnownApplied, gone: Mapping[str, Erasure], nameless: set[tuple[int, int]]
) -> KnownApplied:
    if not any(entry.person_id in gone or entry.erased for entry in known.entries):
        return known
    applied = as_applied(known)
    entries: Sequence[AppliedEntry] = [
        _entry(applied.partition, entry, gone, nameless) for entry in applied.entries
    ]
    return applied.model_copy(update={"entries": tuple(entries)})


def _entry(
    partition: int, entry: AppliedEntry, gone: Mapping[str, Erasure], nameless: set[tuple[int, int]]
) -> AppliedEntry:
    """A record that must be accounted for, and names nobody; what it is about stays its person's if it came later."""
    erasure = gone.get(entry.person_id)
    is_before = erasure is not None and (
        erasure.is_behind(partition, entry.offset)
        or (entry.passed_on is not None and entry.passed_on < erasure.erased_before)
    )
    if entry.erased or is_before:
        nameless.add((partition, entry.offset))
    subject = entry.subject
    if subject is not None and erasure is not None and subject.appended_at < erasure.erased_before:
        subject = None
    return entry.model_copy(update={"subject": None if entry.erased else subject})
