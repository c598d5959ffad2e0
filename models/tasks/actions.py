"""What people do with a task, in coded words: the acts of a unit, and whether one is allowed as the task stands.

Pure. It has no room for free text: what a young person has said belongs into the case system, not here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from models.base import Frozen
from models.tasks.notes import NoteCode
from models.tasks.status import TaskStatus

NOT_REACHED_AFTER: int = 3
"""Attempts without contact after which a unit may close a task; a local choice, no law names a number."""
ATTEMPTS_APART: timedelta = timedelta(hours=1)
"""Attempts that lie closer together count as one; a local choice, as the number is."""
_CLOCKS = timedelta(minutes=5)


class ContactForm(StrEnum):
    """How contact was sought; interviews may be held in person, by video or by phone (the 2021 agreement)."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"
    LETTER = "letter"
    DIGITAL_POST = "digital_post"


class Initiative(StrEnum):
    """What was decided to keep the young person in education (fastholdelsesinitiativer)."""

    MENTOR = "mentor"
    EXTENDED_MENTOR = "extended_mentor"
    INSTITUTION_MEETING = "institution_meeting"
    OTHER_OFFER = "other_offer"
    ALREADY_IN_PLACE = "already_in_place"
    NONE = "none"


class NoInitiative(StrEnum):
    """Why nothing was started."""

    NOT_NEEDED = "not_needed"
    NOT_WANTED = "not_wanted"
    LEAVES_EDUCATION = "leaves_education"
    HELPED_BY_OTHERS = "helped_by_others"


class Ending(StrEnum):
    """How a task ended."""

    CONTACT_MADE = "contact_made"
    """Contact, and a decision on initiatives: what the law asks for."""
    NOT_REACHED = "not_reached"
    """Contact was sought as often as the municipality has set."""
    TRANSFERRED = "transferred"
    """Another unit has it: handed over by a person, or the young person moved."""
    WITHDRAWN_BY_INSTITUTION = "withdrawn_by_institution"
    LAPSED = "lapsed"
    """The education ended, or facts were corrected: nothing obliges the unit any more."""


class HandOverReason(StrEnum):
    """Why a person gives a task to another unit."""

    MOVED = "moved"
    WRONG_UNIT = "wrong_unit"
    AGREED = "agreed"


class ReopenReason(StrEnum):
    """Why a closed task is open again."""

    CLOSED_BY_MISTAKE = "closed_by_mistake"
    CONTACT_LOST = "contact_lost"
    NEW_INFORMATION = "new_information"


class Via(StrEnum):
    """Which way an act came in."""

    PAGE = "page"
    API = "api"
    MAIL_LINK = "mail_link"
    OPERATOR = "operator"


class Actor(Frozen):
    """Who acts. `id` is the log-in's subject or the client's id; neither is a CPR."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    via: Via


class Acknowledge(Frozen):
    """A person has seen the task. It stops the reminders of the present step and never ends the duty."""

    kind: Literal["acknowledge"] = "acknowledge"


class Take(Frozen):
    """The actor works on the task from now on; it counts as an acknowledgement."""

    kind: Literal["take"] = "take"


class Release(Frozen):
    """Nobody works on the task any more."""

    kind: Literal["release"] = "release"


class ContactAttempt(Frozen):
    """Contact was sought."""

    kind: Literal["attempt"] = "attempt"
    at: AwareDatetime
    form: ContactForm
    reached: bool


class Close(Frozen):
    """The mandatory outcome."""

    kind: Literal["close"] = "close"
    ending: Literal[Ending.CONTACT_MADE, Ending.NOT_REACHED]
    initiatives: tuple[Initiative, ...] = ()
    none_because: NoInitiative | None = None

    @model_validator(mode="after")
    def _says_what_was_decided(self) -> "Close":
        """Contact asks for a decision; none is a decision too, with its reason."""
        if len(set(self.initiatives)) != len(self.initiatives):
            raise ValueError("an initiative is named once")
        if self.ending is Ending.NOT_REACHED:
            if self.initiatives or self.none_because:
                raise ValueError("who was not reached has no initiatives")
            return self
        if not self.initiatives:
            raise ValueError("contact made asks for a decision on initiatives")
        if Initiative.NONE in self.initiatives and len(self.initiatives) > 1:
            raise ValueError("none goes with nothing else")
        if (Initiative.NONE in self.initiatives) != (self.none_because is not None):
            raise ValueError("a reason belongs to none, and none to a reason")
        return self


class Reopen(Frozen):
    """A closed task is open again, with its old date."""

    kind: Literal["reopen"] = "reopen"
    reason: ReopenReason


class HandOver(Frozen):
    """Another unit gets the task; both are told."""

    kind: Literal["hand_over"] = "hand_over"
    to_unit: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    reason: HandOverReason


class Note(Frozen):
    """A coded word for colleagues; it counts as an acknowledgement, ends nothing and moves no date."""

    kind: Literal["note"] = "note"
    note: NoteCode


Action = Annotated[
    Acknowledge | Take | Release | ContactAttempt | Close | Reopen | HandOver | Note,
    Field(discriminator="kind"),
]


class RecordedAction(Frozen):
    """One deed of one person on one task. `id` makes it happen once, however often it is sent."""

    id: UUID
    task_id: UUID
    by: Actor
    at: AwareDatetime
    """The database's clock."""
    deed: Action


