"""What people do with a task, and what the stream makes of a task on which people have acted."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.tasks.rows import TaskRow
from models.audit_kind import AuditKind
from models.eligibility.decision import Decision, Outcome
from models.eligibility.simple_decision import as_decision
from models.ids import task_id
from models.notifications.delivery import Occasion
from models.reasons import DecisionReason
from models.tasks.actions import (
    Acknowledge,
    Action,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Note,
    RecordedAction,
    Release,
    Reopen,
    ReopenReason,
    Take,
    refusal,
)
from models.tasks.notes import NoteCode
from models.tasks.status import TaskStatus
from tests.factories import PERSON, uuid
from tests.unit.ledger.decisions import (
    ARRIVED,
    BY_TWO,
    NOW,
    OTHER_UNIT,
    UNIT,
    Desk,
    batches,
    decided,
    deed_of,
    later,
)

REACHED = ContactAttempt(at=ARRIVED, form=ContactForm.PHONE, reached=True)
NOT_REACHED = ContactAttempt(at=ARRIVED, form=ContactForm.LETTER, reached=False)
CLOSE = Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,))
NOTE = Note(note=NoteCode.AWAITS_INSTITUTION)
REOPEN = Reopen(reason=ReopenReason.CLOSED_BY_MISTAKE)
UNITS = frozenset({UNIT, OTHER_UNIT, BY_TWO})


def over(unit: str) -> HandOver:
    return HandOver(to_unit=unit, reason=HandOverReason.AGREED)


def desk_with(*decisions: Decision) -> Desk:
    desk = Desk()
    desk.take(*decisions)
    return desk


def act(desk: Desk, deed: Action, *, name: str = "act") -> TaskRow:
    """A deed on the one open task, or on the one closed where it is to be reopened; the task as it is afterwards."""
    wanted = TaskStatus.CLOSED if isinstance(deed, Reopen) else TaskStatus.OPEN
    (task,) = [task for task in desk.tasks.values() if task.status is wanted]
    assert desk.do(deed_of(task, deed, name=name)) is not None
    return desk.tasks[task.id]


def test_whoever_works_on_a_task_has_seen_it_and_the_first_who_did_stands() -> None:
    for deed in (Acknowledge(), Take(), NOT_REACHED, NOTE):
        desk = desk_with(decided())
        seen = act(desk, deed)
        assert (seen.acknowledged_at, seen.acknowledged_by) == (NOW, "Anna")
        (task,) = desk.open()
        desk.do(deed_of(task, Acknowledge(), name="again", at=later(2)))
        assert desk.open()[0].acknowledged_at == NOW


def test_a_note_changes_nothing_but_that_the_task_was_seen() -> None:
    desk = desk_with(decided())
    (before,) = desk.open()
    after = act(desk, NOTE)
    assert after == replace(before, acknowledged_at=NOW, acknowledged_by="Anna", version=before.version + 1)


def test_a_task_is_somebodys_until_it_is_released() -> None:
    desk = desk_with(decided())
    assert act(desk, Take()).owner_id == "anna"
    released = act(desk, Release(), name="released")
    assert (released.owner_id, released.owner_name) == (None, None)
    assert released.acknowledged_at == NOW


def test_attempts_are_counted_and_the_first_that_reached_the_person_is_kept() -> None:
    desk = desk_with(decided())
    for number, attempt in enumerate(
        (
            NOT_REACHED,
            ContactAttempt(at=later(3), form=ContactForm.VIDEO, reached=True),
            REACHED,
            ContactAttempt(at=later(5), form=ContactForm.PHONE, reached=True),
        )
    ):
        act(desk, attempt, name=f"attempt {number}")
    (task,) = desk.open()
    assert (task.attempts, task.reached_at) == (4, ARRIVED)


def test_a_message_after_the_closing_opens_a_new_task_that_follows_the_closed_one() -> None:
    """The closed one is not touched by it, and the unit is told of the new one."""
    desk = desk_with(decided("one", cause=1))
    closed = act(desk, CLOSE)
    desk.take(decided("two", cause=2, at=later(3)))
    (task,) = desk.open()
    assert (task.ordinal, task.follows) == (2, closed.id)
    assert task.id == task_id(PERSON, uuid("enrolment"), UNIT, 2)
    assert desk.tasks[closed.id] == closed
    assert desk.told() == [(Occasion.NEW, UNIT), (Occasion.NEW, UNIT)]
    desk.take(decided("three", cause=3, at=later(4)))
    assert len(desk.open()) == 1


@pytest.mark.parametrize("reason", [DecisionReason.WITHDRAWN, DecisionReason.ENROLMENT_ENDED])
def test_a_closed_task_stays_closed_whatever_the_stream_says(reason: DecisionReason) -> None:
    """Its message is kept with it, out and in again; nobody is told."""
    desk = desk_with(decided())
    closed = act(desk, CLOSE)
    desk.take(decided(revision=2, unit=None, reason=reason, cause=2))
    desk.take(decided(revision=3, cause=3))
    (task,) = desk.tasks.values()
    assert (task.status, task.ending, task.react_by) == (TaskStatus.CLOSED, closed.ending, closed.react_by)
    assert task.version == closed.version + 2
    assert desk.told() == [(Occasion.NEW, UNIT)]
    assert {row.task_id for row in desk.messages.values()} == {task.id}


def test_a_message_of_a_closed_task_that_moves_is_the_other_units_duty() -> None:
    """What one unit has done ends nothing for another one that the law names."""
    desk = desk_with(decided())
    closed = act(desk, CLOSE)
    desk.take(decided(revision=2, unit=OTHER_UNIT, cause=2))
    (task,) = desk.open()
    assert task.unit_id == OTHER_UNIT
    assert desk.tasks[closed.id].status is TaskStatus.CLOSED
    assert desk.told() == [(Occasion.NEW, UNIT), (Occasion.NEW, OTHER_UNIT)]


@pytest.mark.parametrize(
    ("unit", "reason", "ending"),
    [
        (None, DecisionReason.WITHDRAWN, Ending.WITHDRAWN_BY_INSTITUTION),
        (None, DecisionReason.ENROLMENT_ENDED, Ending.LAPSED),
        (None, DecisionReason.ID_CONFLICT, Ending.LAPSED),
        (OTHER_UNIT, DecisionReason.OBLIGED, Ending.TRANSFERRED),
    ],
)
def test_a_task_that_the_stream_ends_says_how(
    unit: str | None, reason: DecisionReason, ending: Ending
) -> None:
    desk = desk_with(decided())
    (task,) = desk.open()
    desk.take(decided(revision=2, unit=unit, reason=reason, cause=2))
    assert (desk.tasks[task.id].status, desk.tasks[task.id].ending) == (TaskStatus.WITHDRAWN, ending)


def test_a_duty_that_comes_back_must_be_looked_at_again() -> None:
    """Nobody has seen it since; what was attempted before still happened."""
    desk = desk_with(decided())
    act(desk, Take())
    act(desk, REACHED, name="attempt")
    desk.take(decided(revision=2, unit=None, cause=2))
    desk.take(decided(revision=3, cause=3))
    (task,) = desk.open()
    assert (task.acknowledged_at, task.acknowledged_by, task.owner_id, task.ending) == (None,) * 4
    assert (task.attempts, task.reached_at) == (1, ARRIVED)


def test_a_reopened_task_keeps_its_date_and_is_the_one_that_messages_join() -> None:
    desk = desk_with(decided("one", cause=1))
    closed = act(desk, CLOSE)
    again = act(desk, REOPEN, name="again")
    assert (again.status, again.ending, again.closed_at) == (TaskStatus.OPEN, None, None)
    assert again.react_by == closed.react_by
    desk.take(decided("two", cause=2, at=later(1)))
    assert [task.id for task in desk.open()] == [closed.id]


def test_what_stopped_obliging_leaves_a_task_that_is_reopened() -> None:
    """With nothing left there is nothing to reopen."""
    desk = desk_with(decided("one"), decided("two"))
    closed = act(desk, CLOSE)
    desk.take(decided("two", revision=2, unit=None, cause=2))
    assert desk.standing(closed.id).obliged
    act(desk, REOPEN, name="again")
    assert sorted(row.task_id is None for row in desk.messages.values()) == [False, True]
    empty = desk_with(decided())
    closed = act(empty, CLOSE)
    empty.take(decided(revision=2, unit=None, cause=2))
    assert not empty.standing(closed.id).obliged


def test_a_closed_task_is_not_reopened_beside_a_new_one() -> None:
    desk = desk_with(decided("one"))
    closed = act(desk, CLOSE)
    assert not desk.standing(closed.id).open_successor
    desk.take(decided("two", cause=2))
    assert desk.standing(closed.id).open_successor


def test_what_decides_on_a_deed_is_how_the_task_stands() -> None:
    """Its own row is no other open task beside it, and a letter without an answer has reached nobody."""
    desk = desk_with(decided())
    (task,) = desk.open()
    assert not desk.standing(task.id).open_successor
    for number, (attempt, reached) in enumerate(((NOT_REACHED, False), (REACHED, True)), start=1):
        act(desk, attempt, name=f"attempt {number}")
        found = desk.standing(task.id)
        assert (found.attempts, found.reached) == (number, reached)
        assert (found.status, found.unit_id, found.appended_at) == (TaskStatus.OPEN, UNIT, ARRIVED)


def until(decision: Decision, mentor_last_day: date | None) -> Decision:
    """The same with another last day of the mentor right."""
    verdict = decision.verdict.model_copy(update={"mentor_last_day": mentor_last_day})
    return decision.model_copy(update={"verdict": verdict})


SOONER, LATER = date(2026, 1, 31), date(2026, 3, 31)


def test_the_mentors_last_day_is_what_was_said_last_and_no_deed_moves_it() -> None:
    """A corrected admission date is a new revision of a message that stays where it is."""
    desk = desk_with(until(decided("one"), LATER))
    desk.take(until(decided("two", at=later(1)), SOONER))
    assert [task.mentor_until for task in desk.open()] == [SOONER]
    assert act(desk, Take()).mentor_until == SOONER
    desk.take(until(decided("one", revision=2), date(2026, 4, 30)))
    assert [task.mentor_until for task in desk.open()] == [date(2026, 4, 30)]


def test_a_closed_task_keeps_its_mentors_last_day_until_it_is_reopened() -> None:
    """Then the latest of its messages counts; of those that have stopped obliging, none does."""
    desk = desk_with(
        until(decided("one"), SOONER), until(decided("two"), SOONER), until(decided("three"), SOONER)
    )
    act(desk, CLOSE)
    desk.take(until(decided("one", revision=2), LATER))
    desk.take(decided("three", revision=2, unit=None))
    assert {task.mentor_until for task in desk.tasks.values()} == {SOONER}
    assert act(desk, REOPEN, name="again").mentor_until == LATER


def test_where_no_message_says_when_the_mentor_ends_the_tasks_own_day_stands() -> None:
    desk = desk_with(until(decided("one"), SOONER), decided("two"))
    act(desk, CLOSE)
    closed = [task.mentor_until for task in desk.tasks.values()]
    desk.take(until(decided("one", revision=2), None), until(decided("two", revision=2), None))
    assert [act(desk, REOPEN, name="again").mentor_until] == closed


def test_a_hand_over_takes_the_messages_and_the_date_along_and_tells_both() -> None:
    desk = desk_with(decided("one", cause=1), decided("two", cause=2, at=later(1)))
    (task,) = desk.open()
    ended = act(desk, over(OTHER_UNIT))
    (successor,) = desk.open()
    assert (ended.status, ended.ending) == (TaskStatus.WITHDRAWN, Ending.TRANSFERRED)
    assert (successor.unit_id, successor.react_by, successor.appended_at, successor.mentor_until) == (
        OTHER_UNIT,
        task.react_by,
        task.appended_at,
        task.mentor_until,
    )
    assert {row.task_id for row in desk.messages.values()} == {successor.id}
    assert desk.told()[2:] == [(Occasion.HANDED_OVER, UNIT), (Occasion.TAKEN_OVER, OTHER_UNIT)]
    assert desk.audit[-2:] == [AuditKind.TASK_HANDED_OVER, AuditKind.TASK_OPENED]


def test_what_the_rules_say_later_of_a_task_that_was_handed_over_follows_it() -> None:
    """A revision and a new message that name the same unit are the other one's."""
    desk = desk_with(decided("one", cause=1))
    act(desk, over(OTHER_UNIT))
    (successor,) = desk.open()
    desk.take(decided("one", revision=2, cause=2), decided("two", cause=3))
    desk.take(decided("one", revision=3, unit=None, cause=4))
    desk.take(decided("one", revision=4, cause=5))
    assert [task.id for task in desk.open()] == [successor.id]
    assert {row.task_id for row in desk.messages.values()} == {successor.id}


