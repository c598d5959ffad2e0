"""Events that arrive one by one, and what a reader of `decisions` makes of the answers."""

from collections.abc import Sequence

from models.eligibility.apply_event import AppliedEvent, apply
from models.eligibility.decision import Cause, Decision
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from tests.factories import LAW, PERSON

Told = dict[tuple[str, str], Decision]


def run(
    events: Sequence[PersonEvent], record: PersonRecord | None = None, first: int = 0, law: Law = LAW
) -> list[AppliedEvent]:
    """Apply the events one by one, the first at offset `first`."""
    record = record or PersonRecord(person_id=PERSON)
    steps = []
    for offset, event in enumerate(events, start=first):
        step = apply(record, event, Cause(partition=0, offset=offset), law)
        record = step.record
        steps.append(step)
    return steps


def told(steps: Sequence[AppliedEvent]) -> Told:
    """What a reader of `decisions` knows who keeps each message's highest revision."""
    known: Told = {}
    for step in steps:
        for decision in step.decisions:
            name = (decision.message.sender, decision.message.message_id)
            if name not in known or known[name].revision <= decision.revision:
                known[name] = decision
    return known
