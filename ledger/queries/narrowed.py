"""To which of a unit's open tasks a list is narrowed: conditions that stand beside its filter, any of them together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, LiteralString

from models.events.contract import EducationType, Severity

HIGHEST: Final[LiteralString] = """
(SELECT max(array_position(array['low', 'medium', 'high'], decision -> 'message' ->> 'severity'))
 FROM messages WHERE task_id = t.id) = array_position(array['low', 'medium', 'high'], %(severity)s)
"""
WROTE: Final[LiteralString] = (
    "EXISTS (SELECT FROM messages WHERE task_id = t.id AND sender = %(institution)s)"
)
TEACHES: Final[LiteralString] = """
EXISTS (SELECT FROM messages
        WHERE task_id = t.id AND decision #>> '{verdict,evidence,education_type}' = %(education)s)
"""
FOLLOWED: Final[LiteralString] = "t.id IN (SELECT task_id FROM follow_ups WHERE user_id = %(reader)s)"

STANDS_IN: Final[LiteralString] = """
EXISTS (SELECT FROM stand_ins s
        WHERE s.unit_id = t.unit_id AND s.user_id = t.owner_id AND s.stand_in_id = %(stand_in)s
          AND s.ended_at IS NULL AND %(today)s::date BETWEEN s.first_day AND s.last_day)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """All that is given must hold; nothing given narrows nothing."""

    severity: Severity | None = None
    """Of the gravest message."""
    institution: str | None = None
    """The number of one that wrote."""
    education: EducationType | None = None
    """Of the enrolment that the task is about, by any of its messages' decisions."""
    followed_by: str | None = None
    """The reader who has put a date of his own on the task."""
    stand_in: str | None = None
    """The reader who stands in for the task's owner today."""

    def __bool__(self) -> bool:
        return bool(self.conditions)

    @property
    def conditions(self) -> tuple[LiteralString, ...]:
        """On a task called `t`."""
        given: tuple[tuple[object, LiteralString], ...] = (
            (self.severity, HIGHEST),
            (self.institution, WROTE),
            (self.education, TEACHES),
            (self.followed_by, FOLLOWED),
            (self.stand_in, STANDS_IN),
        )
        return tuple(condition for value, condition in given if value is not None)

    @property
    def values(self) -> Mapping[str, str]:
        """The parameters of `conditions`."""
        given = {
            "severity": self.severity,
            "institution": self.institution,
            "education": self.education,
            "reader": self.followed_by,
            "stand_in": self.stand_in,
        }
        return {name: str(value) for name, value in given.items() if value is not None}


EVERYTHING: Final = Narrowed()
