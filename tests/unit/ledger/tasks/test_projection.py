"""From decisions to duties: which task a message belongs to, until when, and whom that makes it due to tell."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.tasks.projection import Projection
from ledger.tasks.rows import AuditRow
from models.audit_kind import AuditKind
from models.eligibility.decision import Decision, Outcome
from models.ids import task_id
from models.notifications.delivery import Occasion
from models.reasons import DecisionReason
from models.tasks.actions import HandOver, HandOverReason
from models.tasks.status import TaskStatus
from tests.factories import INSTITUTION, PERSON, uuid
from tests.unit.ledger.decisions import (
    ARRIVED,
    BY_TWO,
    NOW,
    OTHER_UNIT,
    POLICY,
    RECIPIENTS,
    UNIT,
    Desk,
    batches,
    decided,
    deed_of,
    later,
)


def test_an_obliged_message_opens_a_task_and_the_unit_is_told() -> None:
    """One task, its id from what it is about, one notice to each recipient of the unit."""
    desk = Desk()
    desk.take(decided(unit=BY_TWO))
    (task,) = desk.open()
    assert task.id == task_id(PERSON, uuid("enrolment"), BY_TWO, 1)
    assert (task.unit_id, task.mentor_until) == (BY_TWO, date(2026, 2, 10))
    assert [(row.occasion, row.recipient) for row in desk.deliveries.values()] == [
        (Occasion.NEW, recipient) for recipient in RECIPIENTS[BY_TWO]
    ]
    assert [row.task_id for row in desk.messages.values()] == [task.id]
    assert desk.audit == [AuditKind.DECIDED, AuditKind.TASK_OPENED]


@pytest.mark.parametrize("reason", [DecisionReason.AFTER_WINDOW, DecisionReason.WITHDRAWN])
def test_a_message_that_obliges_nobody_is_kept_and_tells_nobody(reason: DecisionReason) -> None:
    """The ledger has every accepted message, with or without a duty."""
    desk = Desk()
    desk.take(decided(unit=None, reason=reason))
    assert (desk.tasks, desk.deliveries) == ({}, {})
    assert [row.task_id for row in desk.messages.values()] == [None]


def test_a_second_message_joins_the_open_task() -> None:
    """Never a second task about one person's enrolment at one unit."""
    desk = Desk()
    desk.take(decided("one", cause=1))
    desk.take(decided("two", cause=2))
    assert len(desk.tasks) == 1
    assert {row.task_id for row in desk.messages.values()} == set(desk.tasks)
    assert desk.told() == [(Occasion.NEW, UNIT), (Occasion.MORE_MESSAGES, UNIT)]
    assert desk.audit[-1] is AuditKind.MESSAGE_JOINED


@pytest.mark.parametrize("sizes", [(4,), (1, 3), (2, 2), (1, 1, 1, 1)])
def test_one_cause_tells_a_unit_once_however_the_batches_are_cut(sizes: tuple[int, ...]) -> None:
    """A fact that obliges four messages at once is one notice; where a poll ended makes no difference."""
    desk = Desk()
    decisions = [decided(name, cause=7) for name in ("a", "b", "c", "d")]
    for batch in batches(decisions, sizes):
        desk.take(*batch)
    assert desk.told() == [(Occasion.NEW, UNIT)]
    desk.take(decided("e", cause=8), decided("f", cause=8))
    assert desk.told()[1:] == [(Occasion.MORE_MESSAGES, UNIT)]


def test_one_cause_that_takes_a_duty_away_and_gives_it_back_tells_both() -> None:
    """Only that more messages have come is left out: the last word must be that there is a task."""
    desk = Desk()
    desk.take(decided("one", cause=1))
    desk.take(decided("one", revision=2, unit=None, cause=2), decided("two", cause=2))
    assert desk.told() == [(Occasion.NEW, UNIT), (Occasion.WITHDRAWN, UNIT), (Occasion.NEW, UNIT)]


def test_nothing_is_refused_unless_it_is_said() -> None:
    projection = Projection((), (), policy=POLICY, now=NOW)
    projection.take(decided())
    assert [task.status for task in projection.changes.tasks.values()] == [TaskStatus.OPEN]


