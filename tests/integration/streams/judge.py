"""What must hold of the topics when the workers have come to the end, counted by another client library."""

from collections import Counter

from confluent_kafka import Message

from config.reference.law import law_of
from config.topics import Topic
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause, Decision
from models.eligibility.person_record import PersonRecord
from models.events.event_types import InputTopic
from models.events.person_event import PersonEvent
from models.events.receipt import Applied, Receipt, ReceiptStatus
from tests.integration.streams.worker import Stage, by_key
from tests.reference import SHIPPED

Place = tuple[str, int, int]
Key = tuple[str, str, str]


def place_of(message: Message) -> Place:
    """Topic, partition, offset."""
    return str(message.topic()), int(message.partition() or 0), int(message.offset() or 0)


def receipts_of(messages: list[Message]) -> dict[Place, list[Receipt]]:
    """Intake's receipts by the place of the record that they answer."""
    told = [Receipt.model_validate_json(message.value() or b"") for message in messages]
    return by_key(told, lambda receipt: receipt.origin.place)


def final_decisions(messages: list[Message]) -> dict[Key, Decision]:
    """Of each message the decision with the highest revision."""
    last: dict[Key, Decision] = {}
    for message in messages:
        decision = Decision.model_validate_json(message.value() or b"")
        key = (decision.message.sender, decision.message.message_id, decision.message.person_id)
        if key not in last or last[key].revision <= decision.revision:
            last[key] = decision
    return last


def naive_decisions(events: list[Message]) -> dict[Key, Decision]:
    """The same by the pure step alone, over the log of person events as it stands."""
    law = law_of(SHIPPED)
    people: dict[str, PersonRecord] = {}
    last: dict[Key, Decision] = {}
    for message in events:
        event = PersonEvent.model_validate_json(message.value() or b"")
        _, partition, offset = place_of(message)
        known = people.get(event.person_id) or PersonRecord(person_id=event.person_id)
        step = apply(known, event, Cause(partition=partition, offset=offset), law)
        people[event.person_id] = step.record
        for decision in step.decisions:
            last[decision.message.sender, decision.message.message_id, event.person_id] = decision
    return last


def assert_accounted(stage: Stage) -> Counter[str]:
    """Every hop one to one; returns how often each thing is there."""
    topics = [
        *InputTopic,
        Topic.RECEIPTS,
        Topic.PERSON_EVENTS,
        Topic.REJECTED,
        Topic.APPLIED,
        Topic.DECISIONS,
    ]
    on = by_key(stage.read(*map(str, topics)), lambda message: str(message.topic()))
    inputs = {place_of(message) for topic in InputTopic for message in on.get(topic, ())}
    receipts = receipts_of(on[Topic.RECEIPTS])
    assert set(receipts) == inputs
    for told in receipts.values():
        assert all(receipt == told[0] for receipt in told), "receipts for one record differ"
    accepted = {place for place, told in receipts.items() if told[0].status is ReceiptStatus.ACCEPTED}
    events = on[Topic.PERSON_EVENTS]
    origins = {PersonEvent.model_validate_json(event.value() or b"").origin.place for event in events}
    assert origins == accepted
    kept = {bytes(message.key() or b"").decode() for message in on.get(Topic.REJECTED, ())}
    assert kept == {f"{topic}/{part}/{offset}" for topic, part, offset in inputs - accepted}
    entries = Counter(
        (applied.partition, entry.offset)
        for message in on[Topic.APPLIED]
        for applied in [Applied.model_validate_json(message.value() or b"")]
        for entry in applied.entries
    )
    assert set(entries) == {place_of(event)[1:] for event in events}
    expected, found = naive_decisions(events), final_decisions(on[Topic.DECISIONS])
    assert {key: (one.revision, one.verdict, one.message) for key, one in found.items()} == {
        key: (one.revision, one.verdict, one.message) for key, one in expected.items()
    }
    counted = {"inputs": len(inputs), "accepted": len(accepted), "receipts": sum(map(len, receipts.values()))}
    outcomes = Counter(str(decision.verdict.reason) for decision in found.values())
    return Counter(counted) + outcomes + Counter(events=len(events), entries=entries.total())
