"""An agent that is cut off ends its process before Faust can commit; only a shutdown may cut it off in peace."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any, Final, NoReturn, cast

import pytest

from infra.kafka_record import KafkaRecord
from streams.engine import agents
from streams.engine.faust_app import App

RUNNING: Final = cast(App, SimpleNamespace(should_stop=False))
STOPPING: Final = cast(App, SimpleNamespace(should_stop=True))
Wrapper = Callable[[App, Awaitable[None]], Awaitable[None]]


class Ended(BaseException):
    """In place of the process's end."""


class Handler:
    """A handler whose refresh fails at the second time."""

    def __init__(self) -> None:
        self.refreshed = 0

    async def batch(self, records: Sequence[KafkaRecord]) -> None:
        """Not used here."""

    async def refresh(self) -> None:
        self.refreshed += 1
        if self.refreshed == 2:
            raise RuntimeError("the brokers do not answer")


@pytest.fixture(autouse=True)
def ends(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Exit codes and failures with which the process ended."""
    seen: list[object] = []

    def end(code: int) -> NoReturn:
        seen.append(code)
        raise Ended

    def fail(_: str, exc: BaseException) -> NoReturn:
        seen.append(exc)
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    monkeypatch.setattr(agents, "fail_stop", fail)
    monkeypatch.setattr(agents, "_REFRESH_SECONDS", 0.01)
    return seen


async def cancelled(wrapper: Wrapper, app: App) -> None:
    """Work that is cancelled in the middle."""
    task = asyncio.ensure_future(wrapper(app, asyncio.Event().wait()))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    task.cancel()
    await task


@pytest.mark.parametrize("wrapper", [agents._run_to_completion, agents._run_until_shutdown])
async def test_work_that_is_cancelled_while_the_worker_runs_ends_the_process(
    wrapper: Wrapper, ends: list[object]
) -> None:
    with pytest.raises(Ended):
        await cancelled(wrapper, RUNNING)
    assert [type(end) for end in ends] == [asyncio.CancelledError]


async def test_a_batch_that_the_shutdown_cancels_ends_the_process_in_peace_and_uncommitted(
    ends: list[object],
) -> None:
    with pytest.raises(Ended):
        await cancelled(agents._run_to_completion, STOPPING)
    assert ends == [0]


async def test_an_agent_that_the_shutdown_cancels_ends_by_itself(ends: list[object]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await cancelled(agents._run_until_shutdown, STOPPING)
    assert ends == []


@pytest.mark.parametrize("wrapper", [agents._run_to_completion, agents._run_until_shutdown])
async def test_a_failure_is_left_to_the_application(wrapper: Wrapper, ends: list[object]) -> None:
    """Its own handler ends the process."""

    async def fails() -> None:
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="a fault"):
        await wrapper(RUNNING, fails())
    assert ends == []


async def test_the_state_is_refreshed_until_that_fails_and_then_the_process_ends(ends: list[object]) -> None:
    handler = Handler()
    with pytest.raises(Ended):
        await asyncio.wait_for(agents._refresh_periodically(handler), 5)
    assert handler.refreshed == 2
    assert [str(end) for end in ends] == ["the brokers do not answer"]


def test_the_records_of_all_batches_are_handed_over_in_order() -> None:
    def event(*offsets: int) -> Any:
        fields = {
            "topic": "enrolments",
            "partition": 2,
            "timestamp": 7,
            "key": b"k",
            "value": b"v",
            "headers": (),
        }
        records = [SimpleNamespace(offset=offset, **fields) for offset in offsets]
        return SimpleNamespace(message=SimpleNamespace(records=records))

    assert agents._records([event(1, 2), event(5)]) == [
        KafkaRecord("enrolments", 2, offset, 7, b"k", b"v") for offset in (1, 2, 5)
    ]
