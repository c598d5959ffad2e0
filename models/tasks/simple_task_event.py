"""A task's event, made and written quickly: one for each change of a task.

`models.tasks.published_events` is the format; what is written here are the bytes that it would write.
"""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from models.tasks.actions import Ending
from models.tasks.status import TaskStatus


class SimpleTaskEventData(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`models.tasks.published_events.TaskEventData`."""

    reference: str
    unit_id: str
    version: int
    status: TaskStatus
    ending: Ending | None = None
    react_by: date
    acknowledged: bool
    attempts: int
    reached: bool
    follows: str | None = None


class SimpleTaskEvent(Struct, frozen=True, kw_only=True):
    """`models.tasks.published_events.TaskEvent`."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Literal["urn:frafaldsvarsel:ledger"] = "urn:frafaldsvarsel:ledger"
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: SimpleTaskEventData
