"""The last line of a process that ends by a fault: it must tell which, and no value of any row."""

import asyncio
import logging

import psycopg
import pytest

from frafaldsvarsel.processes.until_stopped import EX_FAULT, run_until_stopped
from infra import gc_tuning


async def _failing() -> None:
    raise LookupError("no such unit")


async def _holding_a_row() -> None:
    raise psycopg.errors.UniqueViolation("Key (person_id)=(somebody) already exists.")


async def _with_parts_of_its_own() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(_failing())
        group.create_task(_holding_a_row())


def test_a_fault_deep_inside_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that runs parts of its own, as the notifier does, hands on a group: its words name nothing."""

    async def serve(_: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_with_parts_of_its_own())

    monkeypatch.setattr(gc_tuning, "keep_for_good", lambda: None)
    with caplog.at_level(logging.CRITICAL):
        assert run_until_stopped(serve) == EX_FAULT
    (line,) = caplog.messages
    assert "LookupError: no such unit" in line
    assert "UniqueViolation 23505" in line
    assert "somebody" not in line