def test_a_revision_in_the_batch_of_a_hand_over_follows_it() -> None:
    """A rebuild has both at once."""
    desk = desk_with(decided())
    (task,) = desk.open()
    desk.replay(deed_of(task, over(OTHER_UNIT)), decided(revision=2, cause=2), decided("two", cause=3))
    assert [one.unit_id for one in desk.open()] == [OTHER_UNIT]
    assert desk.audit.count(AuditKind.TRANSFER_VOID) == 0


def test_a_hand_over_is_void_when_the_rules_name_another_unit() -> None:
    """And stays so when they name the first one again."""
    desk = desk_with(decided())
    act(desk, over(OTHER_UNIT))
    desk.take(decided(revision=2, unit=BY_TWO, cause=2))
    assert [task.unit_id for task in desk.open()] == [BY_TWO]
    assert desk.transfers == {}
    assert desk.audit[-1] is AuditKind.TRANSFER_VOID
    desk.take(decided(revision=3, cause=3))
    assert [task.unit_id for task in desk.open()] == [UNIT]


def test_a_hand_over_that_is_void_is_said_to_be_so_once() -> None:
    """A rebuild has the same revisions in one batch."""
    desk = desk_with(decided())
    act(desk, over(OTHER_UNIT))
    desk.replay(decided(revision=2, unit=BY_TWO, cause=2), decided(revision=3, unit=BY_TWO, cause=3))
    assert desk.audit.count(AuditKind.TRANSFER_VOID) == 1


