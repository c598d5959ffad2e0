"""A sample of the looks of one unit in one month, for its manager: drawn by chance, what is unusual marked.

Unusual is no reproach: it is what somebody should be able to explain. It names employees and tasks, and no citizen.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, LiteralString

from psycopg.rows import class_row

from infra.postgres import SyncConnection
from ledger.store import audit_trail
from models.audit_kind import AuditKind
from models.calendar import COPENHAGEN
from models.operator import Operator

KINDS: Final = (AuditKind.FOUND_BY_CPR, AuditKind.LOOKED_AT, AuditKind.OPENED)
OF_UNIT: Final[LiteralString] = """
SELECT a.at, a.kind, a.detail ->> 'by_id' AS by_id, a.detail ->> 'by_name' AS by_name,
       a.detail ->> 'purpose' AS purpose, t.reference, coalesce(t.person_id, a.detail ->> 'person_id') AS person
FROM audit a LEFT JOIN tasks t ON t.id = a.task_id
WHERE a.kind = ANY(%(kinds)s) AND a.at >= %(since)s AND a.at < %(until)s
  AND (t.unit_id = %(unit)s OR (a.task_id IS NULL AND a.detail -> 'units' ? %(unit)s))
ORDER BY a.at, a.id
"""
MANY_AN_HOUR: Final = 30
OFTEN_A_MONTH: Final = 10
_DAY: Final = range(7, 18)
_SATURDAY: Final = 5

Draw = Callable[[Sequence[int], int], Sequence[int]]
"""So many of these, by chance, none twice."""


class Unusual(StrEnum):
    """Why somebody should be able to explain a look."""

    WITHOUT_A_TASK = "without_a_task"
    """A person was looked up about whom the unit has no task."""
    OUT_OF_HOURS = "out_of_hours"
    """On a Saturday or Sunday, or before 7 or from 18 o'clock on, in Copenhagen."""
    MANY = "many"
    """The same employee opened or looked up more than thirty within the same hour of the clock."""
    SAME_PERSON_OFTEN = "same_person_often"
    """The same employee opened or looked up the same person more than ten times in the month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLook:
    """One look. `person` is a pseudonym, for counting alone."""

    at: datetime
    kind: str
    by_id: str | None
    by_name: str | None
    purpose: str | None
    reference: str | None
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledLook:
    """As the manager sees it."""

    at: datetime
    kind: str
    who: str | None
    purpose: str | None
    reference: str | None
    unusual: Sequence[Unusual]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookSample:
    """What was drawn, of how many."""

    looks: int
    unusual: int
    drawn: Sequence[SampledLook]
    """So many of all, and as many of the unusual ones; in the order of their time."""


def looks_of_unit(
    connection: SyncConnection, unit: str, since: datetime, until: datetime, by: Operator
) -> Sequence[UnitLook]:
    """All looks in the time; that somebody asked is noted first. `connection` is in autocommit."""
    detail = {"unit": unit, "since": since.isoformat(), "by": by.by, "because": by.because}
    connection.execute(audit_trail.APPEND, audit_trail.line(AuditKind.SAMPLE_TAKEN, detail))
    with connection.cursor(row_factory=class_row(UnitLook)) as cursor:
        return cursor.execute(
            OF_UNIT, {"kinds": list(KINDS), "since": since, "until": until, "unit": unit}
        ).fetchall()


def sample_of(looks: Sequence[UnitLook], size: int, draw: Draw) -> LookSample:
    """`size` of all looks by chance, and `size` of the unusual ones beside."""
    marks = _marks(looks)
    unusual = [at for at, found in enumerate(marks) if found]
    chosen = {
        *draw(range(len(looks)), min(size, len(looks))),
        *draw(unusual, min(size, len(unusual))),
    }
    return LookSample(
        looks=len(looks),
        unusual=len(unusual),
        drawn=[
            SampledLook(
                at=looks[at].at,
                kind=looks[at].kind,
                who=looks[at].by_name,
                purpose=looks[at].purpose,
                reference=looks[at].reference,
                unusual=marks[at],
            )
            for at in sorted(chosen)
        ],
    )


def _marks(looks: Sequence[UnitLook]) -> list[tuple[Unusual, ...]]:
    """Reading a task again is everyday work: what is counted is opening and looking up."""
    counted = [one for one in looks if one.kind != AuditKind.LOOKED_AT]
    an_hour = Counter((one.by_id, _hour(one)) for one in counted)
    of_person = Counter((one.by_id, one.person) for one in counted)
    return [_of(one, an_hour[one.by_id, _hour(one)], of_person[one.by_id, one.person]) for one in looks]


def _of(look: UnitLook, in_hour: int, of_person: int) -> tuple[Unusual, ...]:
    local = look.at.astimezone(COPENHAGEN)
    counts = look.kind != AuditKind.LOOKED_AT
    found = {
        Unusual.WITHOUT_A_TASK: look.reference is None,
        Unusual.OUT_OF_HOURS: local.weekday() >= _SATURDAY or local.hour not in _DAY,
        Unusual.MANY: counts and in_hour > MANY_AN_HOUR,
        Unusual.SAME_PERSON_OFTEN: counts and of_person > OFTEN_A_MONTH,
    }
    return tuple(mark for mark, is_so in found.items() if is_so)


def _hour(look: UnitLook) -> datetime:
    return look.at.astimezone(COPENHAGEN).replace(minute=0, second=0, microsecond=0)
