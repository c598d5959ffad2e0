"""What stands under a person's other numbers becomes the deciding one's: the same tasks, and nobody is told."""

from datetime import UTC, datetime

from models.audit_kind import AuditKind
from models.eligibility.decision import Decision
from models.notifications.delivery import Occasion
from models.tasks.actions import Acknowledge, ContactAttempt, ContactForm, Ending, HandOver, HandOverReason
from models.tasks.status import TaskStatus
from tests.factories import uuid
from tests.unit.ledger.decisions import ARRIVED, BY_TWO, OTHER_UNIT, UNIT, Desk, decided, deed_of, later


def joined(decision: Decision, *others: str, sent_as: str | None = None) -> Decision:
    """The decision as it is made where the others' events have come to."""
    message = decision.message.model_copy(update={"sent_as": sent_as})
    return decision.model_copy(update={"message": message, "joined": others})


def test_a_task_goes_on_under_the_other_number_and_nobody_is_told() -> None:
    """The same id, dates, contacts and version; the message is the other number's."""
    desk = Desk()
    desk.take(decided(person="B"))
    (before,) = desk.open()
    attempt = ContactAttempt(at=ARRIVED, form=ContactForm.PHONE, reached=False)
    desk.do(deed_of(before, attempt))
    told, said = desk.told(), len(desk.outbox)
    changes = desk.take(joined(decided(person="A", revision=2), "B", sent_as="B"))
    (after,) = desk.open()
    assert (after.id, after.person_id, after.react_by) == (before.id, "A", before.react_by)
    assert (after.appended_at, after.attempts, after.version) == (before.appended_at, 1, before.version + 1)
    assert desk.told() == told == [(Occasion.NEW, UNIT)]
    assert len(desk.outbox) == said
    assert changes.moved == {(*key[:2], "B") for key in changes.messages}
    assert {key[2] for key in changes.messages} == {"A"}
    assert [row.task_id for row in changes.messages.values()] == [before.id]
    assert AuditKind.NUMBER_CHANGED in desk.audit
    assert AuditKind.TASK_REOPENED not in desk.audit


def test_of_two_open_tasks_the_older_goes_on_with_what_was_done_on_both() -> None:
    """One duty, one task; the other one ends, without a mail that it is somebody else's now."""
    desk = Desk()
    desk.take(decided("first", person="B", at=ARRIVED))
    desk.take(decided("second", person="A", at=later(1)))
    old, young = sorted(desk.open(), key=lambda task: task.appended_at)
    desk.do(deed_of(old, Acknowledge()))
    for name in ("one", "two"):
        attempt = ContactAttempt(at=later(1), form=ContactForm.PHONE, reached=name == "two")
        desk.do(deed_of(young, attempt, name=name, at=later(1)))
    told = desk.told()
    desk.take(joined(decided("second", person="A", at=later(1), revision=2), "B"))
    (task,) = desk.open()
    assert (task.id, task.person_id, task.react_by) == (old.id, "A", min(old.react_by, young.react_by))
    assert (task.attempts, task.reached_at, task.acknowledged_by) == (2, later(1), "Anna")
    ended = desk.tasks[young.id]
    assert (ended.status, ended.ending) == (TaskStatus.WITHDRAWN, Ending.TRANSFERRED)
    assert {row.task_id for key, row in desk.messages.items() if key[2] == "A"} == {old.id}
    assert desk.told() == told
    assert len({other.ordinal for other in desk.tasks.values()}) == 2


def test_what_a_unit_has_handed_over_stays_with_the_other() -> None:
    """A hand-over is about the duty, whichever number the person has."""
    desk = Desk()
    desk.take(decided(person="B"))
    (task,) = desk.open()
    desk.do(deed_of(task, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.AGREED)))
    desk.take(joined(decided(person="A", revision=2), "B"))
    (held,) = desk.open()
    assert (held.person_id, held.unit_id) == ("A", OTHER_UNIT)
    assert set(desk.transfers) == {("A", uuid("enrolment"), UNIT)}


def test_a_hand_over_is_void_where_the_other_number_names_another_unit() -> None:
    """Nothing new is said of either message: what stands together says it."""
    desk = Desk()
    desk.take(decided(person="B"), decided("other", person="A", unit=BY_TWO))
    (task,) = [task for task in desk.open() if task.person_id == "B"]
    desk.do(deed_of(task, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.AGREED)))
    desk.take(decided(person="B", unit=None, revision=2))
    assert desk.transfers
    desk.take(joined(decided("other", person="A", unit=BY_TWO, revision=2), "B"))
    desk.take(joined(decided(person="A", unit=None, revision=3), "B", sent_as="B"))
    assert desk.transfers == {}
    assert desk.audit.count(AuditKind.TRANSFER_VOID) == 1


def test_of_two_records_with_one_id_the_earlier_one_keeps_its_row() -> None:
    """And a task that had nothing else ends."""
    desk = Desk()
    desk.take(decided(person="B", at=later(1)))
    desk.take(decided(person="A", at=datetime(2025, 9, 30, tzinfo=UTC), enrolment="another"))
    one, other = desk.open()
    desk.take(joined(decided("third", person="A", unit=None), "B"))
    rows = [row for key, row in desk.messages.items() if key[2] == "A"]
    assert len(rows) == 2
    assert [task.id for task in desk.open()] == [other.id]
    assert desk.tasks[one.id].status is TaskStatus.WITHDRAWN
