"""What the interface reads and writes: a public contract, held by ``docs/contract/openapi.json``.

It is written apart from the ledger's records, so that those can change without a case system noticing.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from models.actor_text import fault_in
from models.base import Frozen
from models.cpr import plain_digits
from models.eligibility.decision import Evidence
from models.events.contract import Severity, Signal
from models.events.sensitive_fields import OpenPurpose
from models.notifications.delivery import DeliveryStatus, Occasion, SendOutcome
from models.notifications.returned import ReportedAction
from models.reasons import DecisionReason
from models.tasks.actions import Action, Ending
from models.tasks.status import TaskStatus

_LONG_NUMBER = re.compile(r"\d{6}-?\d{4}|\d{8}")


def _may_be_shown(text: str) -> str:
    fault = fault_in(text)
    if fault is not None:
        raise ValueError(fault)
    if _LONG_NUMBER.search(plain_digits(text)):
        raise ValueError("holds a number that could be somebody's CPR")
    return text


WorkerId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,60}$"),
    AfterValidator(_may_be_shown),
    Field(description="The case worker's id in your own system; never a CPR", examples=["abc123"]),
]
WorkerName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_may_be_shown),
    Field(description="Stands in the task's history", examples=["Anna Berg"]),
]


class Worker(Frozen):
    """The person of the unit who acts, as your system knows her."""

    id: WorkerId
    name: WorkerName


class Owner(Frozen):
    """Who works on a task."""

    name: str


class TaskLine(Frozen):
    """A task as a line of a list."""

    reference: str = Field(examples=["FV-7K2P-0013-ABCD"])
    unit: str
    status: TaskStatus
    version: int = Field(description="Counts every change; the ETag of the task")
    react_by: date = Field(description="The municipality's own target, in Danish working days; not statutory")
    received_at: AwareDatetime = Field(description="When the first message in force arrived")
    mentor_until: date | None = Field(description="Last day to take up the mentor right (LAB § 167(3))")
    acknowledged_at: AwareDatetime | None
    owner: Owner | None
    attempts: int
    reached_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    ending: Ending | None
    messages: int
    severity: Severity | None = Field(description="The highest of its messages")
    institutions: tuple[str, ...] = Field(description="Numbers of the institutions that wrote")
    last_message_at: AwareDatetime | None
    waiting_for_delivery: bool = Field(description="A notice to the unit is still under way")
    undelivered: bool = Field(
        description="A mail to the unit reached nobody, and nobody has done anything since"
    )


class TaskPage(Frozen):
    """Some of a list."""

    tasks: tuple[TaskLine, ...]
    next: str | None = Field(description="Give it as `after` to get the next page; null at the end")


class UndecidedLine(Frozen):
    """A message that the rules cannot judge yet: what is missing, and who might find it out."""

    institution: str
    message_id: str
    registered_at: AwareDatetime
    received_at: AwareDatetime
    review_on: date = Field(description="From this day on a person must look at it")
    missing: DecisionReason = Field(
        description="What is not known; the reasons are explained in docs/reasons.md"
    )
    municipality: str = Field(description="Code of the municipality where the person is known to live")
    unit: str = Field(description="Yours that answers for that municipality today; it owes nothing yet")
    study_start: date | None
    law_version: str


class UndecidedPage(Frozen):
    """Some of the queue, the longest waiting first."""

    messages: tuple[UndecidedLine, ...]
    next: str | None = Field(description="Give it as `after` to get the next page; null at the end")


class Number(Frozen):
    """How many."""

    number: int
    more: bool = Field(description="True where there are more than `number`")


class Numbers(Frozen):
    """How many tasks each filter has."""

    open: Number
    mine: Number
    due_today: Number
    overdue: Number
    waiting_for_delivery: Number
    closed: Number


class MessageBody(Frozen):
    """One message of an institution, and the facts on which the duty rests."""

    institution: str
    message_id: str
    registered_at: AwareDatetime
    received_at: AwareDatetime
    seen_at: AwareDatetime
    signals: tuple[Signal, ...]
    severity: Severity
    absence_percentage: int | None
    law_version: str
    evidence: Evidence


class ActionBody(Frozen):
    """What somebody did with the task."""

    at: AwareDatetime
    by: str
    via: str
    deed: Action


class TaskBody(Frozen):
    """One task. Its ETag changes whenever this does."""

    reference: str = Field(examples=["FV-7K2P-0013-ABCD"])
    unit: str
    enrolment_id: str
    status: TaskStatus
    version: int
    react_by: date
    received_at: AwareDatetime
    opened_at: AwareDatetime
    mentor_until: date | None
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None
    owner: Owner | None
    attempts: int
    reached_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    ending: Ending | None
    follows: str | None = Field(
        description="Reference of your unit's closed task of the same person and enrolment"
    )
    messages: tuple[MessageBody, ...]
    deeds: tuple[ActionBody, ...]


class HistoryLine(Frozen):
    """What happened, when and by whom; `by` is null where it was the service."""

    at: AwareDatetime
    kind: str
    by: str | None
    via: str | None
    institution: str | None
    message_id: str | None
    deed: Action | None
    purpose: OpenPurpose | None = Field(description="Of `opened`: what the particulars were opened for")


class DeliveryAttempt(Frozen):
    """One attempt to deliver a notice."""

    at: AwareDatetime
    outcome: SendOutcome
    code: int | None


class CameBack(Frozen):
    """A mail that came back to a notice's return address."""

    at: AwareDatetime
    report: ReportedAction = Field(
        description="`failed`: the notice ended by it, unless it had ended before; `delayed`: still being tried, at "
        "that moment; `other`: about a copy that was passed on; `unread`: not understood, and no person has decided"
    )


class Notice(Frozen):
    """One notice to the unit, and what became of it."""

    occasion: Occasion
    channel: str
    status: DeliveryStatus
    due_at: AwareDatetime
    ended_at: AwareDatetime | None
    attempts: tuple[DeliveryAttempt, ...]
    came_back: tuple[CameBack, ...] = Field(
        description="What mail systems have reported since, the earliest first"
    )


class Step(Frozen):
    """A reminder or an escalation."""

    kind: str
    level: int
    due_at: AwareDatetime
    status: str
    reason: str | None
    ended_at: AwareDatetime | None


class HistoryBody(Frozen):
    """All that happened with a task, and what happens next."""

    history: tuple[HistoryLine, ...]
    notices: tuple[Notice, ...]
    steps: tuple[Step, ...]


class ActionRequest(Frozen):
    """What to do with the task, and who does it; without `worker` it is the client itself."""

    deed: Action
    worker: Worker | None = None


class OpenRequest(Frozen):
    """Why the particulars are opened, and by whom. It is noted before they are."""

    purpose: OpenPurpose
    worker: Worker | None = None


class Contact(Frozen):
    """Whom to call at the institution."""

    name: str
    phone: str | None = None
    email: str | None = None


class OpenedMessage(Frozen):
    """What was sealed of one message."""

    institution: str
    message_id: str
    cpr: str
    text: str | None
    contact: Contact | None


class Opened(Frozen):
    """A task's particulars, without those that time has deleted. Keep no copy that you do not need."""

    messages: tuple[OpenedMessage, ...]


class Token(Frozen):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type's name
    expires_in: int
    scope: str