@pytest.mark.parametrize("last", ["one", "two"])
def test_a_hand_over_is_void_whichever_message_is_decided_last(last: str) -> None:
    """One names nobody any more, and two another unit."""
    desk = desk_with(decided("one"), decided("two"))
    act(desk, over(OTHER_UNIT))
    said = [decided("one", revision=2, unit=None, cause=2), decided("two", revision=2, unit=BY_TWO, cause=3)]
    desk.take(*(said if last == "two" else reversed(said)))
    assert [task.unit_id for task in desk.open()] == [BY_TWO]
    assert desk.transfers == {}


def test_a_hand_over_stands_while_one_message_names_the_unit() -> None:
    desk = desk_with(decided("one"), decided("two"))
    act(desk, over(OTHER_UNIT))
    desk.take(decided("two", revision=2, unit=BY_TWO, cause=2))
    assert {task.unit_id for task in desk.open()} == {OTHER_UNIT, BY_TWO}
    assert len(desk.transfers) == 1


def test_a_task_that_is_handed_back_is_the_first_one_again() -> None:
    desk = desk_with(decided())
    (first,) = desk.open()
    act(desk, over(OTHER_UNIT))
    act(desk, over(UNIT), name="back")
    (task,) = desk.open()
    assert (task.id, task.react_by, task.ending) == (first.id, first.react_by, None)
    assert desk.transfers == {}
    act(desk, over(BY_TWO), name="on")
    desk.take(decided(revision=2, cause=2))
    assert [task.unit_id for task in desk.open()] == [BY_TWO]