def test_the_trail_says_which_message_and_which_task_and_of_an_act_no_message() -> None:
    desk = Desk()
    rows = desk.take(decided()).audit
    (task,) = desk.open()
    about = {"sender": INSTITUTION, "message_id": uuid("message")}
    assert rows == [
        AuditRow(
            kind=AuditKind.DECIDED,
            task_id=None,
            detail={"revision": 1, "outcome": "obliged", "reason": "obliged"},
            **about,
        ),
        AuditRow(kind=AuditKind.TASK_OPENED, task_id=task.id, detail={"unit": UNIT}, **about),
    ]
    projection = Projection(desk.messages.values(), desk.tasks.values(), policy=POLICY, now=NOW)
    act = deed_of(task, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.AGREED))
    effect = projection.do(act)
    assert effect is not None
    assert projection.changes.audit == [
        AuditRow(
            kind=AuditKind.TASK_HANDED_OVER, task_id=task.id, detail={"to": OTHER_UNIT, "act": str(act.id)}
        ),
        AuditRow(
            kind=AuditKind.TASK_OPENED,
            task_id=effect.successor,
            detail={"unit": OTHER_UNIT, "act": str(act.id)},
        ),
    ]


def test_another_enrolment_or_another_person_is_another_task() -> None:
    """A task is about one person's one enrolment."""
    desk = Desk()
    desk.take(decided("one"), decided("two", enrolment="another"), decided("three", person="somebody else"))
    assert len(desk.open()) == 3


def test_a_task_moves_when_its_last_message_does() -> None:
    """The old unit is told that it is rid of it, the new one that it has it."""
    desk = Desk()
    desk.take(decided(cause=1))
    desk.take(decided(revision=2, unit=OTHER_UNIT, cause=2))
    assert [(task.unit_id, task.status) for task in desk.tasks.values()] == [
        (UNIT, TaskStatus.WITHDRAWN),
        (OTHER_UNIT, TaskStatus.OPEN),
    ]
    assert desk.told() == [
        (Occasion.NEW, UNIT),
        (Occasion.HANDED_OVER, UNIT),
        (Occasion.TAKEN_OVER, OTHER_UNIT),
    ]
    assert AuditKind.TASK_HANDED_OVER in desk.audit


def test_a_task_stays_while_one_of_its_messages_does() -> None:
    """One message of two moves: both units owe a reaction, each for its own."""
    desk = Desk()
    desk.take(decided("one", cause=1), decided("two", cause=2))
    desk.take(decided("two", revision=2, unit=OTHER_UNIT, cause=3))
    assert {task.unit_id for task in desk.open()} == {UNIT, OTHER_UNIT}
    assert (Occasion.HANDED_OVER, UNIT) not in desk.told()
    assert AuditKind.MESSAGE_LEFT in desk.audit


def test_a_task_is_withdrawn_with_its_last_message() -> None:
    """And not with the one before it."""
    desk = Desk()
    desk.take(decided("one", cause=1), decided("two", cause=2))
    desk.take(decided("one", revision=2, unit=None, cause=3))
    assert len(desk.open()) == 1
    desk.take(decided("two", revision=2, unit=None, cause=4))
    assert desk.open() == []
    assert desk.told()[-1] == (Occasion.WITHDRAWN, UNIT)
    assert desk.audit[-2:] == [AuditKind.MESSAGE_LEFT, AuditKind.TASK_WITHDRAWN]
    assert {row.task_id for row in desk.messages.values()} == {None}


def test_a_duty_that_comes_back_reopens_the_same_task() -> None:
    """People have its reference; there is no second one for the same duty."""
    desk = Desk()
    desk.take(decided(cause=1))
    (first,) = desk.open()
    desk.take(decided(revision=2, unit=None, cause=2))
    desk.take(decided(revision=3, cause=3))
    (again,) = desk.open()
    assert (again.id, again.reference, again.react_by) == (first.id, first.reference, first.react_by)
    assert desk.told()[-1] == (Occasion.NEW, UNIT)
    assert desk.audit[-1] is AuditKind.TASK_REOPENED


def test_a_task_that_moves_back_is_the_first_one_again() -> None:
    """There and back: two tasks, and each unit knows at each moment whether it owes a reaction."""
    desk = Desk()
    for revision, unit in enumerate((UNIT, OTHER_UNIT, UNIT), start=1):
        desk.take(decided(revision=revision, unit=unit))
    assert [(task.unit_id, task.status) for task in desk.tasks.values()] == [
        (UNIT, TaskStatus.OPEN),
        (OTHER_UNIT, TaskStatus.WITHDRAWN),
    ]
    assert desk.told()[-2:] == [(Occasion.HANDED_OVER, OTHER_UNIT), (Occasion.TAKEN_OVER, UNIT)]


@pytest.mark.parametrize(
    ("arrived", "expected"),
    [
        (datetime(2025, 10, 1, 10, tzinfo=UTC), date(2025, 10, 8)),
        # Half past midnight in Copenhagen is the next day, though not in UTC.
        (datetime(2025, 10, 1, 22, 30, tzinfo=UTC), date(2025, 10, 9)),
        (datetime(2025, 10, 3, 20, tzinfo=UTC), date(2025, 10, 10)),
        # The 13th is a day off.
        (datetime(2025, 10, 7, 10, tzinfo=UTC), date(2025, 10, 15)),
    ],
)
def test_the_target_is_five_working_days_after_the_broker_got_the_message(
    arrived: datetime, expected: date
) -> None:
    """By Copenhagen's date; weekends and days off do not count, and processing time has no part in it."""
    desk = Desk()
    desk.take(decided(at=arrived), now=arrived + timedelta(days=40))
    assert [task.react_by for task in desk.open()] == [expected]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("unit", [UNIT, OTHER_UNIT])
