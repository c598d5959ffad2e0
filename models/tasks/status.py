"""Where a task is in its life."""

from enum import StrEnum


class TaskStatus(StrEnum):
    """A task is open until its unit has reacted, or until nothing obliges the unit any more."""

    OPEN = "open"
    CLOSED = "closed"
    """The unit has reacted, or has sought contact as often as it must."""
    WITHDRAWN = "withdrawn"
