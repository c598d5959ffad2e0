"""An outage is said once, and nobody asks again at once."""

import logging

import pytest

from notifiers.circuit_breaker import CircuitBreaker

log = logging.getLogger(__name__)


def test_an_outage_is_said_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    relay = CircuitBreaker("the relay", log)
    for now in (10.0, 20.0, 30.0):
        relay.away("connect: connection refused", started=now, now=now)
    relay.back()
    relay.back()
    assert [record.getMessage() for record in caplog.records] == [
        "the relay cannot be used, waiting: connect: connection refused",
        "the relay is back",
    ]


def test_rests_grow_to_a_bound() -> None:
    relay = CircuitBreaker("x", log, first=1, longest=5)
    rests = []
    for now in (100.0, 200.0, 300.0, 400.0, 500.0):
        relay.away("x", started=now, now=now)
        rests.append(relay.until - now)
    assert rests == [1, 2, 4, 5, 5]
    assert relay.resting(504.9)
    assert not relay.resting(505.0)


def test_tries_that_ran_at_the_same_time_count_once() -> None:
    relay = CircuitBreaker("x", log, first=1)
    relay.away("x", started=0, now=2)
    relay.away("x", started=1, now=2.5)
    assert relay.until == 3


def test_at_first_nobody_waits_and_nothing_is_away() -> None:
    relay = CircuitBreaker("x", log)
    assert (relay.until, relay.is_away, relay.resting(0)) == (0, False, False)


def test_what_is_back_is_asked_at_once_and_what_goes_away_again_begins_anew() -> None:
    """A try that began before the outage was noted tells something new when the thing has been back since."""
    relay = CircuitBreaker("x", log, first=1)
    for now in (10.0, 20.0):
        relay.away("x", started=now, now=now)
    relay.back()
    assert not relay.resting(20.5)
    relay.away("x", started=19, now=21)
    assert relay.is_away
    assert relay.until == 22


def test_a_try_that_began_when_the_outage_was_noted_was_made_after_it() -> None:
    relay = CircuitBreaker("x", log, first=1)
    relay.away("x", started=2, now=2)
    relay.away("x", started=2, now=3)
    assert relay.until == 5


def test_the_usual_rest_is_half_a_second_at_first_and_half_a_minute_at_most() -> None:
    relay = CircuitBreaker("x", log)
    rests = []
    for now in range(0, 1000, 100):
        relay.away("x", started=now, now=now)
        rests.append(relay.until - now)
    assert rests == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]
