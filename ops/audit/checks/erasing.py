"""Whom the ledger has still to forget: the log has erased them, and the ledger has not come to the mark of it."""

from config.topics import Topic
from ops.audit.checks.context import CheckContext
from ops.audit.readers.erasures import PENDING


def pending(context: CheckContext) -> dict[int, int | None]:
    """The digests of their pseudonyms, with the partition of the mark; None: match has not written it."""
    return {
        person: part
        for person, part, place in context.index.rows(PENDING)
        if place is None or context.waits(str(Topic.DECISIONS), part, place)
    }


def erasing(context: CheckContext, partition: int) -> bool:
    """Whether somebody in this partition is still to be forgotten."""
    return any(part in (None, partition) for part in pending(context).values())
