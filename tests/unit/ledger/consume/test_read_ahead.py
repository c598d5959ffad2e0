"""What is read ahead is taken once and in order, or dropped before anybody seeks."""

import asyncio

import pytest

from ledger.consume import read_ahead
from ledger.consume.read_ahead import ReadAhead


class Topic:
    """Numbers, one after the other."""

    def __init__(self) -> None:
        self.position = 0
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> int:
        """The next one, when the gate is open."""
        self.asked += 1
        await self.gate.wait()
        self.position += 1
        return self.position


async def test_without_a_beginning_it_reads_when_it_is_asked() -> None:
    """And not before."""
    topic = Topic()
    ahead = ReadAhead(topic.read)
    await asyncio.sleep(0)
    assert topic.asked == 0
    assert await ahead.take() == 1


async def test_what_was_read_ahead_is_taken_once_and_in_order() -> None:
    """Begun twice, it is read once."""
    topic = Topic()
    ahead = ReadAhead(topic.read)
    ahead.begin()
    ahead.begin()
    await asyncio.sleep(0)
    assert topic.position == 1
    assert [await ahead.take(), await ahead.take()] == [1, 2]


async def test_a_poll_that_is_dropped_ends_by_itself() -> None:
    """aiokafka counts one that is cancelled as under way for ever, and a ledger that hangs keeps its partitions."""
    topic = Topic()
    topic.gate.clear()
    ahead = ReadAhead(topic.read)
    ahead.begin()
    await asyncio.sleep(0)
    dropping = asyncio.create_task(ahead.drop())
    await asyncio.sleep(0)
    topic.gate.set()
    await dropping
    assert topic.position == 1
    assert await ahead.take() == 2


async def test_nothing_is_under_way_when_it_was_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a poll could move the consumer on after it has been sought back."""
    monkeypatch.setattr(read_ahead, "_PATIENCE_SECONDS", 0.01)
    topic = Topic()
    topic.gate.clear()
    ahead = ReadAhead(topic.read)
    ahead.begin()
    await asyncio.sleep(0)
    await ahead.drop()
    topic.gate.set()
    await asyncio.sleep(0)
    assert (topic.asked, topic.position) == (1, 0)
    assert await ahead.take() == 1


async def test_what_is_dropped_may_have_failed() -> None:
    """It is read again, and fails again."""

    async def unreadable() -> int:
        raise ValueError("cannot be read")

    ahead = ReadAhead(unreadable)
    ahead.begin()
    await asyncio.sleep(0)
    await ahead.drop()
    ahead.begin()
    with pytest.raises(ValueError, match="cannot be read"):
        await ahead.take()
