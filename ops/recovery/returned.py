"""What it comes to when a person has read a mail that came back, and which no rule understands. Pure."""

from models.dead_letter import DeadLetter, DeadLetterState, ReplayOutcome
from models.notifications.delivery import DeliveryStatus
from models.notifications.delivery_moves import Move, allowed
from ops.recovery.replay_plan import EndAsReturned, ReplayPlan


def plan_return(dead_letter: DeadLetter) -> ReplayPlan:
    """A replay says that the mail was not delivered; a dismissal says that it tells nothing."""
    status = DeliveryStatus(dead_letter.delivery_status or DeliveryStatus.SUPERSEDED)
    if dead_letter.state is DeadLetterState.REPLAYED:
        return ReplayPlan(dead_letter, ReplayOutcome.DECIDED, f"replayed already; the notice is {status} now")
    if not allowed(Move.BOUNCE, status):
        return ReplayPlan(dead_letter, ReplayOutcome.NOT_NEEDED, f"the notice is {status}")
    return ReplayPlan(dead_letter, ReplayOutcome.RETURNED, "the notice ends as refused", EndAsReturned())
