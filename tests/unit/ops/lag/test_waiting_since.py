"""Since when a sender's record has been under way, read from what waits now."""

from datetime import timedelta
from typing import Final

import pytest

from config.topics import Topic
from models.events.event_types import InputTopic
from ops.lag.waiting_since import waiting_since
from tests.factories import START, moment, risk

NOW: Final = moment(START) + timedelta(hours=3)


def test_a_person_event_counts_from_the_senders_record() -> None:
    event = risk()
    assert (
        waiting_since(Topic.PERSON_EVENTS, event.model_dump_json().encode(), NOW) == event.origin.appended_at
    )


@pytest.mark.parametrize("revision", [0, 1, 2, 7])
def test_a_first_decision_counts_from_the_message_and_a_later_one_from_itself(revision: int) -> None:
    event = risk()
    value = f'{{"message": {event.model_dump_json()}, "revision": {revision}}}'.encode()
    wanted = event.origin.appended_at if revision <= 1 else NOW
    assert waiting_since(Topic.DECISIONS, value, NOW) == wanted


@pytest.mark.parametrize(
    "value", [None, b"", b"{}", b"[]", b"\xff", b'{"origin": {"appended_at": "yesterday"}}']
)
@pytest.mark.parametrize(
    "topic", [Topic.PERSON_EVENTS, Topic.DECISIONS, InputTopic.DROPOUT_RISKS, Topic.APPLIED]
)
def test_what_does_not_say_it_counts_from_itself(topic: str, value: bytes | None) -> None:
    assert waiting_since(topic, value, NOW) == NOW
