"""Whether a delivery still fits its task, decided from the task as it is now. Pure.

What no longer fits must not be sent: a mail about a duty that has gone would set people to work on nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.outcome import Occasion

WEBHOOK: Final = "webhook"
"""The channel that a unit need not have; every unit has mail."""


class Superseded(StrEnum):
    """Why a delivery is not sent; goes to the audit row."""

    TASK_NOT_OPEN = "task_not_open"
    """A call to act on a task that was withdrawn or moved meanwhile."""

    TASK_OPEN_AGAIN = "task_open_again"
    """An all-clear for a task that is in force again."""

    RECIPIENT_CHANGED = "recipient_changed"
    """The unit is reached at another address now; a new delivery goes there."""

    ENDPOINT_OFF = "endpoint_off"
    """The webhook's endpoint is switched off; the unit has its mail."""

    ENDPOINT_REMOVED = "endpoint_removed"
    """The unit has no webhook any more; it has its mail."""


@dataclass(frozen=True, kw_only=True)
class UnitContact:
    """How a unit is named and reached at present."""

    name: str
    recipients: tuple[str, ...]
    """Mail addresses; a unit has one at least."""
    webhooks: tuple[str, ...] = ()

    def of(self, channel: str) -> tuple[str, ...]:
        """Whom to write to on a channel."""
        return self.webhooks if channel == WEBHOOK else self.recipients


Contacts = Callable[[str], UnitContact | None]
"""From a unit's id to its present contact; `None` where the id is unknown. Must be quick and without I/O."""


def superseded_by(
    occasion: Occasion, *, task_is_open: bool, recipient: str, present: Sequence[str]
) -> Superseded | None:
    """The reason not to send, or `None`. `present`: the unit's recipients now; none is another question."""
    if occasion is not Occasion.CHANNEL_OFF:  # that speaks of an endpoint, whatever becomes of the task
        calls_to_act = occasion in (Occasion.NEW, Occasion.MORE_MESSAGES, Occasion.TAKEN_OVER)
        if calls_to_act and not task_is_open:
            return Superseded.TASK_NOT_OPEN
        if not calls_to_act and task_is_open:
            return Superseded.TASK_OPEN_AGAIN
    if present and recipient not in present:
        return Superseded.RECIPIENT_CHANGED
    return None


def endpoint_superseded_by(*, off: bool, present: Sequence[str]) -> Superseded | None:
    """The reason not to send a webhook, or `None`. `present`: the unit's endpoints now."""
    if off:
        return Superseded.ENDPOINT_OFF
    return None if present else Superseded.ENDPOINT_REMOVED