class ActionRefusal(StrEnum):
    """Why a deed is not allowed now."""

    TASK_NOT_OPEN = "task_not_open"
    TASK_NOT_CLOSED = "task_not_closed"
    NOT_REACHED_YET = "not_reached_yet"
    """Too few attempts, at times apart from each other, to close as not reached."""
    NO_CONTACT_RECORDED = "no_contact_recorded"
    """Contact made, but no attempt that reached the person."""
    ATTEMPT_OUT_OF_TIME = "attempt_out_of_time"
    """In the future, or before the message came."""
    SAME_UNIT = "same_unit"
    UNKNOWN_UNIT = "unknown_unit"
    ANOTHER_TASK_IS_OPEN = "another_task_is_open"
    """A new task of the same person and enrolment is open: the closed one stays closed."""
    NOTHING_OBLIGES = "nothing_obliges"
    """Since the task was closed, each of its messages has been withdrawn or no longer obliges this unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What of a task decides on a deed."""

    status: TaskStatus
    unit_id: str
    appended_at: datetime
    attempts: int
    """That lie apart (`attempts_apart`)."""
    reached: bool
    open_successor: bool = False
    obliged: bool = True
    """Whether one of its messages obliges the unit still."""


def attempts_apart(times: Iterable[datetime], distance: timedelta) -> int:
    """How many attempts there were at times that lie `distance` apart; two at the same moment are one.

    >>> noon = datetime(2026, 10, 9, 12)
    >>> attempts_apart([noon, noon, noon + timedelta(minutes=59), noon + timedelta(hours=1)], timedelta(hours=1))
    2
    """
    counted: list[datetime] = []
    for at in sorted(set(times)):
        if not counted or at - counted[-1] >= distance:
            counted.append(at)
    return len(counted)


def refusal(
    task: TaskState, deed: Action, *, now: datetime, not_reached_after: int, units: frozenset[str]
) -> ActionRefusal | None:
    """Why `deed` is not allowed, or None."""
    if isinstance(deed, Reopen):
        if task.status is not TaskStatus.CLOSED:
            return ActionRefusal.TASK_NOT_CLOSED
        if task.open_successor:
            return ActionRefusal.ANOTHER_TASK_IS_OPEN
        return None if task.obliged else ActionRefusal.NOTHING_OBLIGES
    if task.status is not TaskStatus.OPEN:
        return ActionRefusal.TASK_NOT_OPEN
    match deed:
        case ContactAttempt(at=at) if at > now + _CLOCKS or at < task.appended_at:
            return ActionRefusal.ATTEMPT_OUT_OF_TIME
        case Close(ending=Ending.NOT_REACHED) if task.attempts < not_reached_after:
            return ActionRefusal.NOT_REACHED_YET
        case Close(ending=Ending.CONTACT_MADE) if not task.reached:
            return ActionRefusal.NO_CONTACT_RECORDED
        case HandOver(to_unit=unit) if unit == task.unit_id:
            return ActionRefusal.SAME_UNIT
        case HandOver(to_unit=unit) if unit not in units:
            return ActionRefusal.UNKNOWN_UNIT
        case _:
            return None
