"""A person's record against the one that follows from the person's events: what differs, and what is to be written.

Pure. The rule that nothing may break: the last revision that was published is never forgotten.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.eligibility.person_record import PersonRecord


class RecordDifference(StrEnum):
    """How a record in ``people`` differs from its events."""

    MISSING = "missing"
    """The person has events, and no record."""
    UNKNOWN = "unknown"
    """The record has no event."""
    EVENTS = "events"
    """It holds other events than were applied."""
    DECISIONS = "decisions"
    """It remembers other decisions; after a change of the law's tables that is to be expected."""
    BEHIND = "behind"
    """It holds less than match has noted as applied."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One person's difference, and the record that mends it, where one does."""

    person_id: str
    difference: RecordDifference
    mended: PersonRecord | None


def compare(held: PersonRecord | None, rebuilt: PersonRecord | None) -> Finding | None:
    """What differs between the record in ``people`` and the one that follows from the events up to the same offset."""
    if rebuilt is None:
        return None if held is None else Finding(held.person_id, RecordDifference.UNKNOWN, None)
    if held is None:
        return Finding(rebuilt.person_id, RecordDifference.MISSING, rebuilt)
    if held.applied < rebuilt.applied:
        return Finding(rebuilt.person_id, RecordDifference.BEHIND, mend(held, rebuilt))
    if _known(held) != _known(rebuilt):
        return Finding(rebuilt.person_id, RecordDifference.EVENTS, mend(held, rebuilt))
    if held.decided != rebuilt.decided:
        mended = mend(held, rebuilt)
        return Finding(rebuilt.person_id, RecordDifference.DECISIONS, None if mended == held else mended)
    return None


def _known(record: PersonRecord) -> tuple[object, ...]:
    return (
        record.events,
        record.superseded,
        record.changed_to,
        record.joined_to,
        record.joined,
        record.awaited,
        record.erased_before,
    )


def mend(held: PersonRecord, rebuilt: PersonRecord) -> PersonRecord:
    """The rebuilt record, with every decision that `held` remembers under the same revision or a later one.

    A revision that goes back would be passed over by the ledger, and what match decides next would be lost to it.
    A digest that is kept wrongly costs one revision more, at the person's next event.
    """
    decided = dict(rebuilt.decided)
    for key, known in held.decided.items():
        if rebuilt.erased_before is not None and key not in decided:
            continue  # erased with its message
        if key not in decided or known.revision >= decided[key].revision:
            decided[key] = known
    return rebuilt.model_copy(update={"applied": max(held.applied, rebuilt.applied), "decided": decided})
