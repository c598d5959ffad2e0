"""Lets an event count that was left out: the same person event once more, marked as released.

It goes to ``person-events`` and not in by the front door: intake has accepted it, and would accept it again.
"""

from models.dead_letter import DeadLetter, DeadLetterState, ReplayOutcome
from models.events.accepted_event import write_person_event
from models.events.person_event import PersonEvent
from ops.recovery.rejected_payloads import Bytes, Gone
from ops.recovery.replay_plan import Again, ReplayPlan
from streams.processors import key_of_event


def plan_release(dead_letter: DeadLetter, content: Bytes | Gone, *, is_conflict: bool) -> ReplayPlan:
    """What the release of one event would come to; `content`: its record on ``person-events``."""
    if isinstance(content, Gone):
        return ReplayPlan(dead_letter, ReplayOutcome.GONE, content.why)
    if is_conflict:
        return ReplayPlan(
            dead_letter,
            ReplayOutcome.CONFLICT,
            "its id stands for an earlier record: the sender must send it under a new one",
        )
    topic, partition, _ = dead_letter.place
    event = PersonEvent.model_validate_json(content.value or b"").model_copy(update={"released": True})
    value = write_person_event(event)
    by = Again(topic, partition, key_of_event(event).decode(), Bytes(value, ()))
    if dead_letter.state is DeadLetterState.REPLAYED:
        return ReplayPlan(
            dead_letter, ReplayOutcome.DECIDED, f"replayed already as {dead_letter.replayed_as}", by
        )
    return ReplayPlan(dead_letter, ReplayOutcome.ACCEPTED, "it counts from then on", by)
