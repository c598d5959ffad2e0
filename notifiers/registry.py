"""What the notifier needs of each channel. A further channel is a folder of its own and one more entry.

The registry is made by the composition root; nothing here knows which channels there are.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from infra.postgres import Connection
from models.notifications.delivery import Channel, SendAttempt
from notifiers.channel import ChannelSender
from notifiers.due_delivery import BuildPayload, Claim, Due, PayloadT
from notifiers.supersede import Superseded

After = Callable[[Connection, Claim[PayloadT], SendAttempt, datetime], Awaitable[None]]
"""(connection, claim, what came of it, moment): within the transaction that records the attempt."""


def never(_due: Due, _present: Sequence[str]) -> Superseded | None:
    """For a channel that knows no reason of its own not to send."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEntry(Generic[PayloadT]):
    """One channel."""

    payload: type[PayloadT]
    """What is kept in `deliveries.frozen` from before the first attempt; names the channel."""
    build: BuildPayload[PayloadT]
    """From a due delivery to what is sent."""
    open: Callable[[], ChannelSender[PayloadT]]
    """Makes the sender; called in the event loop, once."""
    superseded: Callable[[Due, Sequence[str]], Superseded | None] = never
    """The channel's own reasons not to send, by the unit's present addresses on it."""
    after: After[PayloadT] | None = None
    """Done with each recorded attempt, in its transaction."""


Registry = Mapping[Channel, ChannelEntry[Any]]
