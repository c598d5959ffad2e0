"""The judge finds each kind of violation when it is put in by hand, and nothing where there is none."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from config.law import load_law
from config.tables import DATA
from models.events import TYPE_PREFIX
from publisher.plain import PlainEvent, Ready
from tests.factories import uuid
from tests.faults.judge import Rules, cprs_in, judge
from tests.faults.load import Sent
from tests.faults.seen import (
    ActSeen,
    DeliverySeen,
    Logged,
    MailSeen,
    MessageSeen,
    Promised,
    Seen,
    TaskSeen,
)
from tests.unit.models.histories import plain_law

CPR = "0101991234"
OTHER_CPR = "0201991234"
UNIT = "jc-0101"
OTHER_UNIT = "jc-0147"
SPACE = UUID("6d4a1b0e-5c1c-5f0e-9a55-3f1f5f0c7b12")
THURSDAY = datetime(2026, 11, 26, 9, tzinfo=UTC)
RULES = Rules(
    law=plain_law(load_law(DATA)),
    days={},
    usual_days=5,
    days_off=(),
    addresses={UNIT: "opgaver@jc-0101.example", OTHER_UNIT: "opgaver@jc-0147.example"},
)


def _logged(number: int, kind: str, sender: str, time: str, cpr: str = CPR, **data: Any) -> Logged:
    event = PlainEvent(
        type=f"{TYPE_PREFIX}{kind}.v1",
        id=uuid(f"{kind} {number}"),
        sender=sender,
        source="urn:oio:cvr-nr:00000000",
        time=time,
        data={"cpr": cpr, **data},
    )
    sent = Sent(Ready("enrolments", b"", b"sealed", ()), cpr, event)
    return Logged(("enrolments", 0, number), THURSDAY + timedelta(seconds=number), sent)


def _risk(number: int) -> Logged:
    return _logged(
        number,
        "dropout-risk.raised",
        "900101",
        "2025-10-01T09:00:00+02:00",
        institution_number="900101",
        signals=["absence"],
        severity="high",
    )


STUDY = uuid("study")
TASK = uuid5(SPACE, "task")
NOTICE = uuid5(SPACE, "notice")


def all_well() -> Seen:
    """One person, one duty, one task, one mail; and one bad record that was refused."""
    bad = Logged(("enrolments", 0, 9), THURSDAY, Sent(Ready("enrolments", b"", b"{", ()), OTHER_CPR, None))
    inputs = [
        _logged(
            0,
            "enrolment.registered",
            "900101",
            "2025-08-12T09:00:00+02:00",
            enrolment_id=STUDY,
            institution_number="900101",
            education_type="eud",
            admission_date="2025-08-01",
            study_start="2025-08-11",
        ),
        _logged(
            1,
            "benefit-period.registered",
            "0101",
            "2025-01-01T09:00:00+01:00",
            period_id=uuid("help"),
            municipality_code="0101",
            benefit_type="uddannelseshjaelp",
            target_group="uddannelsesparat",
            valid_from="2024-01-01",
        ),
        _logged(
            2,
            "residence.registered",
            "REG-CPR",
            "2020-01-01T09:00:00+01:00",
            residence_id=uuid("home"),
            municipality_code="0101",
            valid_from="2020-01-01",
        ),
        _risk(3),
    ]
    message = inputs[3].sent.event
    assert message is not None
    return Seen(
        inputs=[*inputs, bad],
        receipts={one.place: "accepted" for one in inputs} | {bad.place: "rejected"},
        applied=[(one.place, "person") for one in inputs],
        messages=[MessageSeen("900101", message.id, "person", "obliged", "obliged", STUDY, UNIT, TASK)],
        tasks=[TaskSeen(TASK, "person", STUDY, UNIT, "open", date(2026, 12, 3), inputs[3].appended_at)],
        deliveries=[DeliverySeen(NOTICE, TASK, "new", "0:3", RULES.addresses[UNIT], "delivered")],
        mails=[MailSeen(f"<{NOTICE}@x.example>", RULES.addresses[UNIT], "words", answered=True)],
        texts=[("topic receipts/0@0", b'{"offset":3}')],
    )


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


def _nobody_told(seen: Seen) -> None:
    seen.deliveries.clear()
    seen.mails.clear()


def _said_to_be_sent(seen: Seen) -> None:
    seen.mails.clear()


def _never_answered(seen: Seen) -> None:
    seen.mails[0] = replace(seen.mails[0], answered=False)


def _exhausted(seen: Seen) -> None:
    seen.deliveries[0] = replace(seen.deliveries[0], status="exhausted")


def _other_words(seen: Seen) -> None:
    seen.mails.append(replace(seen.mails[0], digest="other words"))


def _other_identity(seen: Seen) -> None:
    seen.mails.append(replace(seen.mails[0], message_id="<another@x.example>"))


def _two_notices_of_one_cause(seen: Seen) -> None:
    seen.deliveries.append(replace(seen.deliveries[0], id=uuid5(SPACE, "again"), status="superseded"))


def _mail_to_somebody_else(seen: Seen) -> None:
    seen.mails[0] = replace(seen.mails[0], recipient=RULES.addresses[OTHER_UNIT])


def _cpr_in_a_log(seen: Seen) -> None:
    seen.texts.append(("log worker-1.log", b"INFO cannot read 010199-1234 today"))


GIVEN, OTHER_TASK = uuid5(SPACE, "given"), uuid5(SPACE, "other task")


def _act(number: int, kind: str, *, task: UUID = TASK, to_unit: str | None = None) -> ActSeen:
    return ActSeen(uuid5(SPACE, f"{kind} {number} {task}"), task, number, kind, to_unit, number)


def worked() -> Seen:
    """The person was sought, the task handed over, and closed by the other unit."""
    seen = all_well()
    seen.acts = [
        _act(1, "attempt"),
        _act(2, "hand_over", to_unit=OTHER_UNIT),
        replace(_act(1, "attempt", task=OTHER_TASK), serial=3),
        replace(_act(2, "close", task=OTHER_TASK), serial=4),
    ]
    seen.promised = [Promised(act.id, act.task_id, act.kind) for act in seen.acts]
    first = replace(seen.tasks[0], status="withdrawn", attempts=1)
    seen.tasks = [first, replace(first, id=OTHER_TASK, unit_id=OTHER_UNIT, status="closed")]
    seen.messages[0] = replace(seen.messages[0], task_id=OTHER_TASK)
    return seen


def _act_missing(seen: Seen) -> None:
    del seen.acts[3]


def _act_with_a_hole(seen: Seen) -> None:
    seen.promised = []
    seen.acts[3] = replace(seen.acts[3], number=3)


def _another_act(seen: Seen) -> None:
    seen.acts[0] = replace(seen.acts[0], kind="take")


def _opened_again_by_nobody(seen: Seen) -> None:
    seen.tasks[1] = replace(seen.tasks[1], status="open")


def _attempt_not_counted(seen: Seen) -> None:
    seen.tasks[1] = replace(seen.tasks[1], attempts=0)


def _given_to_a_third(seen: Seen) -> None:
    seen.tasks[1] = replace(seen.tasks[1], unit_id="jc-0461")


def _left_behind(seen: Seen) -> None:
    seen.messages[0] = replace(seen.messages[0], task_id=TASK)


def _open_and_empty(seen: Seen) -> None:
    seen.tasks.append(replace(seen.tasks[0], id=GIVEN, status="open", attempts=0))


@pytest.mark.parametrize(
    ("plant", "figure"),
    [
        (_act_missing, "lost"),
        (_act_with_a_hole, "lost"),
        (_another_act, "wrong"),
        (_opened_again_by_nobody, "wrong"),
        (_attempt_not_counted, "wrong"),
        (_given_to_a_third, "wrong_unit"),
        (_left_behind, "lost"),
        (_open_and_empty, "phantom"),
    ],
)
def test_what_contradicts_the_acts_is_found(plant: Callable[[Seen], None], figure: str) -> None:
    seen = worked()
    assert judge(seen, RULES).findings == []
    plant(seen)
    verdict = judge(seen, RULES)
    assert getattr(verdict, figure) > 0, verdict


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
        (_nobody_told, "lost"),
        (_said_to_be_sent, "lost"),
        (_never_answered, "lost"),
        (_exhausted, "lost"),
        (_other_words, "duplicate_mails"),
        (_other_identity, "duplicate_mails"),
        (_two_notices_of_one_cause, "duplicate_mails"),
        (_mail_to_somebody_else, "wrong_unit"),
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


def test_the_very_same_mail_once_more_is_a_copy_and_no_double() -> None:
    seen = all_well()
    seen.mails.append(seen.mails[0])
    verdict = judge(seen, RULES)
    assert (verdict.copies, verdict.violations) == (1, 0)


def test_a_refused_notice_is_lost_unless_the_cell_makes_the_relay_refuse() -> None:
    seen = all_well()
    seen.deliveries[0] = replace(seen.deliveries[0], status="refused")
    assert judge(seen, RULES).lost == 1
    seen.deliveries.append(
        replace(
            seen.deliveries[0],
            id=uuid5(SPACE, "instead"),
            occasion="escalation",
            cause="step:1",
            status="superseded",
            audience="service",
        )
    )
    allowed = judge(seen, replace(RULES, refusals=True))
    assert (allowed.lost, allowed.refused) == (0, 1)


def test_a_refused_notice_that_nobody_was_told_of_is_lost_whatever_the_relay_does() -> None:
    seen = all_well()
    seen.deliveries[0] = replace(seen.deliveries[0], status="refused")
    assert judge(seen, replace(RULES, refusals=True)).lost == 1


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
