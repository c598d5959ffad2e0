"""Alive, started, ready: three questions with three answers."""

import asyncio
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge

from infra.health import Health, keep_turning
from infra.watch_server import WatchServer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Ask = Callable[[str], tuple[int, str]]


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health("partitions", "pool", loop_seconds=10, monotonic=clock)


@pytest.fixture
def ask(health: Health) -> Iterator[Ask]:
    registry = CollectorRegistry()
    Gauge("frafaldsvarsel_something", "Something.", registry=registry).set(4)
    server = WatchServer(0, registry, health)

    def asked(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    yield asked
    server.stop()


def test_what_has_begun_lives_and_is_not_ready(ask: Ask) -> None:
    assert ask("livez") == (200, "ok\n")
    assert ask("readyz") == (503, "waiting for: partitions, pool\n")
    assert ask("startupz") == (503, "waiting for: partitions, pool\n")


def test_ready_turns_false_again_when_something_is_lost_and_started_does_not(
    ask: Ask, health: Health
) -> None:
    health.set("partitions", True)
    assert ask("readyz") == (503, "waiting for: pool\n")
    health.set("pool", True)
    assert ask("readyz") == (200, "ok\n")
    health.set("partitions", False)
    assert ask("readyz") == (503, "waiting for: partitions\n")
    assert ask("startupz")[0] == 200
    assert ask("livez")[0] == 200, "a broker that is away kills nobody"


def test_a_loop_that_stands_still_is_dead_and_said_so_by_a_thread(
    ask: Ask, health: Health, clock: Clock
) -> None:
    health.set("partitions", True)
    health.set("pool", True)
    clock.now += 1000
    assert ask("livez")[0] == 200, "it has not begun yet"
    health.turn()
    clock.now += 10
    assert ask("livez")[0] == 200
    clock.now += 1
    assert ask("livez") == (503, "the loop has stood still for 11 seconds\n")
    assert ask("readyz") == (503, "the loop has stood still for 11 seconds\n")
    health.turn()
    assert ask("readyz")[0] == 200


def test_nobody_can_need_what_was_not_named(health: Health) -> None:
    with pytest.raises(KeyError):
        health.set("partition", True)


def test_metrics_stand_beside_it_and_nothing_else(ask: Ask) -> None:
    status, text = ask("metrics")
    assert status == 200
    assert "frafaldsvarsel_something 4.0" in text
    assert ask("")[0] == 404
    assert ask("metrics/../livez")[0] == 404


async def test_a_loop_that_turns_says_so() -> None:
    turned = threading.Event()

    class Seen(Health):
        def turn(self) -> None:
            super().turn()
            turned.set()

    turning = asyncio.create_task(keep_turning(Seen()))
    await asyncio.to_thread(turned.wait, 5)
    turning.cancel()
    assert turned.is_set()
