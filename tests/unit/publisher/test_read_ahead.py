"""What is made in a thread comes in order and whole, and nobody waits for a thread that waits for somebody else."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from publisher import read_ahead as module
from publisher.read_ahead import read_ahead
from tests.paths import ROOT


async def test_everything_comes_once_and_in_order() -> None:
    found = [item async for some in read_ahead(range(20_000)) for item in some]
    assert found == list(range(20_000))
    assert [item async for some in read_ahead(range(0)) for item in some] == []


async def test_what_goes_wrong_comes_after_all_that_went_well() -> None:
    def lines() -> Iterator[int]:
        yield from range(5_000)
        raise ValueError("not read")

    found: list[int] = []

    async def take() -> None:
        async for some in read_ahead(lines()):
            found.extend(some)

    with pytest.raises(ValueError, match="not read"):
        await take()
    assert found == list(range(5_000))


async def test_no_more_is_made_than_fits() -> None:
    made = 0

    def lines() -> Iterator[int]:
        nonlocal made
        for number in range(50_000):
            made = number
            yield number

    async with aclosing(read_ahead(lines())) as ahead:
        taken = len(await anext(ahead))
        for _ in range(100):
            await asyncio.sleep(0.001)
        assert made <= taken + module._AHEAD


async def test_what_has_come_is_there_before_the_next_has() -> None:
    """A pipe whose writer takes its time."""
    go_on = threading.Event()

    def lines() -> Iterator[int]:
        yield 1
        go_on.wait()
        yield 2

    async with aclosing(read_ahead(lines())) as ahead:
        assert await anext(ahead) == [1]
        go_on.set()
        assert await anext(ahead) == [2]


def test_no_exit_waits_for_a_read_that_never_ends() -> None:
    script = """
import asyncio, os, threading
from contextlib import aclosing
from publisher.read_ahead import read_ahead

def lines():
    reading, _ = os.pipe()
    with os.fdopen(reading) as pipe:
        yield from pipe

async def main():
    async with aclosing(read_ahead(lines())) as ahead:
        await asyncio.wait_for(anext(ahead), 0.5)

try:
    asyncio.run(main())
except TimeoutError:
    print("over")
"""
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "over", "")
