"""What was driven again: once is all that a gap gets, also after a restart. What it did not help is for people."""

from collections.abc import Iterable
from typing import Final, LiteralString

from ops.audit.index import AuditIndex
from ops.audit.report import GapKind, Missing

KNOWN: Final[LiteralString] = "SELECT 1 FROM redriven WHERE (what, topic, partition, place) = (?, ?, ?, ?)"
NOTE: Final[LiteralString] = "INSERT OR IGNORE INTO redriven VALUES (?, ?, ?, ?)"
_KINDS: Final = frozenset(GapKind)


def mark_redriven(index: AuditIndex, missing: Iterable[Missing]) -> tuple[Missing, ...]:
    """The same, and of each gap whether it was driven again."""
    return tuple(
        one.model_copy(update={"redriven": True}) if _is_known(index, one) else one for one in missing
    )


def note_redriven(index: AuditIndex, driven: Iterable[Missing]) -> None:
    """Remember it."""
    with index.writing():
        index.many(NOTE, [(one.what, one.topic, one.partition, one.offset) for one in driven])


def _is_known(index: AuditIndex, one: Missing) -> bool:
    if one.what not in _KINDS:
        return False
    return index.value(KNOWN, (one.what, one.topic, one.partition, one.offset)) is not None
