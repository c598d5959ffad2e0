"""The rows: whom a message names, and what a row is known by."""

from datetime import date
from uuid import UUID

from ledger.tasks.rows import MessageRow, TaskRow
from models.eligibility.decision import Outcome
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
