"""One task with everything that its unit needs to act, and nothing that names the person. Reading only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg.rows import dict_row
from pydantic import AwareDatetime, TypeAdapter

from infra.postgres import Connection
from models.base import Frozen
from models.eligibility.decision import Decision, Evidence
from models.events.contract import Severity, Signal
from models.notifications.cause import CauseKind
from models.notifications.delivery import Channel, DeliveryStatus, Occasion, SendOutcome
from models.notifications.returned import ReportedAction
from models.tasks.actions import Action, Ending
from models.tasks.status import TaskStatus

ID_OF: Final[LiteralString] = "SELECT id FROM tasks WHERE reference = %s AND unit_id = ANY(%s)"


class TaskFields(Frozen):
    """The task's own row. `person_id` is left out: it is of no use to the unit, and would join what is apart."""

    id: UUID
    reference: str
    unit_id: str
    enrolment_id: str
    status: TaskStatus
    version: int
    react_by: date
    appended_at: AwareDatetime
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    mentor_until: date | None
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None
    owner_id: str | None
    owner_name: str | None
    attempts: int
    reached_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    ending: Ending | None


class PreviousTask(Frozen):
    """The closed task of the same person and enrolment that this one follows, when its unit is the reader's."""

    id: UUID
    reference: str
    closed_at: AwareDatetime | None
    ending: Ending | None


class MessageView(Frozen):
    """One message of an institution, and what the rules said of it."""

    sender: str
    message_id: str
    revision: int
    registered_at: AwareDatetime
    appended_at: AwareDatetime
    seen_at: AwareDatetime
    signals: tuple[Signal, ...]
    severity: Severity
    absence_percentage: int | None
    law_version: str
    mentor_last_day: date | None
    evidence: Evidence


class AttemptView(Frozen):
    """One attempt to deliver a notice."""

    attempt: int
    at: AwareDatetime
    outcome: SendOutcome
    code: int | None
    detail: str


class CameBackView(Frozen):
    """A mail that came back to a notice's address, and what it says; of those not understood, the undecided."""

    at: AwareDatetime
    report: ReportedAction


class DeliveryView(Frozen):
    """One notice to the unit."""

    id: UUID
    occasion: Occasion
    cause_kind: CauseKind
    cause_ref: str
    channel: Channel
    unit_id: str
    recipient: str
    status: DeliveryStatus
    due_at: AwareDatetime
    deadline: AwareDatetime
    created_at: AwareDatetime
    ended_at: AwareDatetime | None
    attempts: tuple[AttemptView, ...]
    came_back: tuple[CameBackView, ...] = ()
    """The earliest first."""


class ReminderView(Frozen):
    """A reminder or an escalation: planned, fired or stopped."""

    id: UUID
    kind: str
    level: int
    due_at: AwareDatetime
    status: str
    reason: str | None
    ended_at: AwareDatetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """What happened, when, by whom and why: a person's deed, or a line of the audit trail."""

    at: datetime
    kind: str
    """Of a deed `models.tasks.actions`'s kind, else the audit's."""
    by_name: str | None
    """A person or a client; None is the service itself."""
    via: str | None
    deed: Action | None
    sender: str | None
    message_id: str | None
    detail: Mapping[str, str | int | bool | None]
    """Of an audit line, in coded words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task with all that belongs to it, as it stood at one moment."""

    task: TaskFields
    previous: PreviousTask | None
    open_beside: str | None
    """Reference of the open task of the same person, enrolment and unit, where it is another one."""
    messages: tuple[MessageView, ...]
    """The earliest first."""
    history: tuple[HistoryEntry, ...]
    """The earliest first."""
    deliveries: tuple[DeliveryView, ...]
    steps: tuple[ReminderView, ...]

    @property
    def next_step(self) -> ReminderView | None:
        """What happens next if nobody acts."""
        return next((step for step in self.steps if step.status == "waiting"), None)


