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
