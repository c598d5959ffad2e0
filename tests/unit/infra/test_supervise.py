"""A part of a process that ends by itself must take the process with it."""

import asyncio

import pytest

from infra.supervise import EndedEarly, supervise


async def _cancels_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def test_a_member_that_was_cancelled_from_within_ends_the_group() -> None:
    async def group() -> None:
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            group.create_task(supervise(_cancels_itself(), name="it", told=lambda: False))
            group.create_task(asyncio.Event().wait())

    with pytest.raises(ExceptionGroup) as raised:
        await group()
    assert raised.group_contains(EndedEarly, match="it ended before it was told to")


async def test_a_member_that_returns_too_early_ends_the_group() -> None:
    with pytest.raises(EndedEarly):
        await supervise(asyncio.sleep(0), name="it", told=lambda: False)


async def test_a_members_own_failure_is_what_is_seen() -> None:
    async def fails() -> None:
        raise KeyError("its own")

    with pytest.raises(KeyError, match="its own"):
        await supervise(fails(), name="it", told=lambda: False)


async def test_after_the_word_an_end_is_as_it_should_be() -> None:
    await supervise(asyncio.sleep(0), name="it", told=lambda: True)


async def test_a_cancellation_from_outside_stays_one_and_reaches_the_work() -> None:
    reached = asyncio.Event()

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            reached.set()

    task = asyncio.create_task(supervise(waits(), name="it", told=lambda: False))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert reached.is_set()


async def test_work_that_loses_a_cancellation_is_cancelled_again() -> None:
    """As `asyncio.wait_for` does in Python 3.11: the process must not live on for it."""
    lost: list[int] = []

    async def loses_one() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(1)

    task = asyncio.create_task(supervise(loses_one(), name="it", told=lambda: False))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 60)
    assert lost == [1]