OWN_COLUMNS: Final = ", ".join(f"t.{name}" for name in TaskFields.model_fields)
TASK: Final = f"""
SELECT {OWN_COLUMNS},
    (SELECT json_build_object('id', p.id, 'reference', p.reference, 'closed_at', p.closed_at, 'ending', p.ending)
     FROM tasks p WHERE p.id = t.follows AND p.unit_id = ANY(%(units)s)) AS previous,
    (SELECT o.reference FROM tasks o
     WHERE (o.person_id, o.enrolment_id, o.unit_id) = (t.person_id, t.enrolment_id, t.unit_id)
       AND o.status = 'open' AND o.id <> t.id) AS open_beside,
    (SELECT json_agg(m.decision ORDER BY m.appended_at, m.sender, m.message_id)
     FROM messages m WHERE m.task_id = t.id) AS messages,
    (SELECT json_agg(json_build_object('at', a.at, 'kind', a.kind, 'by_name', a.by_name, 'via', a.via,
                                       'deed', a.detail) ORDER BY a.number)
     FROM acts a WHERE a.task_id = t.id) AS acts,
    (SELECT json_agg(json_build_object('at', l.at, 'kind', l.kind, 'sender', l.sender, 'message_id', l.message_id,
                                       'detail', l.detail) ORDER BY l.id)
     FROM audit l WHERE l.task_id = t.id AND l.kind <> 'looked_at') AS audit,
    (SELECT json_agg(json_build_object(
        'id', d.id, 'occasion', d.occasion, 'cause_kind', d.cause_kind, 'cause_ref', d.cause_ref,
        'channel', d.channel, 'unit_id', d.unit_id,
        'recipient', d.recipient, 'status', d.status, 'due_at', d.due_at, 'deadline', d.deadline,
        'created_at', d.created_at, 'ended_at', d.ended_at, 'attempts',
        (SELECT coalesce(json_agg(json_build_object('attempt', e.attempt, 'at', e.at, 'outcome', e.outcome,
                                                    'code', e.code, 'detail', e.detail) ORDER BY e.attempt), '[]')
         FROM attempts e WHERE e.delivery_id = d.id), 'came_back',
        (SELECT coalesce(json_agg(json_build_object('at', b.at, 'report', b.action) ORDER BY b.at), '[]')
         FROM bounces b WHERE b.delivery_id = d.id AND NOT EXISTS (
             SELECT FROM quarantine q WHERE b.action = 'unread' AND q.kind = 'bounce'
                AND q.id = concat_ws('/', d.id, left(b.report, 16)) AND q.since = b.at))) ORDER BY d.created_at, d.id)
     FROM deliveries d WHERE d.task_id = t.id AND d.unit_id = ANY(%(units)s)) AS deliveries,
    (SELECT json_agg(json_build_object('id', s.id, 'kind', s.kind, 'level', s.level, 'due_at', s.due_at,
                                       'status', s.status, 'reason', s.reason, 'ended_at', s.ended_at)
                     ORDER BY s.due_at, s.level, s.id)
     FROM steps s WHERE s.task_id = t.id) AS steps
FROM tasks t WHERE t.unit_id = ANY(%(units)s) AND
"""
TASK_BY_ID: Final = f"{TASK} t.id = %(key)s"
TASK_BY_REFERENCE: Final = f"{TASK} t.reference = %(key)s"
_OF_MANY: Final = ("messages", "acts", "audit", "deliveries", "steps")
_deliveries: Final = TypeAdapter(tuple[DeliveryView, ...])
_steps: Final = TypeAdapter(tuple[ReminderView, ...])
_deed: Final[TypeAdapter[Action]] = TypeAdapter(Action)
_moment: Final = TypeAdapter(AwareDatetime)


async def task(connection: Connection, *, units: frozenset[str], key: UUID | str) -> TaskView | None:
    """The task with that id or reference; None too where it is another unit's."""
    # One statement is one moment: the version fits everything that is shown beside it.
    statement = TASK_BY_ID if isinstance(key, UUID) else TASK_BY_REFERENCE
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, {"units": sorted(units), "key": key})
        row = await cursor.fetchone()
    if row is None:
        return None
    previous, open_beside = row.pop("previous"), row.pop("open_beside")
    many = {name: row.pop(name) or () for name in _OF_MANY}
    history = [_act(entry) for entry in many["acts"]] + [_audit(entry) for entry in many["audit"]]
    return TaskView(
        task=TaskFields.model_validate(row),
        previous=None if previous is None else PreviousTask.model_validate(previous),
        open_beside=open_beside,
        messages=tuple(_message(Decision.model_validate(decision)) for decision in many["messages"]),
        history=tuple(sorted(history, key=lambda entry: entry.at)),
        deliveries=_deliveries.validate_python(many["deliveries"]),
        steps=_steps.validate_python(many["steps"]),
    )


async def task_id(connection: Connection, *, units: frozenset[str], reference: str) -> UUID | None:
    """The id of the task that people call `reference`; None too where it is another unit's."""
    cursor = await connection.execute(ID_OF, (reference, sorted(units)))
    row = await cursor.fetchone()
    return None if row is None else row[0]


def _message(decision: Decision) -> MessageView:
    message, verdict = decision.message, decision.verdict
    return MessageView(
        sender=message.sender,
        message_id=message.message_id,
        revision=decision.revision,
        registered_at=message.registered_at,
        appended_at=message.origin.appended_at,
        seen_at=message.seen_at,
        signals=message.signals,
        severity=message.severity,
        absence_percentage=message.absence_percentage,
        law_version=verdict.law_version,
        mentor_last_day=verdict.mentor_last_day,
        evidence=verdict.evidence,
    )


def _act(entry: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(
        at=_moment.validate_python(entry["at"]),
        kind=entry["kind"],
        by_name=entry["by_name"],
        via=entry["via"],
        deed=_deed.validate_python({**entry["deed"], "kind": entry["kind"]}),
        sender=None,
        message_id=None,
        detail={},
    )


def _audit(entry: Mapping[str, Any]) -> HistoryEntry:
    detail = dict(entry["detail"])
    return HistoryEntry(
        at=_moment.validate_python(entry["at"]),
        kind=entry["kind"],
        by_name=detail.pop("by_name", None),
        via=detail.pop("via", None),
        deed=None,
        sender=entry["sender"],
        message_id=entry["message_id"],
        detail=detail,
    )
