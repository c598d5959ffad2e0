"""What a run of the notifier says of itself to whoever watches it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from models.notifications.delivery import Channel, DeliveryStatus, SendOutcome
from notifiers.due_delivery import BookedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """An attempt that was recorded. It names no address."""

    channel: Channel
    outcome: SendOutcome
    status: DeliveryStatus | None
    """Of the delivery afterwards; None: the lease was lost, another notifier has it."""
    seconds: float
    """Since the notice was due: see `notifiers.due_delivery.Due.since`."""
    took_seconds: float = 0.0
    """From its beginning until it was recorded."""
    delivery: UUID | None = None
    """For the id of a span, which is a hash; said nowhere."""
    message: BookedMessage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearers:
    """Whom it tells; none of them may wait or raise."""

    attempted: Callable[[Attempted], None] = lambda _: None
    expired: Callable[[int], None] = lambda _: None
    """So many deliveries have reached their deadline."""
    way_out: Callable[[Channel, bool], None] = lambda _, __: None
    """Whether relay or endpoints can be reached at all."""
    database: Callable[[bool], None] = lambda _: None
    """Whether PostgreSQL answers."""
    traced: bool = False
    """Whether `attempted` wants to know which message is behind an attempt."""
