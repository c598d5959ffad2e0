"""The judge finds each kind of violation when it is put in by hand, and nothing where there is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid5

import pytest

from tests.faults.judge import judge
from tests.faults.judge_erased import NOBODY
from tests.faults.judge_secrets import cprs_in
from tests.faults.observation import Erased, Seen
from tests.faults.sound_observation import CPR, OTHER_UNIT, RULES, SPACE, THURSDAY, all_well


def _receipt_missing(seen: Seen) -> None:
    del seen.receipts["enrolments", 0, 3]


def _good_refused(seen: Seen) -> None:
    seen.receipts["enrolments", 0, 3] = "rejected"


def _bad_accepted(seen: Seen) -> None:
    seen.receipts["enrolments", 0, 9] = "accepted"


def _receipt_of_nothing(seen: Seen) -> None:
    seen.receipts["enrolments", 0, 99] = "accepted"


def _not_applied(seen: Seen) -> None:
    del seen.applied[0]


def _two_pseudonyms(seen: Seen) -> None:
    seen.applied[0] = (seen.applied[0][0], "somebody else")


def _message_missing(seen: Seen) -> None:
    seen.messages.clear()


def _message_of_nobody(seen: Seen) -> None:
    seen.messages.append(replace(seen.messages[0], message_id="never sent", outcome="undecided"))


def _not_obliged(seen: Seen) -> None:
    seen.messages[0] = replace(seen.messages[0], outcome="not_obliged", reason="after_window")


def _wrong_reason(seen: Seen) -> None:
    seen.messages[0] = replace(seen.messages[0], enrolment_id="another")


def _message_at_wrong_unit(seen: Seen) -> None:
    seen.messages[0] = replace(seen.messages[0], unit_id=OTHER_UNIT)


def _obliges_without_ground(seen: Seen) -> None:
    del seen.inputs[1]  # no benefit period


def _task_missing(seen: Seen) -> None:
    seen.tasks.clear()


def _task_withdrawn(seen: Seen) -> None:
    seen.tasks[0] = replace(seen.tasks[0], status="withdrawn")


def _task_doubled(seen: Seen) -> None:
    second = uuid5(SPACE, "second")
    seen.tasks.append(replace(seen.tasks[0], id=second))
    seen.deliveries.append(
        replace(seen.deliveries[0], id=uuid5(SPACE, "n2"), task_id=second, status="superseded")
    )


def _task_at_wrong_unit(seen: Seen) -> None:
    seen.tasks[0] = replace(seen.tasks[0], unit_id=OTHER_UNIT)


def _task_of_nobody(seen: Seen) -> None:
    seen.tasks.append(replace(seen.tasks[0], id=uuid5(SPACE, "phantom"), person_id="nobody"))


def _due_a_day_late(seen: Seen) -> None:
    seen.tasks[0] = replace(seen.tasks[0], react_by=date(2026, 12, 4))


def _counted_from_now(seen: Seen) -> None:
    seen.tasks[0] = replace(seen.tasks[0], appended_at=THURSDAY + timedelta(hours=1))


def _cpr_in_a_log(seen: Seen) -> None:
    seen.texts.append(("log worker-1.log", b"INFO cannot read 010199-1234 today"))


def _erased(seen: Seen) -> str:
    """The person is erased after everything was sent, and the ledger has forgotten."""
    person = seen.applied[0][1]
    seen.erased[CPR] = Erased(CPR, person, THURSDAY + timedelta(days=1))
    seen.applied = [(place, NOBODY if name == person else name) for place, name in seen.applied]
    for rows in (seen.messages, seen.tasks, seen.deliveries, seen.mails):
        rows.clear()
    return person


def test_whoever_is_erased_is_not_asked_for() -> None:
    seen = all_well()
    _erased(seen)
    assert judge(seen, RULES).findings == []


def test_what_is_left_of_the_erased_is_found() -> None:
    """A row that names the person; a message that stands there still; an entry that has a name."""
    seen = all_well()
    messages = list(seen.messages)
    person = _erased(seen)
    seen.messages, seen.named = messages, [("messages", person)]
    seen.applied[0] = (seen.applied[0][0], person)
    verdict = judge(seen, RULES)
    assert (verdict.phantom, verdict.wrong) == (2, 1), verdict.findings


@pytest.mark.parametrize(
    ("plant", "figure"),
    [
        (_receipt_missing, "lost"),
        (_good_refused, "lost"),
        (_bad_accepted, "phantom"),
        (_receipt_of_nothing, "phantom"),
        (_not_applied, "lost"),
        (_two_pseudonyms, "wrong"),
        (_message_missing, "lost"),
        (_message_of_nobody, "phantom"),
        (_not_obliged, "lost"),
        (_wrong_reason, "wrong"),
        (_message_at_wrong_unit, "wrong_unit"),
        (_obliges_without_ground, "phantom"),
        (_task_missing, "lost"),
        (_task_withdrawn, "lost"),
        (_task_doubled, "duplicate_tasks"),
        (_task_at_wrong_unit, "wrong_unit"),
        (_task_of_nobody, "phantom"),
        (_due_a_day_late, "deadlines_moved"),
        (_counted_from_now, "deadlines_moved"),
        (_cpr_in_a_log, "cpr_found"),
    ],
)
def test_a_violation_that_is_put_in_by_hand_is_found(plant: Callable[[Seen], None], figure: str) -> None:
    seen = all_well()
    plant(seen)
    verdict = judge(seen, RULES)
    assert getattr(verdict, figure) > 0, verdict


def test_nothing_is_found_where_all_is_well() -> None:
    verdict = judge(all_well(), RULES)
    assert (verdict.violations, verdict.findings) == (0, [])
    assert (verdict.records, verdict.messages, verdict.copies) == (5, 1, 0)


def test_findings_name_places_and_never_a_person() -> None:
    seen = all_well()
    _cpr_in_a_log(seen)
    _task_missing(seen)
    assert not any(CPR in line for line in judge(seen, RULES).findings)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'{"cpr":"0101991234"}', [b"0101991234"]),
        (b"cpr=010199-1234;", [b"0101991234"]),
        (b"at 12345678901 bytes", []),
        (b"0ea0101991234", []),
    ],
)
def test_a_cpr_is_seen_by_itself_and_not_inside_other_numbers(text: bytes, found: list[bytes]) -> None:
    assert list(cprs_in(text)) == found
