"""The independent count is held against the service's own rules, in the story's order and in any other."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pytest

from ledger.tasks.projection import Policy, Projection
from local.demo.scenario.expected import Expected, Tally, count
from local.demo.scenario.story import Story
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause, Decision, Outcome
from models.eligibility.law import Law
from models.eligibility.person_record import PersonRecord
from models.events.content import RefusedDuplicate
from models.events.person_event import Origin, PersonEvent
from tests.channels import by_channel
from tests.unit.local.demo.scenario.conftest import Answer

LEDGER_TOPIC = "outbox"


class World:
    """Match, in memory: every person's record, and the last revision of each message's decision."""

    def __init__(self, law: Law) -> None:
        self._law = law
        self._records: dict[str, PersonRecord] = {}
        self._offset = 0
        self.last: dict[tuple[str, int, int], Decision] = {}
        self.log: list[Decision] = []

    def apply(self, events: Iterable[PersonEvent]) -> None:
        for event in events:
            record = self._records.get(event.person_id) or PersonRecord(person_id=event.person_id)
            step = apply(record, event, Cause(partition=0, offset=self._offset), self._law)
            self._offset += 1
            self._records[event.person_id] = step.record
            for decision in step.decisions:
                self.last[decision.message.origin.place] = decision
                self.log.append(decision)


def repeats_of(answers: Sequence[Answer]) -> tuple[set[tuple[str, int, int]], list[PersonEvent]]:
    """What the ledger finds: the places of repeats, and refusals of ids used about another."""
    first: dict[tuple[str, str], PersonEvent] = {}
    places, refusals = set(), []
    for answer in answers:
        event = answer.event
        if event is None or first.setdefault(event.identity, event) is event:
            continue
        places.add(event.origin.place)
        if first[event.identity].person_id != event.person_id:
            refusals.append(refusal_of(event))
    return places, refusals


def refusal_of(event: PersonEvent) -> PersonEvent:
    topic, partition, offset = event.origin.place
    return event.model_copy(
        update={
            "sender": "ledger",
            "event_id": f"{topic}/{partition}/{offset}",
            "origin": Origin(
                topic=LEDGER_TOPIC, partition=0, offset=offset, appended_at=event.origin.appended_at
            ),
            "fingerprint": "refusal",
            "content": RefusedDuplicate(
                kind="event.refused", topic=topic, partition=partition, offset=offset
            ),
        }
    )


def tasks_of(decisions: Iterable[Decision]) -> Counter[str]:
    keys = {
        (decision.message.person_id, decision.verdict.evidence.enrolment_id, decision.verdict.unit_id)
        for decision in decisions
        if decision.verdict.outcome is Outcome.OBLIGED
    }
    return Counter(unit for _, _, unit in keys if unit)


@pytest.fixture(scope="module")
def expected(story: Story, law: Law) -> Expected:
    return count(story, law)


def test_intake_accepts_and_refuses_what_was_counted(answers: Sequence[Answer], expected: Expected) -> None:
    reasons = [answer.taken.receipt.reason for answer in answers]
    refused = Counter(str(reason) for reason in reasons if reason is not None)
    assert refused == expected.rejected
    assert expected.accepted + expected.rejected.total() == expected.published == len(answers)


def test_repeats_are_what_was_counted(answers: Sequence[Answer], expected: Expected) -> None:
    first: dict[tuple[str, str], str] = {}
    kinds: Counter[str] = Counter()
    for answer in answers:
        if answer.event is not None:
            known = first.setdefault(answer.event.identity, answer.event.fingerprint)
            kinds["same" if known == answer.event.fingerprint else "other"] += 1
    assert kinds == {"same": len(first) + expected.duplicates, "other": expected.conflicts}
    assert expected.duplicates > 0
    assert expected.conflicts > 0


@pytest.mark.parametrize("shuffle", [None, 1, 2, 3])
def test_match_ends_in_the_count_in_any_order_of_arrival(
    answers: Sequence[Answer], expected: Expected, law: Law, shuffle: int | None
) -> None:
    places, refusals = repeats_of(answers)
    events = [answer.event for answer in answers if answer.event is not None] + refusals
    if shuffle is not None:
        random.Random(shuffle).shuffle(events)
    world = World(law)
    world.apply(events)
    # Shown are the messages by what the brokers appended first; a repeat is no message of its own.
    decisions = [decision for place, decision in world.last.items() if place not in places]
    if shuffle is None:
        assert len(decisions) == expected.decisions.total()
    by_identity = {(decision.message.sender, decision.message.message_id): decision for decision in decisions}
    assert Counter(decision.verdict.outcome.value for decision in by_identity.values()) == expected.decisions
    assert Counter(decision.verdict.reason.value for decision in by_identity.values()) == expected.reasons
    assert tasks_of(by_identity.values()) == expected.tasks


@pytest.mark.parametrize("shuffle", [None, 4, 5, 6])
def test_the_ledger_owes_the_notices_that_were_counted(
    story: Story, answers: Sequence[Answer], law: Law, shuffle: int | None
) -> None:
    """Act by act, and inside an act in any order: that is how the demo plays it."""
    policy = Policy(
        react_by_days=lambda _unit, _day: 5,
        addresses=by_channel(lambda unit: [f"{unit}@example.invalid"]),
        days_off=(),
    )
    projection = Projection([], [], policy=policy, now=datetime(2026, 11, 20, tzinfo=UTC))
    world, counting = World(law), Tally(law)
    _, refusals = repeats_of(answers)
    for number, act in enumerate(story.acts):
        events = [answer.event for answer in answers if answer.act == number and answer.event is not None]
        if shuffle is not None:
            random.Random(shuffle).shuffle(events)
        world.log.clear()
        world.apply(events)
        for decision in world.log:
            projection.take(decision)
        expected = counting.play(act.items)
        told = Counter(row.unit_id for row in projection.changes.deliveries.values())
        assert told == +expected.notices, act.title
    world.log.clear()
    world.apply(refusals)
    for decision in world.log:
        projection.take(decision)
    assert len(projection.changes.deliveries) == expected.notices.total()
