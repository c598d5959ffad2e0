"""Holds the audit trail against its chain and against the roots that were signed. Pure: rows in, findings out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ops.trail.chain import GENESIS, TrailRow, leaf_of, root_after
from ops.trail.signed_root import SignedRoot


class TrailFault(StrEnum):
    """What can be wrong with the trail."""

    ROW_CHANGED = "row_changed"
    """A row is not the one that was chained."""
    ROW_GONE = "row_gone"
    """A row that was chained is not there."""
    EMPTIED_WITHOUT_REASON = "emptied_without_reason"
    """A row was emptied, and no chained erasure names it."""
    LINK_BROKEN = "link_broken"
    """A root does not follow from the one before it and the leaf: a link was changed, taken out or moved."""
    ROOT_DIFFERS = "root_differs"
    """The chain is sound in itself, and another than the one that was signed."""
    CUT_OFF = "cut_off"
    """More rows were signed than there are."""
    NOT_CHAINED = "not_chained"
    """A row has stood without a link for longer than chaining takes."""


@dataclass(frozen=True, slots=True)
class TrailFinding:
    """One thing that is wrong."""

    fault: TrailFault
    n: int | None = None
    """The link's number."""
    audit_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """A row of the table ``trail`` with the row that it is about."""

    n: int
    audit_id: int
    leaf: bytes
    root: bytes
    row: TrailRow | None
    """None: it is not there, or it is emptied."""
    erased_by: int | None = None
    """Of an emptied row: the row that is to say why."""
    empties: frozenset[int] = frozenset()
    """Of an erasure's own row: the rows that it has emptied, by their ids."""


@dataclass(slots=True)
class TrailReader:
    """Follows the chain from its beginning; `links` and `root` tell how far it has come."""

    roots: Sequence[SignedRoot] = ()
    links: int = 0
    root: bytes = GENESIS
    erased: int = 0
    """Rows that a chained erasure has emptied."""

    def follow(self, links: Iterable[ChainLink]) -> Iterator[TrailFinding]:
        """What is wrong, in the chain's order. `links`: by their `n`."""
        signed = in_force(self.roots)
        at = {one.n: one.root_bytes for one in signed}
        emptied: dict[int, ChainLink] = {}
        named: set[tuple[int, int]] = set()
        for link in links:
            if link.n != self.links + 1 or root_after(self.root, link.leaf) != link.root:
                yield TrailFinding(TrailFault.LINK_BROKEN, link.n, link.audit_id)
            self.links, self.root = link.n, link.root
            named.update((link.audit_id, emptied_id) for emptied_id in link.empties)
            if link.row is not None:
                if leaf_of(link.row) != link.leaf:
                    yield TrailFinding(TrailFault.ROW_CHANGED, link.n, link.audit_id)
            elif link.erased_by is None:
                yield TrailFinding(TrailFault.ROW_GONE, link.n, link.audit_id)
            else:
                emptied[link.n] = link
            if at.get(link.n, link.root) != link.root:
                yield TrailFinding(TrailFault.ROOT_DIFFERS, link.n, link.audit_id)
        for link in emptied.values():
            if (link.erased_by, link.audit_id) in named:
                self.erased += 1
            else:
                yield TrailFinding(TrailFault.EMPTIED_WITHOUT_REASON, link.n, link.audit_id)
        furthest = max((one.n for one in signed), default=0)
        if furthest > self.links:
            yield TrailFinding(TrailFault.CUT_OFF, furthest)


def in_force(roots: Iterable[SignedRoot]) -> list[SignedRoot]:
    """What a restart has not set aside. In the order in which they were signed."""
    kept: list[SignedRoot] = []
    for one in sorted(roots, key=_signed_at):
        if one.restart is not None:
            lost_after = one.restart.lost_after
            kept = [before for before in kept if before.n <= lost_after]
        kept.append(one)
    return kept


def _signed_at(root: SignedRoot) -> datetime:
    return root.at
