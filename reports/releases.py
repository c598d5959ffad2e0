"""Which periods were released: two releases that overlap could be held against each other, so none does.

A release may be made again, and must then be the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, LiteralString

from infra.postgres import SyncConnection
from reports.release import Cell

OVERLAPPING: Final[LiteralString] = """
SELECT first_day, last_day, as_of, threshold, sha256 FROM releases WHERE first_day <= %(last)s AND last_day >= %(first)s
ORDER BY first_day
"""
NOTE: Final[LiteralString] = """
INSERT INTO releases (first_day, last_day, as_of, threshold, sha256, made_by)
VALUES (%(first)s, %(last)s, %(as_of)s, %(threshold)s, %(sha256)s, %(by)s)
"""
KEEP: Final[LiteralString] = """
INSERT INTO released_figures (first_day, place, family, value, category, measure, number, status, members)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
RELEASED: Final[LiteralString] = """
SELECT as_of, threshold, sha256 FROM releases WHERE first_day = %(first)s AND last_day = %(last)s
"""
FOLLOW_UPS: Final[LiteralString] = """
SELECT as_of, sha256 FROM later_releases WHERE first_day = %(first)s ORDER BY as_of
"""
NOTE_FOLLOW_UP: Final[LiteralString] = """
INSERT INTO later_releases (first_day, as_of, sha256, made_by) VALUES (%(first)s, %(as_of)s, %(sha256)s, %(by)s)
"""
TAKE_LOCK: Final[LiteralString] = "SELECT pg_advisory_xact_lock(%(lock)s)"
_LOCK: Final = 0x46_52_52_45


class ReleaseRefused(RuntimeError):
    """The release must not be made; the message is a sentence for the person who asked."""


_OTHERS: Final = (
    "This release was made before, and its numbers would be others now: the code or a reference table has changed, or "
    "what was not projected yet. Give out the one that was made."
)
FigureRow = tuple[date, int, str, str, str, str, int | None, str, list[str]]


def _row(first: date, place: int, cell: Cell) -> FigureRow:
    status, members = str(cell.status), list(cell.members)
    return (first, place, cell.family, cell.value, cell.category, cell.measure, cell.number, status, members)


def note(
    connection: SyncConnection,
    *,
    first: date,
    last: date,
    as_of: date,
    threshold: int,
    sha256: str,
    by: str,
    by_municipality: Sequence[Cell] = (),
) -> bool:
    """Note a release before anybody gets it; False where it was made before. Raises `ReleaseRefused`.

    `sha256`: of its cells. `by_municipality`: those that the interface gives out. `connection` is in autocommit.
    """
    with connection.transaction():
        connection.execute(TAKE_LOCK, {"lock": _LOCK})
        values = {
            "first": first,
            "last": last,
            "as_of": as_of,
            "threshold": threshold,
            "sha256": sha256,
            "by": by,
        }
        found = connection.execute(OVERLAPPING, values).fetchall()
        if not found:
            connection.execute(NOTE, values)
            with connection.cursor() as cursor:
                cursor.executemany(KEEP, [_row(first, *each) for each in enumerate(by_municipality)])
            return True
        if found == [(first, last, as_of, threshold, sha256)]:
            return False
        other_first, other_last, other_as_of, other_threshold, _ = found[0]
        if (other_first, other_last, other_as_of, other_threshold) == (first, last, as_of, threshold):
            raise ReleaseRefused(_OTHERS)
        raise ReleaseRefused(
            f"{other_first} to {other_last} was released as of {other_as_of} with threshold {other_threshold}: a "
            f"release that overlaps it could be held against it, and show single persons."
        )


@dataclass(frozen=True, slots=True)
class ReleasedBefore:
    """What a follow-up is held against."""

    threshold: int
    hashes: Mapping[date, str]
    """As-of date of the release and of each follow-up → the hash of its cells, in their order."""


def released_before(connection: SyncConnection, *, first: date, last: date) -> ReleasedBefore:
    """Of one period; raises `ReleaseRefused` where it was not released."""
    values = {"first": first, "last": last}
    found = connection.execute(RELEASED, values).fetchall()
    if not found:
        raise ReleaseRefused(f"{first} to {last} was not released: there is nothing to follow up.")
    ((as_of, threshold, sha256),) = found
    later: dict[date, str] = dict(connection.execute(FOLLOW_UPS, values).fetchall())
    return ReleasedBefore(threshold, {as_of: sha256, **later})


def note_follow_up(
    connection: SyncConnection,
    before: ReleasedBefore,
    *,
    first: date,
    last: date,
    as_of: date,
    sha256: str,
    by: str,
) -> bool:
    """Note it before anybody gets it; False where it was made before. Raises `ReleaseRefused`."""
    with connection.transaction():
        connection.execute(TAKE_LOCK, {"lock": _LOCK})
        now = released_before(connection, first=first, last=last)
        if as_of in now.hashes:
            if now.hashes[as_of] != sha256:
                raise ReleaseRefused(_OTHERS)
            return False
        if now != before or as_of < max(now.hashes):
            raise ReleaseRefused(
                f"There is a follow-up as of {max(now.hashes)}: a new one must be of a later day."
            )
        connection.execute(NOTE_FOLLOW_UP, {"first": first, "as_of": as_of, "sha256": sha256, "by": by})
        return True
