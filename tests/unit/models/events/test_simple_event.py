"""The quick reading of an event and pydantic's: what the first takes, the second takes, and as the same."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

import pytest

from models.events.person_event import PersonEvent
from models.events.receipt import AppliedEntry, AppliedSubject
from models.events.simple_event import SimpleEvent, applied_entry, read_simple_event
from tests.factories import (
    START,
    annulment,
    background,
    enrolment,
    enrolment_end,
    moment,
    origin,
    period,
    refusal,
    residence,
    risk,
    withdrawal,
)

LATE: Final = datetime(2026, 3, 1, 12, 30, 15, 120_000, tzinfo=UTC)
FACTS: Final = (
    *background(),
    enrolment(kind="enrolment.corrected", ended_on=date(2026, 1, 31), at=LATE),
    period(START, None, kind="benefit-period.corrected"),
    residence("0147", at=moment(START), person_id='a "name"\\ of æ', fingerprint_utc="utc"),
    residence("0147", at=LATE, origin=origin(appended_at=LATE)),
)
MESSAGES: Final = (
    risk(),
    risk(LATE, sealed="v1.x"),
    risk(datetime.fromisoformat("2026-03-01T12:30:15.000001+05:30"), fingerprint_utc="utc"),
)
EVENTS: Final = (*FACTS, *MESSAGES)
OTHERS: Final = (enrolment_end(START), annulment(at=LATE), withdrawal(risk()), refusal(risk()))


def bytes_of(event: PersonEvent) -> bytes:
    """As `streams.processors.add_person_event` writes it."""
    return event.model_dump_json(exclude_none=True).encode()


def assert_same(plain: SimpleEvent, event: PersonEvent) -> None:
    for name in (
        "person_id",
        "sender",
        "event_id",
        "registered_at",
        "fingerprint",
        "fingerprint_utc",
        "sealed",
    ):
        assert getattr(plain, name) == getattr(event, name)
    for name in ("topic", "partition", "offset", "appended_at"):
        assert getattr(plain.origin, name) == getattr(event.origin, name)
    content = event.content.model_dump()
    assert {name: getattr(plain.content, name) for name in content if name != "kind"} == {
        name: said for name, said in content.items() if name != "kind"
    }
    assert (event.released, event.forwarded) == (None, None)
    assert plain.is_message == event.is_message
    assert (event.model_extra, event.origin.model_extra, event.content.model_extra) == ({}, {}, {})


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_read_as_pydantic_reads_it(event: PersonEvent) -> None:
    plain = read_simple_event(bytes_of(event))
    assert plain is not None
    assert_same(plain, event)


@pytest.mark.parametrize("event", EVENTS)
def test_the_entry_of_an_event_is_written_as_pydantic_writes_it(event: PersonEvent) -> None:
    entry = AppliedEntry(
        offset=7,
        origin_topic=event.origin.topic,
        origin_partition=event.origin.partition,
        origin_offset=event.origin.offset,
        person_id=event.person_id,
        changed=3,
        subject=AppliedSubject.of(event),
    )
    plain = read_simple_event(bytes_of(event))
    assert plain is not None
    assert applied_entry(plain, 7, 3) == entry.model_dump_json(exclude_none=True).encode()


@pytest.mark.parametrize("event", OTHERS)
def test_whatever_else_there_is_is_left_to_the_rule(event: PersonEvent) -> None:
    assert read_simple_event(bytes_of(event)) is None


CHANGES: Final[dict[str, Any]] = {
    "event_id": "not-a-uuid",
    "event_id ends a line": "00000000-0000-0000-0000-000000000000\n",
    "registered_at": "2026-03-01T12:00:00",
    "registered_at with a space": "2026-03-01 12:00:00Z",
    "registered_at as a number": 1_790_000_000,
    "sealed": "x",
    "sealed null": None,
    "released": True,
    "forwarded": {"by": "b", "sent_as": "c"},
    "of a later version": 1,
    "person_id": 5,
    "origin.offset": "7",
    "origin.offset 1.0": 1.0,
    "origin.offset huge": 2**70,
    "origin.later": 1,
    "origin.appended_at": "0001-01-01T00:00:00+23:59",
    "content.kind": "residence.moved",
    "content.later": "x",
    "content.enrolment_id": "A" * 36,
    "content.institution_number": "900101\n",
    "content.institution_number in other digits": "٩٠٠١٠١",
    "content.education_type": "fly",
    "content.admission_date": "1989-12-31",
    "content.study_start": "2101-01-01",
    "content.study_start of no calendar": "2026-02-30",
    "content.study_start as a moment": "2026-02-01T00:00:00",
    "content.study_start as a number": 20_000,
    "content.ended_on": None,
    "content.ended_on too early": "1900-01-01",
}


OF_A_MESSAGE: Final[dict[str, Any]] = {
    "sealed": 5,
    "content.later": "x",
    "content.seen_at with a space": "2026-03-01 12:00:00Z",
    "content.seen_at in small letters": "2026-03-01t12:00:00z",
    "content.seen_at without offset": "2026-03-01T12:00:00",
    "content.seen_at of no calendar": "2026-02-30T12:00:00Z",
    "content.seen_at too early": "1989-12-31T12:00:00Z",
    "content.seen_at at 24": "2026-03-01T24:00:00Z",
    "content.seen_at in nanoseconds": "2026-03-01T12:00:00.123456789Z",
    "content.seen_at as a number": 1_790_000_000,
    "content.signals": [],
    "content.signals many": ["absence"] * 8,
    "content.signals unknown": ["other than absence"],
    "content.signals twice": ["absence", "absence"],
    "content.severity": "none",
    "content.absence_percentage": None,
    "content.absence_percentage 28.0": 28.0,
    "content.absence_percentage 28.5": 28.5,
    "content.absence_percentage negative": -1,
    "content.absence_percentage above": 101,
    "content.absence_percentage as text": "28",
}


def changed(names: str, said: Any, of: PersonEvent = FACTS[0]) -> bytes:
    event = json.loads(bytes_of(of))
    *folders, name = names.split(" ")[0].split(".")
    holder = event
    for folder in folders:
        holder = holder[folder]
    holder[name] = said
    return json.dumps(event).encode()


@pytest.mark.parametrize("names", CHANGES)
def test_what_is_taken_pydantic_takes_too(names: str) -> None:
    value = changed(names, CHANGES[names])
    if (plain := read_simple_event(value)) is not None:
        assert_same(plain, PersonEvent.model_validate_json(value))


@pytest.mark.parametrize("names", OF_A_MESSAGE)
def test_what_is_taken_of_a_message_pydantic_takes_too(names: str) -> None:
    value = changed(names, OF_A_MESSAGE[names], of=MESSAGES[1])
    if (plain := read_simple_event(value)) is not None:
        assert_same(plain, PersonEvent.model_validate_json(value))


@pytest.mark.parametrize(
    "spoil", [lambda v: v[:-1], lambda v: v + b"x", lambda v: b"\xff" + v, lambda _: b""]
)
def test_what_is_no_json_is_no_event(spoil: Callable[[bytes], bytes]) -> None:
    assert read_simple_event(spoil(bytes_of(FACTS[0]))) is None


def test_text_that_is_not_utf8_is_no_event() -> None:
    assert read_simple_event(bytes_of(FACTS[0]).replace(FACTS[0].fingerprint.encode(), b"\xff\xfe")) is None


def test_a_period_that_ends_before_it_begins_is_no_event() -> None:
    value = json.loads(bytes_of(period(START, START)))
    value["content"]["valid_to"] = "2001-01-01"
    assert read_simple_event(json.dumps(value).encode()) is None
