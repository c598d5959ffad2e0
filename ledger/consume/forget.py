"""What a mark does to rows that were written before it, and to entries that come with it."""

from collections.abc import Collection

from infra.postgres import Connection
from ledger.consume import subjects
from ledger.store import erasures
from ledger.tasks.projection import Policy
from models.events.simple_receipt import KnownApplied, as_applied


async def forget(connection: Connection, person: str, erasure: erasures.Erasure, policy: Policy) -> None:
    """The rows about `person` of before the erasure, and what they held up."""
    forgotten = await erasures.forget(connection, person, erasure)
    await subjects.unname(connection, forgotten, policy.succession)
    for task, unit, first in await erasures.outlasting(connection, person, erasure.erased_before):
        await erasures.set_dates(connection, task, first, policy.react_by(unit, first))


def without_names(known: KnownApplied, nameless: Collection[tuple[int, int]]) -> KnownApplied:
    """The record as its entries are kept; what they are about still has its person."""
    if not any((known.partition, entry.offset) in nameless for entry in known.entries):
        return known
    applied = as_applied(known)
    entries = tuple(
        entry.model_copy(update={"person_id": erasures.ERASED})
        if (applied.partition, entry.offset) in nameless
        else entry
        for entry in applied.entries
    )
    return applied.model_copy(update={"entries": entries})