def test_the_earliest_message_sets_the_target_and_no_other_moves_it_later(
    order: tuple[int, int], unit: str
) -> None:
    """Whichever was projected first; not even where the unit has set itself a shorter target in between."""
    desk = Desk()
    early, late = decided("early", unit=unit), decided("late", unit=unit, at=later(1), cause=2)
    known: list[date] = []
    for index in order:
        desk.take((early, late)[index])
        known.append(desk.open()[0].react_by)
    assert known == sorted(known, reverse=True)
    assert desk.open()[0].appended_at == ARRIVED


def test_a_revision_of_the_first_message_moves_no_date() -> None:
    """Though the unit has set itself a shorter target since: the date was told, and is counted from the arrival."""
    days = [5]
    desk = Desk(replace(POLICY, react_by_days=lambda _unit, _arrived: days[0]))
    desk.take(decided())
    (before,) = desk.open()
    days[0] = 2
    desk.take(decided(revision=2, cause=2))
    assert [task.react_by for task in desk.open()] == [before.react_by]


def test_a_notice_may_be_sent_until_the_target_and_for_a_day_at_least() -> None:
    """The deadline ends with the target's day in Copenhagen; what is found late still has a day."""
    desk = Desk()
    desk.take(decided())
    (row,) = desk.deliveries.values()
    assert row.deadline == datetime(2025, 10, 9, tzinfo=ZoneInfo("Europe/Copenhagen"))
    late, now = Desk(), later(60)
    late.take(decided(), now=now)
    assert [row.deadline for row in late.deliveries.values()] == [now + timedelta(hours=24)]


def test_a_refused_conflict_obliges_nobody() -> None:
    """The receipts knew before match did; what match says later is another revision."""
    desk = Desk()
    desk.take(decided(), refused=True)
    (row,) = desk.messages.values()
    verdict = row.decision.verdict
    assert (verdict.outcome, verdict.reason) == (Outcome.NOT_OBLIGED, DecisionReason.ID_CONFLICT)
    assert (verdict.unit_id, verdict.mentor_last_day, row.task_id) == (None, None, None)
    assert desk.tasks == {}


def test_a_refused_message_that_obliged_nobody_keeps_its_own_reason() -> None:
    """A refusal takes a duty away; it invents nothing."""
    desk = Desk()
    desk.take(decided(unit=None, reason=DecisionReason.AFTER_WINDOW), refused=True)
    (row,) = desk.messages.values()
    assert row.decision.verdict.reason is DecisionReason.AFTER_WINDOW


def test_what_was_left_out_gives_way_to_any_decision_on_it() -> None:
    """Match remembers no revision of it, so its next one is 1, as the one before may have been."""
    left_out = decided(unit=None, reason=DecisionReason.TOO_MANY_EVENTS)
    for revision in (0, 1):
        desk = Desk()
        desk.take(left_out.model_copy(update={"revision": revision}))
        desk.take(decided())
        desk.take(left_out.model_copy(update={"revision": revision}))
        (row,) = desk.messages.values()
        assert row.decision == decided()
        assert row.task_id is not None


def test_an_older_or_equal_revision_changes_nothing() -> None:
    """A replay of the topic, or a zombie's late word."""
    desk = Desk()
    desk.take(decided(revision=3))
    for revision in (1, 2, 3):
        changes = desk.take(decided(revision=revision, unit=OTHER_UNIT, cause=9))
        assert (changes.messages, changes.tasks, changes.deliveries, changes.audit) == ({}, {}, {}, [])


def test_a_unit_without_recipients_has_its_task_all_the_same() -> None:
    """Nobody to tell is no reason for the duty to vanish."""
    desk = Desk()
    desk.take(decided(unit="unit-nobody"))
    assert len(desk.open()) == 1
    assert desk.deliveries == {}


_units = st.none() | st.sampled_from([UNIT, OTHER_UNIT, BY_TWO])


