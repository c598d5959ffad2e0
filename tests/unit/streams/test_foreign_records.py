"""What somebody else has written on the worker's topics: it has no effect, is told once and again, and stops nobody."""

from datetime import UTC, datetime

import pytest

from config.topics import Topic
from crypto.stream_keys import new_stream_keyring
from infra.partition_reader import PartitionReader
from infra.stream_mac import StreamMac
from models.eligibility.person_record import PersonRecord
from models.errors import UnreadableError
from models.events.receipt import Applied, ForeignRecord
from models.reasons import ForeignReason
from streams.checkpoint import Checkpoint
from streams.person_store import PersonStore
from streams.processors import Match, add_person_event
from tests.factories import LAW, PERSON, background, residence, risk
from tests.unit.streams.doubles import Log

MAC = StreamMac(new_stream_keyring().tags(), datetime(2020, 1, 1, tzinfo=UTC))
EVENTS = (*background(), residence("0147", name="moved"), risk())
POISON = (b'{"not":"a person event"}', b"", None, b"\xff" * 40)


def told(log: Log) -> list[ForeignRecord]:
    """What the ledger is to put into quarantine."""
    applied = [Applied.model_validate_json(one.value or b"") for one in log.written(Topic.APPLIED)]
    return [one for each in applied for one in each.foreign or ()]


async def matched(log: Log) -> None:
    """Match over everything, with what it has known before."""
    output = log.output(MAC)
    match = Match(LAW, PersonStore(log.reader, MAC), MAC)
    for topic, partition in [place for place in log.records if place[0] == Topic.PERSON_EVENTS]:
        await match.begin({partition}, output)
        await match.run(topic, partition, log.records[topic, partition], output)
    await output.flush()


async def published(*, poisoned: bool) -> Log:
    """One person's events, with foreign records before, between and after them."""
    log = Log()
    output = log.output(MAC)
    for event in EVENTS:
        add_person_event(event, output)
        await output.flush()
        if poisoned:
            (place,) = [each for each in log.records if each[0] == Topic.PERSON_EVENTS]
            for value in POISON:
                log.append(*place, PERSON.encode(), value)
            genuine = log.records[place][-1 - len(POISON)]
            log.append(*place, genuine.key, genuine.value, [("mac", b"s1:0123456789abcdef")])
    return log


async def test_match_decides_as_if_they_were_not_there_and_tells_where_they_stand() -> None:
    """Each of them, with why; nothing of what they hold."""
    clean, poisoned = await published(poisoned=False), await published(poisoned=True)
    await matched(clean)
    await matched(poisoned)

    def decided(log: Log) -> list[bytes]:
        return [(one.value or b"").partition(b'"cause"')[0] for one in log.written(Topic.DECISIONS)]

    assert decided(poisoned) == decided(clean) != []
    found = told(poisoned)
    genuine = len(clean.written(Topic.PERSON_EVENTS))
    assert len(found) == genuine * (len(POISON) + 1)
    assert {one.reason for one in found} == {ForeignReason.NO_MAC, ForeignReason.WRONG_MAC}
    assert {one.topic for one in found} == {Topic.PERSON_EVENTS}
    entries = [
        one.offset
        for each in poisoned.written(Topic.APPLIED)
        for one in Applied.model_validate_json(each.value or b"").entries
    ]
    assert len(entries) == genuine
    assert not set(entries) & {one.offset for one in found}


async def test_one_of_ours_that_cannot_be_read_stops_match_with_a_sentence() -> None:
    """Going on would lose it: another version has written it."""
    log = Log()
    output = log.output(MAC)
    output.add(Topic.PERSON_EVENTS, 2, b"somebody", b'{"of":"another version"}')
    await output.flush()
    with pytest.raises(UnreadableError, match=r"person-events/2@0 cannot be read by this version"):
        await matched(log)


async def stored(log: Log, applied: int) -> None:
    """Match's own record of the person."""
    output = log.output(MAC)
    PersonStore(log.reader, MAC).put(3, PersonRecord(person_id=PERSON, applied=applied), output)
    await output.flush()


@pytest.mark.parametrize("value", [None, b"{}", PersonRecord(person_id=PERSON).model_dump_json().encode()])
async def test_a_foreign_record_of_a_person_is_not_taken_and_ours_is_written_again(
    value: bytes | None,
) -> None:
    """Compaction would keep the foreign one alone, which stands last."""
    log = Log()
    await stored(log, 7)
    log.append(Topic.PEOPLE, 3, PERSON.encode(), value, [("applied", b"99")])
    log.append(Topic.PEOPLE, 3, b"nobody", value, [("applied", b"99")])
    people, output = PersonStore(log.reader, MAC), log.output(MAC)
    await Match(LAW, people, MAC).begin({3}, output)
    await output.flush()
    assert people.get(3, PERSON).applied == 7
    assert len(people) == 1
    assert MAC.fault(log.written(Topic.PEOPLE)[-1]) is None
    assert [one.place for one in told(log)] == [("people", 3, 1), ("people", 3, 2)]
    again = PersonStore(log.reader, MAC)
    assert await again.load(3) == []
    assert again.get(3, PERSON).applied == 7


async def test_a_forged_checkpoint_makes_nobody_skip_anything() -> None:
    """And its key need not be one of ours: no checkpoint of somebody else's is parsed."""
    log = Log()
    output = log.output(MAC)
    reader: PartitionReader = log.reader
    Checkpoint("match", reader, MAC).advance(Topic.PERSON_EVENTS, 2, 5, output)
    await output.flush()
    log.append(Topic.PROGRESS, 0, b"match/person-events/2", b"1000000")
    log.append(Topic.PROGRESS, 0, b"\xff", b"x")
    progress = Checkpoint("match", reader, MAC)
    assert [one.offset for one in await progress.load()] == [1, 2]
    assert progress.next_offset(Topic.PERSON_EVENTS, 2) == 5
