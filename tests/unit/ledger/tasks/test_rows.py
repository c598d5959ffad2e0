"""The rows: whom a message names, and what a row is known by."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from ledger.tasks.rows import TASK_COLUMNS, TASK_IDENTITY, MessageRow, NewDelivery, TaskRow
from models.eligibility.decision import Outcome
from models.ids import delivery_id, digest_id
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Channel, Occasion
from models.tasks.status import TaskStatus
from tests.factories import INSTITUTION, PERSON, uuid
from tests.unit.ledger.decisions import ARRIVED, UNIT, decided


def named_by(**changes: object) -> object:
    decision = decided()
    verdict = decision.verdict.model_copy(update=changes)
    return MessageRow(decision.model_copy(update={"verdict": verdict})).named


def test_a_message_names_the_person_the_enrolment_and_the_unit_that_is_obliged() -> None:
    assert named_by() == (PERSON, uuid("enrolment"), UNIT)


def test_nobody_is_named_without_a_duty_or_without_a_unit() -> None:
    """Either alone would open a task that is nobody's, or one that no law asks for."""
    assert named_by(outcome=Outcome.NOT_OBLIGED) is None
    assert named_by(outcome=Outcome.UNDECIDED) is None
    assert named_by(unit_id=None) is None


def test_a_duty_without_an_enrolment_is_about_the_person_alone() -> None:
    evidence = decided().verdict.evidence.model_copy(update={"enrolment_id": None})
    assert named_by(evidence=evidence) == (PERSON, "", UNIT)


def test_a_message_is_known_by_its_sender_its_id_and_its_person() -> None:
    """The same id under another person is another message: the ledger refuses it, and must be able to keep it."""
    assert MessageRow(decided()).key == (INSTITUTION, uuid("message"), PERSON)


def test_a_task_is_the_first_of_its_kind_in_its_first_version_unless_it_is_said() -> None:
    task = TaskRow(
        id=UUID(int=1),
        reference="FV-0000-0000-0001",
        person_id=PERSON,
        enrolment_id=uuid("enrolment"),
        unit_id=UNIT,
        status=TaskStatus.OPEN,
        react_by=date(2025, 10, 8),
        appended_at=ARRIVED,
        mentor_until=None,
    )
    assert (task.ordinal, task.version, task.attempts) == (1, 1, 0)


def test_what_a_task_is_known_by_is_part_of_its_row() -> None:
    assert set(TASK_IDENTITY) < set(TASK_COLUMNS)
    assert len(TASK_IDENTITY) == 5


def test_a_morning_mail_is_named_by_its_unit_and_every_other_notice_by_its_task() -> None:
    """Two units' morning mails of one day are two; one task's notices are one for each recipient."""
    morning = NewDelivery(
        task_id=None,
        occasion=Occasion.DIGEST,
        cause=DeliveryCause.of_digest(date(2026, 3, 26)),
        channel=Channel.EMAIL,
        unit_id="unit-0101",
        recipient="post@example.dk",
        deadline=ARRIVED,
    )
    assert morning.id == digest_id("unit-0101", "digest:2026-03-26", "email", "post@example.dk")
    about = replace(morning, task_id=UUID(int=1), occasion=Occasion.NEW, cause=DeliveryCause.of_event(0, 1))
    assert about.id == delivery_id(UUID(int=1), "new", "0:1", "email", "post@example.dk")