def test_each_hand_over_is_told_though_it_was_told_before_between_the_same_two() -> None:
    """There and back and there again; the notice names the act, so that a repeated request tells nobody twice."""
    desk = desk_with(decided())
    for turn, unit in enumerate((OTHER_UNIT, UNIT, OTHER_UNIT)):
        act(desk, over(unit), name=f"over {turn}")
    assert desk.told()[1:] == [
        (Occasion.HANDED_OVER, UNIT),
        (Occasion.TAKEN_OVER, OTHER_UNIT),
        (Occasion.HANDED_OVER, OTHER_UNIT),
        (Occasion.TAKEN_OVER, UNIT),
        (Occasion.HANDED_OVER, UNIT),
        (Occasion.TAKEN_OVER, OTHER_UNIT),
    ]
    assert [kind for kind in desk.audit if kind in (AuditKind.TASK_OPENED, AuditKind.TASK_REOPENED)] == [
        AuditKind.TASK_OPENED,
        AuditKind.TASK_OPENED,
        AuditKind.TASK_REOPENED,
        AuditKind.TASK_REOPENED,
    ]


def test_a_hand_over_joins_the_open_task_of_the_other_unit_under_the_earlier_date() -> None:
    desk = desk_with(decided("one", at=later(2)), decided("two", unit=OTHER_UNIT, at=later(-2)))
    mine, theirs = desk.open()
    desk.do(deed_of(mine, over(OTHER_UNIT)))
    (task,) = desk.open()
    assert (task.id, task.react_by) == (theirs.id, min(mine.react_by, theirs.react_by))
    assert task.appended_at == min(mine.appended_at, theirs.appended_at)
    assert {row.task_id for row in desk.messages.values()} == {theirs.id}


