"""What intake hands to match: where an event stands, what it is known by, and what a message says."""

from datetime import UTC, datetime, timedelta

import pytest

from models.events.content import Risk
from models.events.person_event import PersonEvent
from tests.factories import background, origin, refusal, residence, risk, withdrawal

MESSAGE = risk()


def test_a_message_says_its_risk() -> None:
    assert isinstance(MESSAGE.risk, Risk)
    assert MESSAGE.risk == MESSAGE.content


@pytest.mark.parametrize(
    "event",
    [*background(), residence(), withdrawal(MESSAGE), refusal(MESSAGE)],
    ids=lambda event: event.content.kind,
)
def test_nothing_else_is_taken_for_a_message(event: PersonEvent) -> None:
    """A decision about one would be a decision about nothing; match stops instead."""
    with pytest.raises(TypeError, match="only a message"):
        _ = event.risk


def test_the_earlier_append_wins_and_then_the_place() -> None:
    """Two brokers may append in the same millisecond: the order is the same wherever it is asked."""
    at = datetime(2026, 6, 1, tzinfo=UTC)
    places = [
        origin(topic="a", partition=1, offset=9, appended_at=at),
        origin(topic="a", partition=2, offset=1, appended_at=at),
        origin(topic="a", partition=2, offset=2, appended_at=at),
        origin(topic="b", partition=0, offset=0, appended_at=at),
        origin(topic="a", partition=0, offset=0, appended_at=at + timedelta(milliseconds=1)),
    ]
    mixed = [places[place] for place in (4, 2, 0, 3, 1)]
    assert sorted(mixed, key=lambda one: one.order) == places
    assert [one.place for one in places[:2]] == [("a", 1, 9), ("a", 2, 1)]


def test_an_id_is_its_senders_own() -> None:
    assert MESSAGE.identity == (MESSAGE.sender, MESSAGE.event_id)
