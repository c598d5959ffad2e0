"""Particulars are opened for their unit alone, and never without a line that says by whom and why."""

from collections.abc import AsyncIterator
from uuid import UUID

import psycopg
import pytest

from infra.postgres import Connection
from ledger.actions.perform import NoSuchTask
from ledger.actions.reveal_sensitive import NothingToOpen, reveal_messages
from models.events.sensitive_fields import OpenPurpose
from models.tasks.actions import Actor, Via
from tests.integration.ledger.ledger_fixture import Books
from tests.integration.ledger.task_rows import OTHER_UNIT, UNIT
from tests.unit.ledger.decisions import decided

ANNA = Actor(id="anna", name="Anna", via=Via.PAGE)
ONE = frozenset({UNIT})


@pytest.fixture
async def autocommit(ledger_url: str) -> AsyncIterator[Connection]:
    """A connection on which every statement is a transaction."""
    async with await psycopg.AsyncConnection.connect(ledger_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def task(autocommit: Connection) -> UUID:
    """A task of two messages."""
    books = Books(autocommit)
    await books.project(decisions=[decided("one"), decided("two", sender="281082")])
    ((identity,),) = await books.rows("SELECT id FROM tasks")
    return UUID(str(identity))


async def lines(connection: Connection) -> list[tuple[object, ...]]:
    """What the audit trail says of openings."""
    return await (
        await connection.execute("SELECT task_id, detail FROM audit WHERE kind = 'opened'")
    ).fetchall()


async def test_opening_hands_over_each_message_and_leaves_a_line(autocommit: Connection, task: UUID) -> None:
    opened = await reveal_messages(
        autocommit, task_id=task, units=ONE, by=ANNA, purpose=OpenPurpose.CONTACT_PERSON
    )
    assert [message.sender for message in opened] == ["280051", "281082"]
    assert {message.sealed for message in opened} == {"v1.sealed"}
    first = opened[0]
    assert first.sealed_for == f"message/{first.sender}/{first.message_id}/{first.sent_as}"
    detail = {"by_id": "anna", "by_name": "Anna", "via": "page", "purpose": "contact_person"}
    assert await lines(autocommit) == [(task, detail)]


async def test_another_unit_opens_nothing_and_leaves_no_line(autocommit: Connection, task: UUID) -> None:
    with pytest.raises(NoSuchTask):
        await reveal_messages(
            autocommit,
            task_id=task,
            units=frozenset({OTHER_UNIT}),
            by=ANNA,
            purpose=OpenPurpose.CONTACT_PERSON,
        )
    assert await lines(autocommit) == []


async def test_what_was_withdrawn_is_opened_no_more(autocommit: Connection, task: UUID) -> None:
    await autocommit.execute("UPDATE tasks SET status = 'withdrawn', ending = 'lapsed'")
    with pytest.raises(NothingToOpen):
        await reveal_messages(autocommit, task_id=task, units=ONE, by=ANNA, purpose=OpenPurpose.CASE_RECORD)
    assert await lines(autocommit) == []