def test_a_revision_does_not_pull_a_message_out_of_where_its_unit_has_dealt_with_it() -> None:
    """One task is closed, the next one handed over: a corrected fact about the first is no news to the other unit."""
    desk = desk_with(decided("one", cause=1))
    closed = act(desk, CLOSE)
    desk.take(decided("two", cause=2))
    act(desk, over(OTHER_UNIT), name="over")
    told = desk.told()
    desk.take(decided("one", revision=2, cause=3))
    assert {row.task_id for row in desk.messages.values()} == {closed.id, desk.open()[0].id}
    assert desk.told() == told


def test_what_comes_to_oblige_again_after_the_closing_stays_with_the_task_that_is_closed() -> None:
    """Though the next one was handed over: its unit has dealt with it."""
    desk = desk_with(decided("one", cause=1))
    closed = act(desk, CLOSE)
    desk.take(decided("two", cause=2))
    act(desk, over(OTHER_UNIT), name="over")
    told = desk.told()
    desk.take(decided("one", revision=2, unit=None, cause=3))
    desk.take(decided("one", revision=3, cause=4))
    assert {row.task_id for row in desk.messages.values()} == {closed.id, desk.open()[0].id}
    assert desk.told() == told


def test_rules_that_come_to_name_the_unit_that_people_gave_it_to_tell_nobody() -> None:
    """It has the task already; only that it was handed over counts no more."""
    desk = desk_with(decided())
    act(desk, over(OTHER_UNIT))
    told = desk.told()
    desk.take(decided(revision=2, unit=OTHER_UNIT, cause=2))
    assert [task.unit_id for task in desk.open()] == [OTHER_UNIT]
    assert desk.transfers == {}
    assert desk.told() == told
    assert AuditKind.MESSAGE_LEFT not in desk.audit


def test_a_revision_that_names_the_same_unit_leaves_a_message_where_people_have_it() -> None:
    """Reopened at the unit that has handed its next task on: only a person or another unit's name takes it away."""
    desk = desk_with(decided("one", cause=1))
    closed = act(desk, CLOSE)
    desk.take(decided("two", cause=2))
    act(desk, over(OTHER_UNIT), name="over")
    act(desk, REOPEN, name="again")
    desk.take(decided("one", revision=2, cause=3))
    assert desk.tasks[closed.id].status is TaskStatus.OPEN
    assert len(desk.open()) == 2


def test_an_act_without_a_place_does_nothing() -> None:
    """A rebuild may find that a task was never opened, or never closed."""
    desk = desk_with(decided())
    (task,) = desk.open()
    stranger = Desk()
    for deed in (Take(), CLOSE, over(OTHER_UNIT)):
        assert stranger.do(deed_of(task, deed)) is None
    assert desk.do(deed_of(task, REOPEN)) is None
    act(desk, CLOSE)
    before = dict(desk.tasks)
    assert desk.do(deed_of(task, Take())) is None
    assert desk.tasks == before


_deeds: st.SearchStrategy[Action] = st.sampled_from(
    [
        Acknowledge(),
        Take(),
        Release(),
        REACHED,
        NOT_REACHED,
        CLOSE,
        Close(ending=Ending.NOT_REACHED),
        REOPEN,
        over(UNIT),
        over(OTHER_UNIT),
        over(BY_TWO),
    ]
)
_acting = st.sampled_from([True, True, False])
_revisions = st.tuples(
    st.sampled_from("abcd"),
    st.none() | st.sampled_from([UNIT, UNIT, OTHER_UNIT, BY_TWO]),
    st.sampled_from(["enrolment", "enrolment", "another"]),
)


@st.composite
def lives(draw: st.DrawFn) -> list[Decision | RecordedAction]:
    """Messages of two people, revised, and between them whatever deeds were allowed at that moment."""
    desk = Desk()
    story: list[Decision | RecordedAction] = []
    revisions: dict[str, int] = {}
    for number in range(draw(st.integers(1, 24))):
        tasks = sorted(desk.tasks.values(), key=lambda task: task.id)
        acting = draw(_acting)
        if tasks and acting:
            task = draw(st.sampled_from(tasks))
            deed = draw(_deeds)
            standing = desk.standing(task.id)
            if refusal(standing, deed, now=later(30), not_reached_after=1, units=UNITS) is None:
                done = deed_of(task, deed, name=f"act {number}", at=NOW + timedelta(minutes=number))
                assert desk.do(done) is not None
                story.append(done)
            continue
        name, unit, enrolment = draw(_revisions)
        revisions[name] = revisions.get(name, 0) + 1
        decision = decided(
            name,
            revision=revisions[name],
            unit=unit,
            enrolment=enrolment,
            person="one" if name in "abc" else "two",
            at=later("bdac".index(name) - 2),
            cause=number,
        )
        desk.take(decision)
        story.append(decision)
    return story


