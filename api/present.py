"""Turns what the ledger knows of a task into what the interface answers."""

from api.schemas import (
    ActionBody,
    CameBack,
    DeliveryAttempt,
    HistoryBody,
    HistoryLine,
    MessageBody,
    Notice,
    Owner,
    Step,
    TaskBody,
    TaskLine,
    UndecidedLine,
)
from ledger.queries.task_detail import HistoryEntry, TaskView
from ledger.queries.task_list import ListedTask
from ledger.queries.undecided import UndecidedMessage
from models.events.sensitive_fields import OpenPurpose


def task_line(task: ListedTask) -> TaskLine:
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
        undelivered=task.undelivered,
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


def task_body(view: TaskView) -> TaskBody:
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


def task_history(view: TaskView) -> HistoryBody:
    """A task's history as it is sent."""
    return HistoryBody(
        history=tuple(_history_line(entry) for entry in view.history),
        notices=tuple(
            Notice(
                occasion=delivery.occasion,
                channel=delivery.channel,
                status=delivery.status,
                due_at=delivery.due_at,
                ended_at=delivery.ended_at,
                attempts=tuple(
                    DeliveryAttempt(at=attempt.at, outcome=attempt.outcome, code=attempt.code)
                    for attempt in delivery.attempts
                ),
                came_back=tuple(CameBack(at=one.at, report=one.report) for one in delivery.came_back),
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
