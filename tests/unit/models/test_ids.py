"""Ids follow from what they name: a replay finds the row that the first run wrote."""

import re
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from models.calendar import COPENHAGEN
from models.ids import (
    delivery_id,
    digest_id,
    failure_reminder_id,
    reminder_ids,
    reminder_name,
    task_id,
    task_reference,
)
from tests.factories import PERSON, uuid

TASK = task_id(PERSON, uuid("enrolment"), "unit-0101", 1)


def test_the_ids_of_version_1_never_change() -> None:
    """They stand in databases and in mails; another value would open every task a second time."""
    assert UUID("dc50e046-5a89-5e9f-a6c3-12ea3948a000") == TASK
    assert delivery_id(TASK, "new", "1", "email", "post@example.dk") == UUID(
        "ef9be483-2c30-53f9-9c1a-763ed0628a4e"
    )
    assert task_reference(TASK) == "FV-VH8E-0HJT-H5F9"


AT = datetime(2026, 3, 26, 7, tzinfo=UTC)


def test_the_ids_of_what_falls_due_never_change() -> None:
    """A reminder that was sent would be sent a second time."""
    assert reminder_ids(TASK)(reminder_name("reminder", 1, AT)) == UUID(
        "03892c95-7227-5851-be6b-f4d42e2adb74"
    )
    assert failure_reminder_id(TASK, AT) == UUID("0f0f9140-4371-52e9-afd4-0df65fa90c51")
    assert digest_id("unit-0101", "digest:2026-03-26", "email", "post@example.dk") == UUID(
        "4f503efe-bb2b-54d6-860d-7a598f1d54d8"
    )


def test_the_same_moment_on_another_clock_gives_the_same_id() -> None:
    """The database answers in whatever zone its session has."""
    copenhagen = AT.astimezone(COPENHAGEN)
    assert reminder_ids(TASK)(reminder_name("reminder", 1, copenhagen)) == reminder_ids(TASK)(
        reminder_name("reminder", 1, AT)
    )
    assert failure_reminder_id(TASK, copenhagen) == failure_reminder_id(TASK, AT)


def test_everything_that_an_id_names_makes_another_id() -> None:
    """One part changed, and it is another task or another delivery."""
    tasks = {
        TASK,
        task_id("another", uuid("enrolment"), "unit-0101", 1),
        task_id(PERSON, uuid("another"), "unit-0101", 1),
        task_id(PERSON, uuid("enrolment"), "unit-0751", 1),
        task_id(PERSON, uuid("enrolment"), "unit-0101", 2),
    }
    assert len(tasks) == 5
    parts = ("new", "1", "email", "post@example.dk")
    changed = [(*parts[:place], "x", *parts[place + 1 :]) for place in range(4)]
    deliveries = {delivery_id(TASK, *parts), *(delivery_id(TASK, *other) for other in changed)}
    assert len(deliveries | {delivery_id(UUID(int=1), *parts)}) == 6


@given(st.uuids())
def test_a_reference_can_be_read_aloud(task: UUID) -> None:
    """Twelve signs of an alphabet without I, L, O and U; all of the first 60 bits, nothing else."""
    reference = task_reference(task)
    assert re.fullmatch(r"FV(-[0-9A-HJKMNP-TV-Z]{4}){3}", reference)
    assert task_reference(UUID(int=task.int ^ (1 << 67))) == reference
    for bit in (68, 95, 127):
        assert task_reference(UUID(int=task.int ^ (1 << bit))) != reference
