"""Whether a delivery still fits its task, decided from the task as it is now. Pure.

What no longer fits must not be sent: a mail about a duty that has gone would set people to work on nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from models.notifications.delivery import CALLS_TO_ACT, Audience, Channel, Occasion
from models.tasks.escalation import reached


class Superseded(StrEnum):
    """Why a delivery is not sent; goes to the audit row."""

    TASK_NOT_OPEN = "task_not_open"
    """A call to act on a task that was withdrawn or moved meanwhile."""

    TASK_OPEN_AGAIN = "task_open_again"
    """An all-clear for a task that is in force again."""

    ACKNOWLEDGED = "acknowledged"
    """A person has seen the task, and the notice asked for no more than that."""

    RECIPIENT_CHANGED = "recipient_changed"
    """The unit is reached at another address now; a new delivery goes there."""

    GATHERED = "gathered"
    """A further message of which a later mail speaks."""

    NOTHING_OPEN = "nothing_open"
    """A morning mail with nothing to list."""

    ENDPOINT_OFF = "endpoint_off"
    """The webhook's endpoint is switched off; the unit has its mail."""

    ENDPOINT_REMOVED = "endpoint_removed"
    """The unit has no webhook any more; it has its mail."""


@dataclass(frozen=True, kw_only=True)
class UnitContact:
    """How a unit is named and reached at present."""

    name: str
    addresses: Mapping[Channel, Mapping[Audience, tuple[str, ...]]]
    """Of the unit and of those who are told besides it; a channel that is not there reaches nobody."""

    def own(self, channel: Channel) -> tuple[str, ...]:
        """Where the unit itself is reached."""
        return self.addresses.get(channel, {}).get(Audience.UNIT, ())

    def of(self, channel: Channel, audience: Audience) -> tuple[str, ...]:
        """Whom to write to; where nobody is named on the channel, the next one above."""
        named = self.addresses.get(channel, {})
        return reached(audience, lambda one: named.get(one, ()))


Contacts = Callable[[str], UnitContact | None]
"""From a unit's id to its present contact; `None` where the id is unknown. Must be quick and without I/O."""


def superseded_by(
    occasion: Occasion,
    *,
    task_is_open: bool,
    recipient: str,
    present: Sequence[str],
    seen: bool = False,
) -> Superseded | None:
    """The reason not to send, or `None`. `present`: the audience's addresses now; none is another question.

    `seen`: a person has seen the task since, and the notice was to bring just that about.
    """
    if occasion is not Occasion.CHANNEL_OFF:  # that speaks of an endpoint, whatever becomes of the task
        calls_to_act = occasion in CALLS_TO_ACT
        if calls_to_act and not task_is_open:
            return Superseded.TASK_NOT_OPEN
        if not calls_to_act and task_is_open:
            return Superseded.TASK_OPEN_AGAIN
    if seen:
        return Superseded.ACKNOWLEDGED
    if present and recipient not in present:
        return Superseded.RECIPIENT_CHANGED
    return None


def digest_superseded_by(*, open_tasks: int, recipient: str, present: Sequence[str]) -> Superseded | None:
    """The same for a morning mail."""
    if open_tasks == 0:
        return Superseded.NOTHING_OPEN
    if present and recipient not in present:
        return Superseded.RECIPIENT_CHANGED
    return None
