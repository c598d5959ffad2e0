"""What is told to others about a task and its messages: CloudEvents on the topics `task-events` and `reactions`.

They hold no pseudonym of a person, no name and no words: a reference, a unit, dates and coded words. Whoever may know
more reads it where it is asked for by name.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from models.base import Frozen
from models.quick_uuid import uuid_of_name
from models.tasks.actions import Ending
from models.tasks.status import TaskStatus

_NAMESPACE = UUID("b1a6c0de-3c52-5d7e-8f0a-6a1f5c7d9e21")


class TaskChange(StrEnum):
    """What happened to a task; the last part of an event's type."""

    OPENED = "opened"
    REOPENED = "reopened"
    """By a person, or because the duty has come back."""
    ACKNOWLEDGED = "acknowledged"
    ATTEMPT_RECORDED = "attempt-recorded"
    CLOSED = "closed"
    HANDED_OVER = "handed-over"
    """It is another unit's from now on."""
    WITHDRAWN = "withdrawn"
    UPDATED = "updated"
    """Something else: a message more or less, another date, somebody who works on it."""


class TaskEventData(Frozen):
    """The task as it stands after the change."""

    reference: Annotated[str, Field(pattern=r"^FV(-[0-9A-Z]{4}){3}$")]
    unit_id: str
    version: int = Field(ge=1)
    """Counts every change of the task without a gap: a subscriber sees what is missing, and what came out of order."""
    status: TaskStatus
    ending: Ending | None = None
    react_by: date
    acknowledged: bool
    attempts: int = Field(ge=0)
    reached: bool
    follows: str | None = None
    """Reference of the closed task of the same person and enrolment, which this one continues."""


class TaskEvent(Frozen):
    """One change of one task: exactly one for each version."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    """Follows from task and version: the same change told twice has the same id."""
    source: Literal["urn:frafaldsvarsel:ledger"] = "urn:frafaldsvarsel:ledger"
    type: Annotated[str, Field(pattern=r"^dk\.frafaldsvarsel\.task\.[a-z-]+\.v1$")]
    subject: str
    """The task's reference; also the record's key."""
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: TaskEventData


class ReactionKind(StrEnum):
    """What an institution may learn of its message beside the receipt: the first two where the municipality says so."""

    CONTACT_MADE = "contact-made"
    CLOSED = "closed"
    """The unit has ended its task; how is not said."""
    EDUCATION_NOT_COVERED = "education-not-covered"
    """Always told: it follows from what the institution itself has registered, and says nothing of a benefit."""


class Concern(StrEnum):
    """Whom a message still concerns that obliges no jobcentre."""

    MUNICIPAL_YOUTH_UNIT = "municipal_youth_unit"
    """KUI § 12 c: the municipality's youth unit is to be told of young people who are about to leave an education."""


class ReactionData(Frozen):
    """Which message, by the sender's own names for it."""

    sender: str
    message_id: str
    concerns: Concern | None = None
    """Of `education-not-covered`: whom the institution tells instead."""


class ReactionEvent(Frozen):
    """One answer about one message: each kind at most once for a message and a task."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Literal["urn:frafaldsvarsel:ledger"] = "urn:frafaldsvarsel:ledger"
    type: Annotated[str, Field(pattern=r"^dk\.frafaldsvarsel\.reaction\.[a-z-]+\.v1$")]
    subject: str
    """The message's id."""
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: ReactionData


def answer_id(sender: str, message_id: str, kind: ReactionKind) -> UUID:
    """The id of an answer about a message that is in no task."""
    return uuid_of_name(_NAMESPACE, f"answer|{sender}|{message_id}|{kind}")


def task_event_id(task: UUID, version: int) -> UUID:
    """The id of a task's change."""
    return uuid_of_name(_NAMESPACE, f"task|{task}|{version}")


def reaction_id(task: UUID, sender: str, message_id: str, kind: ReactionKind) -> UUID:
    """The id of an answer."""
    return uuid_of_name(_NAMESPACE, f"reaction|{task}|{sender}|{message_id}|{kind}")
