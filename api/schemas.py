"""What the interface reads and writes: a public contract, held by ``docs/contract/openapi.json``.

It is written apart from the ledger's records, so that those can change without a case system noticing.
"""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from ledger.queries.task_detail import HistoryEntry, TaskView
from ledger.queries.task_list import ListedTask
from ledger.queries.undecided import UndecidedMessage
from models.base import Frozen
from models.eligibility.decision import Evidence
from models.events.contract import Severity, Signal
from models.events.sensitive_fields import OpenPurpose
from models.notifications.delivery import DeliveryStatus, Occasion, SendOutcome
from models.reasons import DecisionReason
from models.tasks.actions import Action, Ending
from models.tasks.status import TaskStatus

_LONG_NUMBER = re.compile(r"\d{6}-?\d{4}|\d{8}")


def _not_a_number_of_a_person(text: str) -> str:
    if _LONG_NUMBER.search(text):
        raise ValueError("holds a number that could be somebody's CPR")
    return text


WorkerId = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._@-]{1,60}$"),
    AfterValidator(_not_a_number_of_a_person),
    Field(description="The case worker's id in your own system; never a CPR", examples=["abc123"]),
]
WorkerName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(_not_a_number_of_a_person),
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
    mentor_until: date | None = Field(description="Last day of the mentor right")
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


class Notice(Frozen):
    """One notice to the unit, and what became of it."""

    occasion: Occasion
    channel: str
    status: DeliveryStatus
    due_at: AwareDatetime
    ended_at: AwareDatetime | None
    attempts: tuple[DeliveryAttempt, ...]


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
    """The particulars of a task's messages. Keep no copy that you do not need."""

    messages: tuple[OpenedMessage, ...]


class Token(Frozen):
    """An access token (RFC 6749, section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the type's name
    expires_in: int
    scope: str


def line(task: ListedTask) -> TaskLine:
    """A line of the list as it is sent."""
    return TaskLine(
        reference=task.reference,
        unit=task.unit_id,
        status=task.status,
        version=task.version,
        react_by=task.react_by,
        received_at=task.appended_at,
        mentor_until=task.mentor_until,
        acknowledged_at=task.acknowledged_at,
        owner=_owner(task.owner_name),
        attempts=task.attempts,
        reached_at=task.reached_at,
        closed_at=task.closed_at,
        ending=task.ending,
        messages=task.messages,
        severity=task.severity,
        institutions=task.institutions,
        last_message_at=task.last_message_at,
        waiting_for_delivery=task.waiting,
    )


def undecided_line(message: UndecidedMessage, municipality: str, unit: str) -> UndecidedLine:
    """A message of the queue as it is sent: what the page shows, and nothing of what no duty entitles to."""
    return UndecidedLine(
        institution=message.sender,
        message_id=message.message_id,
        registered_at=message.registered_at,
        received_at=message.appended_at,
        review_on=message.review_on,
        missing=message.missing,
        municipality=municipality,
        unit=unit,
        study_start=message.evidence.study_start,
        law_version=message.law_version,
    )


def body(view: TaskView) -> TaskBody:
    """A task as it is sent: only what its version counts, so that the ETag can be trusted."""
    task = view.task
    return TaskBody(
        reference=task.reference,
        unit=task.unit_id,
        enrolment_id=task.enrolment_id,
        status=task.status,
        version=task.version,
        react_by=task.react_by,
        received_at=task.appended_at,
        opened_at=task.opened_at,
        mentor_until=task.mentor_until,
        acknowledged_at=task.acknowledged_at,
        acknowledged_by=task.acknowledged_by,
        owner=_owner(task.owner_name),
        attempts=task.attempts,
        reached_at=task.reached_at,
        closed_at=task.closed_at,
        ending=task.ending,
        follows=None if view.previous is None else view.previous.reference,
        messages=tuple(
            MessageBody(
                institution=message.sender,
                message_id=message.message_id,
                registered_at=message.registered_at,
                received_at=message.appended_at,
                seen_at=message.seen_at,
                signals=message.signals,
                severity=message.severity,
                absence_percentage=message.absence_percentage,
                law_version=message.law_version,
                evidence=message.evidence,
            )
            for message in view.messages
        ),
        deeds=tuple(
            ActionBody(at=entry.at, by=entry.by_name or "", via=entry.via or "", deed=entry.deed)
            for entry in view.history
            if entry.deed is not None
        ),
    )


def history(view: TaskView) -> HistoryBody:
    """A task's history as it is sent."""
    return HistoryBody(
        history=tuple(_history_line(entry) for entry in view.history),
        notices=tuple(
            Notice(
                occasion=delivery.occasion,
                channel=delivery.channel.value,
                status=delivery.status,
                due_at=delivery.due_at,
                ended_at=delivery.ended_at,
                attempts=tuple(
                    DeliveryAttempt(at=attempt.at, outcome=attempt.outcome, code=attempt.code)
                    for attempt in delivery.attempts
                ),
            )
            for delivery in view.deliveries
        ),
        steps=tuple(
            Step(
                kind=step.kind,
                level=step.level,
                due_at=step.due_at,
                status=step.status,
                reason=step.reason,
                ended_at=step.ended_at,
            )
            for step in view.steps
        ),
    )


def _owner(name: str | None) -> Owner | None:
    return None if name is None else Owner(name=name)


def _history_line(entry: HistoryEntry) -> HistoryLine:
    return HistoryLine(
        at=entry.at,
        kind=entry.kind,
        by=entry.by_name,
        via=entry.via,
        institution=entry.sender,
        message_id=entry.message_id,
        deed=entry.deed,
        purpose=_purpose(entry.detail.get("purpose")),
    )


def _purpose(coded: object) -> OpenPurpose | None:
    return next((each for each in OpenPurpose if each == coded), None)
