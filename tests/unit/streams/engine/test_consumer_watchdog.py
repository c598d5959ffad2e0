"""A consumer that does nothing any more ends its process; one that works, or is being stopped, is left alone."""

import asyncio
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from infra.consumer_health import ConsumerEnded, check_consumer
from streams.engine import consumer_watchdog
from streams.engine.consumer_watchdog import WatchedThread


class Ended(BaseException):
    """In place of the process's end."""


async def lasting() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    raise KafkaError("Unexpected error during data retrieval")


async def silent() -> None:
    """As aiokafka's fetching is when it is cancelled."""


@pytest.fixture
async def consumer() -> Any:
    """With the two tasks that aiokafka has."""
    return SimpleNamespace(
        _fetcher=SimpleNamespace(error_future=asyncio.create_task(lasting())),
        _coordinator=SimpleNamespace(
            _coordination_task=asyncio.create_task(lasting()), _pending_exception=None, coordinator_id=1
        ),
    )


class Watching(WatchedThread):
    """The real watch over a consumer that is given."""

    def __init__(self, consumer: Any, *, stopping: bool = False) -> None:
        self._given = consumer
        self.known: list[bool] = []
        watch = SimpleNamespace(coordinator=self.known.append)
        self.app = cast("Any", SimpleNamespace(should_stop=stopping, watch=watch))

    @property
    def should_stop(self) -> bool:
        return False

    def _ensure_consumer(self) -> Any:
        return self._given


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Why the process ended."""
    reasons: list[BaseException] = []

    def end(_: str, exc: BaseException) -> NoReturn:
        reasons.append(exc)
        raise Ended

    monkeypatch.setattr(consumer_watchdog, "fail_stop", end)
    monkeypatch.setattr(consumer_watchdog, "_SECONDS", 0.01)
    return reasons


async def test_one_that_works_is_left_alone(consumer: Any) -> None:
    check_consumer(consumer)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(Watching(consumer)._watch(), 0.1)


@pytest.mark.parametrize("how", [failing, silent])
@pytest.mark.parametrize("what", ["fetching", "membership"])
async def test_one_whose_own_task_has_ended_is_noticed(
    consumer: Any, how: Any, what: str, said: list[BaseException]
) -> None:
    task = asyncio.create_task(how())
    await asyncio.wait([task])
    if what == "fetching":
        consumer._fetcher.error_future = task
    else:
        consumer._coordinator._coordination_task = task
    with pytest.raises(ConsumerEnded, match=what):
        check_consumer(consumer)
    with pytest.raises(Ended):
        await asyncio.wait_for(Watching(consumer)._watch(), 60)
    assert [type(reason) for reason in said] == [ConsumerEnded]


async def test_one_whose_task_was_cancelled_is_noticed(consumer: Any) -> None:
    consumer._coordinator._coordination_task.cancel()
    await asyncio.sleep(0)
    with pytest.raises(ConsumerEnded, match="membership"):
        check_consumer(consumer)


async def test_a_failure_that_the_engine_never_takes_ends_the_process(
    consumer: Any, said: list[BaseException]
) -> None:
    """It comes in the middle of a rebalance, while nothing is fetched: the group is never joined again."""
    failure = GroupAuthorizationFailedError("frafaldsvarsel")
    consumer._coordinator._pending_exception = failure
    with pytest.raises(Ended):
        await asyncio.wait_for(Watching(consumer)._watch(), 60)
    assert said == [failure]


async def test_the_watch_begins_when_the_thread_does(
    consumer: Any, said: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AIOKafkaConsumerThread, "on_start", lambda _: silent())
    consumer._fetcher.error_future.cancel()
    thread = Watching(consumer)
    await thread.on_start()
    assert thread._watching is not None
    with pytest.raises(Ended):
        await asyncio.wait_for(thread._watching, 60)
    assert len(said) == 1


async def test_the_tasks_of_one_that_is_being_stopped_may_end(
    consumer: Any, said: list[BaseException]
) -> None:
    consumer._fetcher.error_future.cancel()
    await asyncio.sleep(0)
    await asyncio.wait_for(Watching(consumer, stopping=True)._watch(), 60)
    assert said == []


async def test_a_coordinator_that_is_away_is_told_and_ends_nothing(
    consumer: Any, said: list[BaseException]
) -> None:
    thread = Watching(consumer)
    thread._check()
    consumer._coordinator.coordinator_id = None
    thread._check()
    assert thread.known == [True, False]
    assert said == []