@st.composite
def histories(draw: st.DrawFn) -> list[Decision]:
    """Up to five messages of two people, each with some revisions, mixed; causes grow with the log."""
    told = draw(
        st.lists(
            st.tuples(
                st.sampled_from("abcde"), _units, st.sampled_from(["enrolment", "another"]), st.booleans()
            ),
            max_size=24,
        )
    )
    revisions: dict[str, int] = {}
    cause, decisions = 0, []
    for name, unit, enrolment, same_cause in told:
        cause += not same_cause
        revisions[name] = revisions.get(name, 0) + 1
        decisions.append(
            decided(
                name,
                revision=revisions[name],
                unit=unit,
                enrolment=enrolment,
                person="one" if name in "abc" else "two",
                at=later("ceadb".index(name)),
                cause=cause,
            )
        )
    return decisions


@given(history=histories(), data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_history_replayed_with_duplicates_gives_the_same_ledger(
    history: list[Decision], data: st.DataObject
) -> None:
    """However it is cut, and whatever of it comes again: the same tasks, the same notices."""
    plain = Desk()
    for decision in history:
        plain.take(decision)
    replayed = Desk()
    cuts = data.draw(st.lists(st.integers(0, 6), max_size=8))
    done: list[Decision] = []
    for batch in batches(history, cuts):
        again = data.draw(st.lists(st.sampled_from(done), max_size=5)) if done else []
        replayed.take(*again, *batch)
        done += batch
    replayed.take(*history)
    assert replayed.tasks == plain.tasks
    assert replayed.messages == plain.messages
    assert replayed.deliveries == plain.deliveries
    assert replayed.audit == plain.audit


@given(history=histories())
@settings(max_examples=300, deadline=None)
def test_the_books_balance_after_every_decision(history: list[Decision]) -> None:
    """Every obliged message is in one open task, its unit's and its enrolment's; no two tasks are about the same."""
    desk = Desk()
    targets: dict[object, date] = {}
    for decision in history:
        desk.take(decision)
        holders = {task.id: task for task in desk.open()}
        subjects = [task.subject for task in holders.values()]
        assert len(subjects) == len(set(subjects))
        used = set()
        for row in desk.messages.values():
            verdict = row.decision.verdict
            if verdict.outcome is not Outcome.OBLIGED:
                assert row.task_id is None
                continue
            assert row.task_id is not None
            task = holders[row.task_id]
            used.add(task.id)
            assert task.subject == (
                row.decision.message.person_id,
                verdict.evidence.enrolment_id,
                verdict.unit_id,
            )
            assert task.appended_at <= row.decision.message.origin.appended_at
        assert used == set(holders)
        for identity, task in holders.items():
            assert task.react_by <= targets.get(identity, task.react_by)
        targets = {identity: task.react_by for identity, task in holders.items()}
        told = [(row.task_id, row.occasion, row.cause, row.recipient) for row in desk.deliveries.values()]
        assert len(told) == len(set(told))
    assert all(row.deadline >= NOW + timedelta(hours=24) for row in desk.deliveries.values())
    assert POLICY.days_off


def contradicted(decision: Decision, *by: str) -> Decision:
    """The same, with what other institutions say beside it."""
    evidence = decision.verdict.evidence.model_copy(update={"contradicted_by": by or None})
    verdict = decision.verdict.model_copy(update={"evidence": evidence})
    return decision.model_copy(update={"verdict": verdict})


@pytest.mark.parametrize("unit", [UNIT, None])
def test_a_flag_that_comes_and_goes_is_no_change_of_the_task(unit: str | None) -> None:
    """A claim of somebody else, back and forth: the message's page says it, and nobody's work begins anew."""
    desk = Desk()
    desk.take(decided(unit=unit))
    tasks, audit, outbox = dict(desk.tasks), list(desk.audit), list(desk.outbox)
    for revision in range(2, 12):
        flag = ("281082",) if revision % 2 == 0 else ()
        last = contradicted(decided(revision=revision, unit=unit), *flag)
        desk.take(last)
        assert [row.decision for row in desk.messages.values()] == [last]
    assert (desk.tasks, desk.audit, desk.outbox) == (tasks, audit, outbox)
    desk.take(decided(revision=12, unit=None, reason=DecisionReason.AFTER_WINDOW))
    assert desk.audit[len(audit)] is AuditKind.DECIDED
    assert [task.status for task in desk.tasks.values()] == ([TaskStatus.WITHDRAWN] if unit else [])


def test_a_revision_that_moves_a_date_of_the_task_is_a_change_of_it() -> None:
    """The mentor's day is shown and planned by."""
    desk = Desk()
    desk.take(decided())
    moved = decided(revision=2)
    verdict = moved.verdict.model_copy(update={"mentor_last_day": date(2026, 3, 1)})
    desk.take(moved.model_copy(update={"verdict": verdict}))
    (task,) = desk.open()
    assert (task.version, task.mentor_until, len(desk.outbox)) == (2, date(2026, 3, 1), 2)
    assert desk.audit.count(AuditKind.DECIDED) == 2
