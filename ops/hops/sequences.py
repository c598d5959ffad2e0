"""Of a sender that counts its events every number has come once: what it sent and we never got is found here.

Counted from the lowest number that the log still holds; a sender that does not count is no part of it.
"""

from collections.abc import Iterator
from typing import Any, Final

from ops.accounts import Account, Hop
from ops.hops.desk import LISTED, Desk

MISSING: Final = "a number of the sender's sequence is missing"
TWICE: Final = "one number of the sender's sequence for two events"
_HOLES: Final = """
SELECT sender, before + 1, number - 1, at_ms, topic, partition, place FROM (
    SELECT *, lag(number) OVER (ORDER BY number) AS before FROM sequence WHERE sender = ?
) WHERE number > before + 1
"""


def count(desk: Desk) -> Account:
    """Numbers that must have come, against those that have. What comes late is under way for the grace time."""
    total = received = young = old = 0
    for sender, first, last, came in desk.notes.rows(
        "SELECT sender, min(number), max(number), count(*) FROM sequence GROUP BY sender"
    ):
        total += last - first + 1
        received += came
        if came < last - first + 1:
            waiting, gone = _holes(desk, sender)
            young, old = young + waiting, old + gone
    twice = list(_twice(desk))
    for sender, number, *place in twice[:LISTED]:
        _miss(desk, TWICE, f"sender {sender}: {number}", place)
    return Account(
        hop=Hop.SEQUENCES,
        total=total,
        parts={"received": received - len(twice)},
        under_way=young,
        unaccounted=old + len(twice),
    )


def _holes(desk: Desk, sender: str) -> tuple[int, int]:
    """How many numbers may still come, and how many have stayed away; the record behind a hole is its place."""
    young = old = 0
    for _, first, last, at_ms, *place in desk.notes.rows(_HOLES, (sender,)):
        size = last - first + 1
        if desk.is_young(at_ms):
            young += size
            continue
        old += size
        said = str(first) if size == 1 else f"{first} to {last}"
        _miss(desk, MISSING, f"sender {sender}: {said}", place)
    return young, old


def _twice(desk: Desk) -> Iterator[tuple[Any, ...]]:
    return desk.notes.rows("SELECT sender, number, topic, partition, place FROM sequence WHERE differs")


def _miss(desk: Desk, what: str, detail: str, place: list[Any]) -> None:
    topic, part, offset = place
    desk.miss(Hop.SEQUENCES, what, topic=topic, partition=part, offset=offset, detail=detail)