def played(story: Iterable[Decision | RecordedAction]) -> Desk:
    desk = Desk()
    for step in story:
        if isinstance(step, RecordedAction):
            desk.do(step)
        else:
            desk.take(step)
    return desk


@given(story=lives(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_rebuild_gives_the_same_however_its_batches_are_cut(
    story: list[Decision | RecordedAction], data: st.DataObject
) -> None:
    """Each act at its place, decisions again and again: the same tasks, messages, transfers, notices and versions."""
    plain, again = played(story), Desk()
    done: list[Decision] = []
    for batch in batches(story, data.draw(st.lists(st.integers(0, 6), max_size=8))):
        repeated = data.draw(st.lists(st.sampled_from(done), max_size=4)) if done else []
        again.replay(*repeated, *batch)
        done += [step for step in batch if isinstance(step, Decision)]
    again.replay(*done)
    assert again.tasks == plain.tasks
    assert again.messages == plain.messages
    assert again.transfers == plain.transfers
    assert again.audit == plain.audit
    assert set(again.deliveries) == set(plain.deliveries)


@given(story=lives())
@settings(max_examples=300, deadline=None)
def test_the_books_balance_after_every_step(story: list[Decision | RecordedAction]) -> None:
    """No message without a task or a reason, never two open tasks about the same, no date moved later, no lost act."""
    desk = Desk()
    before: dict[UUID, TaskRow] = {}
    reopened: set[UUID] = set()
    for step in story:
        if isinstance(step, RecordedAction):
            assert desk.do(step) is not None
            reopened |= {step.task_id} if isinstance(step.deed, Reopen) else set()
        else:
            desk.take(step)
        subjects = [task.subject for task in desk.open()]
        assert len(subjects) == len(set(subjects))
        in_use = {row.task_id for row in desk.messages.values()}
        assert {task.id for task in desk.open()} <= in_use
        for row in desk.messages.values():
            _is_accounted_for(desk, row.task_id, as_decision(row.decision), reopened)
        for identity, task in desk.tasks.items():
            _has_not_gone_back(before.get(identity), task, by_a_person=isinstance(step, RecordedAction))
        before = dict(desk.tasks)
        told = [(row.task_id, row.occasion, row.cause, row.recipient) for row in desk.deliveries.values()]
        assert len(told) == len(set(told))


def _is_accounted_for(desk: Desk, held_by: UUID | None, decision: Decision, reopened: set[UUID]) -> None:
    verdict = decision.verdict
    task = next((task for task in desk.tasks.values() if task.id == held_by), None)
    if verdict.outcome is not Outcome.OBLIGED:
        assert task is None or task.status is TaskStatus.CLOSED
        return
    assert task is not None
    assert task.status is not TaskStatus.WITHDRAWN
    assert (task.person_id, task.enrolment_id) == (
        decision.message.person_id,
        verdict.evidence.enrolment_id,
    )
    assert task.appended_at <= decision.message.origin.appended_at
    if task.status is TaskStatus.OPEN and task.unit_id != verdict.unit_id and task.id not in reopened:
        transfer = desk.transfers[task.person_id, task.enrolment_id, verdict.unit_id or ""]
        assert transfer.unit_id == task.unit_id


def _has_not_gone_back(was: TaskRow | None, task: TaskRow, *, by_a_person: bool) -> None:
    if was is None:
        assert task.version == 1
        return
    assert task.version >= was.version
    assert (task == was) == (task.version == was.version)
    if was.status is not TaskStatus.WITHDRAWN:
        assert task.react_by <= was.react_by
    if was.status is TaskStatus.CLOSED and not by_a_person:
        assert task.status is TaskStatus.CLOSED
        assert task.ending is was.ending
    assert (task.ending is None) == (task.status is TaskStatus.OPEN)
    assert (task.closed_at is not None) == (task.status is TaskStatus.CLOSED)
    assert task.react_by > date(2025, 9, 1)
