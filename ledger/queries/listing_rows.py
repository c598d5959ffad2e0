"""The rows of the listings, field for field and in the order of their SQL: what programs read of them.

Coded words stay the text that the ledger holds. The fields are documented in `docs/command-line.md`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptListing:
    """What intake answered to one record."""

    message_id: str | None
    institution: str | None
    type: str | None
    status: str
    reason: str | None
    detail: str | None
    repeat: str | None
    left_out: str | None
    topic: str
    partition: int
    offset: int
    appended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionListing:
    """The last decision on one message."""

    message_id: str
    institution: str
    decision: str
    reason: str
    unit: str | None
    task_id: UUID | None
    task: str | None
    react_by: date | None
    review_on: date | None
    revision: int
    topic: str
    partition: int
    offset: int
    appended_at: datetime
    law_version: str
    evidence: Mapping[str, object] | None
    mentor_last_day: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListing:
    """One duty of one unit."""

    task_id: UUID
    reference: str
    unit: str
    status: str
    ending: str | None
    react_by: date
    mentor_until: date | None
    appended_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    acknowledged_at: datetime | None
    owner: str | None
    attempts: int
    reached_at: datetime | None
    version: int
    follows: str | None
    messages: int
    message_ids: Sequence[str] | None
    delivered: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHistoryLine:
    """One thing that was done with a task, or that happened to it."""

    at: datetime
    by: str
    kind: str
    who: str | None
    via: str | None
    detail: Mapping[str, object]
    successor: str | None
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryListing:
    """One notice with its last attempt."""

    delivery_id: UUID
    task: str | None
    unit: str
    occasion: str
    channel: str
    audience: str
    recipient: str
    status: str
    attempts: int
    due_at: datetime
    deadline: datetime
    ended_at: datetime | None
    last_outcome: str | None
    last_detail: str | None
    came_back: str | None
    """What the last mail that came back says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointListing:
    """One endpoint that has failed since it last took anything."""

    unit: str
    url: str
    failing_since: datetime | None
    disabled_at: datetime | None
    reason: str | None
