"""What match writes for a file that a sender publishes again and again."""

import asyncio
from datetime import date
from itertools import pairwise
from typing import Final

import pytest

from bench.peers.backlog import spread
from config.topics import Topic
from models.eligibility.decision import Outcome
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason
from streams import processors
from streams.batch_producer import BatchProducer
from streams.person_store import PersonStore
from streams.processors import Match, add_person_event
from streams.turns import TURN
from tests.factories import LAW, background, moment, origin, residence, risk
from tests.unit.streams.doubles import Log

PEOPLE: Final = 40
MESSAGES: Final = 5


class CountingStore(PersonStore):
    """Counts the people whom it writes."""

    written_people = 0

    def write(self, partition: int, key: bytes, output: BatchProducer, applied: int | None = None) -> None:
        """As it is, and counted."""
        self.written_people += 1
        super().write(partition, key, output, applied)


def file() -> list[PersonEvent]:
    """Everybody's facts and messages, the messages first: each fact changes what is decided of them."""
    found: list[PersonEvent] = []
    for number in range(PEOPLE):
        own = [risk(date(2025, 10, 1 + day), name=f"{number} {day}") for day in range(MESSAGES)]
        own += [*background(), residence("0147", name=f"moved {number}", at=moment(date(2025, 9, 1)))]
        found += [one.model_copy(update={"person_id": f"person {number}"}) for one in own]
    return found


async def decisions_of(published: list[PersonEvent]) -> int:
    """How many decisions stand on the log when match has read it all."""
    log = Log()
    output = log.output()
    match = Match(LAW, PersonStore(log.reader))
    for event in published:
        add_person_event(event.model_copy(update={"origin": origin()}), output)
    await output.flush()
    for (topic, partition), records in list(log.records.items()):
        await match.run(topic, partition, records, output)
    await output.flush()
    return len(log.written(Topic.DECISIONS))


async def test_a_file_that_is_published_three_times_costs_no_more_decisions_than_once() -> None:
    """Each repeat is another record with its applied entry, and what it repeats has its decisions."""
    once = await decisions_of(file())
    assert once >= PEOPLE * MESSAGES
    assert await decisions_of(file() * 3) <= 1.2 * once


async def test_others_have_their_turn_while_a_partition_is_run() -> None:
    """A person whose events cost much must not keep the heartbeats from the brokers."""
    log = Log()
    output = log.output()
    match = Match(LAW, PersonStore(log.reader))
    for event in file():
        add_person_event(event, output)
    await output.flush()
    ((topic, partition), records) = max(log.records.items(), key=lambda place: len(place[1]))
    turns: list[int] = []

    async def beat() -> None:
        while True:
            turns.append(len(log.written(Topic.DECISIONS)))
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    await match.run(topic, partition, records * 20, output)
    beating.cancel()
    assert len(turns) >= len(records)
    await output.flush()
    assert len(log.written(Topic.PEOPLE)) == len(
        {PersonEvent.model_validate_json(record.value or b"").person_id for record in records}
    )


async def test_others_have_their_turn_while_records_are_written() -> None:
    """What a batch leaves is written person by person: up to 4,800 records of up to 6 MB."""
    log = Log()
    people = CountingStore(log.reader)
    match, output = Match(LAW, people), log.output()
    for number in range(800):
        # One half is spliced, and of the other half the rule is asked.
        released = True if number % 2 else None
        add_person_event(risk(person_id=f"person {number}", released=released), output)
    await output.flush()
    ((topic, partition), records) = max(log.records.items(), key=lambda place: len(place[1]))
    seen = [0]

    async def beat() -> None:
        while True:
            seen.append(people.written_people)
            await asyncio.sleep(0)

    beating = asyncio.create_task(beat())
    await match.run(topic, partition, records, output)
    beating.cancel()
    assert people.written_people == len(records) > 2 * TURN
    in_one_turn = (after - before for before, after in pairwise([*seen, people.written_people]))
    assert max(in_one_turn) <= TURN


async def test_what_became_of_each_event_is_counted_and_of_each_decision() -> None:
    """As often as it stands on the log; the counters are for those who watch, and hold codes alone."""
    log = Log()
    output = log.output()
    match = Match(LAW, PersonStore(log.reader))
    published = file()
    for event in published:
        add_person_event(event.model_copy(update={"origin": origin()}), output)
    await output.flush()
    for (topic, partition), records in list(log.records.items()):
        await match.run(topic, partition, records, output)
    await output.flush()
    assert match.tally.records == {("changed", ""): len(published)}
    assert match.tally.people == PEOPLE
    assert match.tally.decisions.total() == len(log.written(Topic.DECISIONS))
    assert {outcome for outcome, _ in match.tally.decisions} <= set(Outcome)
    assert {reason for _, reason in match.tally.decisions} <= set(DecisionReason)


async def written_of(events: list[PersonEvent], batch: int) -> Log:
    """What match writes of `events`, in batches of so many records of a partition."""
    log = Log()
    output = log.output()
    match = Match(LAW, PersonStore(log.reader))
    for event in events:
        add_person_event(event, output)
    await output.flush()
    for (topic, partition), records in list(log.records.items()):
        for start in range(0, len(records), batch):
            await match.run(topic, partition, records[start : start + batch], output)
            await output.flush()
    return log


@pytest.mark.parametrize("batch", [1, 7, 1000])
async def test_events_that_are_spliced_and_events_that_the_rule_applies_make_the_same_log(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one batch a person's facts are spliced, a message comes, and facts come after it."""
    events = list(spread(400, 40, seed=5))
    quick = await written_of(events, batch)
    monkeypatch.setattr(processors, "read_simple_event", lambda _: None)
    ruled = await written_of(events, batch)
    for topic in (Topic.DECISIONS, Topic.APPLIED):
        # A decision's key has a part that is drawn.
        assert [one.value for one in quick.written(topic)] == [one.value for one in ruled.written(topic)]
    # One batch writes people in another order; each person's records have theirs.
    people = [sorted(log.written(Topic.PEOPLE), key=lambda one: one.key or b"") for log in (quick, ruled)]
    assert [(one.key, one.value, one.headers) for one in people[0]] == [
        (one.key, one.value, one.headers) for one in people[1]
    ]


async def test_records_that_are_let_go_in_the_middle_of_a_batch_leave_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However much a batch has to do with: half of the events are spliced, of the others the rule is asked."""
    events = [
        event.model_copy(update={"released": True}) if number % 3 == 0 else event
        for number, event in enumerate(spread(400, 40, seed=6))
    ]
    whole = await written_of(events, 1000)
    monkeypatch.setattr(processors, "_MOST_DECODED", 5)
    monkeypatch.setattr(processors, "_MOST_WAITING", 1_000)
    parts = await written_of(events, 1000)
    assert len(parts.written(Topic.PEOPLE)) > len(whole.written(Topic.PEOPLE))
    for topic in (Topic.DECISIONS, Topic.APPLIED):
        assert [one.value for one in parts.written(topic)] == [one.value for one in whole.written(topic)]
    last = [
        {one.key: (one.value, one.headers) for one in log.written(Topic.PEOPLE)} for log in (whole, parts)
    ]
    assert last[0] == last[1]
