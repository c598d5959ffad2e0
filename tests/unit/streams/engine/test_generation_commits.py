"""A commit is for the generation in which it was begun, or for none."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from faust.types import TP

from streams.engine.generation_commits import ConsumerThread

OFFSETS = {TP("person-events", 3): 200}


class Waiting(ConsumerThread):
    """The real method over a group that is given, and a commit that waits as aiokafka's does for a coordinator."""

    def __init__(self, generation: int) -> None:
        self.unassigned: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.coordinator: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.sent = 0
        self._generation = generation

    def _ensure_consumer(self) -> Any:
        assignment = SimpleNamespace(unassign_future=self.unassigned)
        return SimpleNamespace(
            _subscription=SimpleNamespace(subscription=SimpleNamespace(assignment=assignment)),
            _coordinator=SimpleNamespace(generation=self._generation),
        )

    async def _commit(self, offsets: Any) -> bool:
        answer = await self.coordinator
        self.sent += 1
        return answer


@pytest.mark.parametrize("answer", [True, False])
async def test_in_its_generation_the_answer_is_the_brokers(answer: bool) -> None:
    thread = Waiting(7)
    asyncio.get_running_loop().call_soon(thread.coordinator.set_result, answer)
    assert await thread._commit_in(7, OFFSETS) is answer
    assert thread.sent == 1


@pytest.mark.parametrize("generation", [-1, 8])
async def test_when_the_generation_is_over_the_broker_is_not_asked(generation: int) -> None:
    thread = Waiting(generation)
    thread.coordinator.set_result(True)
    assert not await thread._commit_in(7, OFFSETS)
    assert thread.sent == 0


async def test_a_rebalance_ends_a_commit_that_waits() -> None:
    """It would go out later, under the new generation."""
    thread = Waiting(7)
    asyncio.get_running_loop().call_soon(thread.unassigned.set_result, None)
    assert not await thread._commit_in(7, OFFSETS)
    assert cast("Any", thread.coordinator).cancelled()
    assert thread.sent == 0
