"""The naive judge, checked by hand where a wrong count would be easiest to believe."""

from dataclasses import replace
from typing import Any

import pytest

from local.demo.scenario.history import History
from models.eligibility.law import Law
from models.events.event_types import TYPE_PREFIX
from publisher.events import PlainEvent

SCHOOL = "900101"
ENROLMENT = "11111111-1111-4111-a111-111111111111"
PERIOD = "22222222-2222-4222-a222-222222222222"


def event(kind: str, time: str, sender: str = SCHOOL, **data: Any) -> PlainEvent:
    name = f"{TYPE_PREFIX}{kind}.v1"
    return PlainEvent(type=name, id=time, sender=sender, source="", time=time, data={"cpr": "", **data})


def enrolled(start: str, *, time: str = "2026-07-01T10:00:00+02:00", **data: Any) -> PlainEvent:
    fields = {"enrolment_id": ENROLMENT, "institution_number": SCHOOL, "education_type": "eud", **data}
    return event("enrolment.registered", time, admission_date="2026-07-01", study_start=start, **fields)


def on_benefit(first: str, last: str | None, *, group: str = "uddannelsesparat") -> PlainEvent:
    data = {"valid_from": first} | ({} if last is None else {"valid_to": last})
    return event(
        "benefit-period.registered",
        "2026-06-01T10:00:00+02:00",
        "0101",
        period_id=PERIOD,
        benefit_type="kontanthjaelp",
        target_group=group,
        **data,
    )


def at_home(code: str, since: str, *, time: str = "2026-06-01T11:00:00+02:00") -> PlainEvent:
    data = {"residence_id": since, "municipality_code": code, "valid_from": since}
    return event("residence.registered", time, "REG-CPR", **data)


def warned(time: str) -> PlainEvent:
    return event("dropout-risk.raised", time, institution_number=SCHOOL)


def reason(law: Law, *events: PlainEvent) -> str:
    history = History()
    for one in events:
        history.add(one)
    return history.judge(history.messages[0], law).reason


USUAL = (on_benefit("2025-09-01", "2026-07-31"), at_home("0101", "2020-01-01"))


@pytest.mark.parametrize(
    ("start", "time", "wanted"),
    [
        ("2026-03-31", "2026-09-30T02:00:00+02:00", "obliged"),
        ("2026-03-31", "2026-10-01T02:00:00+02:00", "after_window"),
        ("2026-03-09", "2026-09-09T21:50:00Z", "obliged"),
        ("2026-03-09", "2026-09-09T22:10:00Z", "after_window"),
        ("2026-09-02", "2026-09-01T22:10:00Z", "obliged"),
        ("2026-09-02", "2026-09-01T21:50:00Z", "before_study_start"),
    ],
)
def test_the_window_is_counted_in_copenhagens_days_with_right_month_ends(
    law: Law, start: str, time: str, wanted: str
) -> None:
    always = on_benefit("2025-09-01", None)
    assert reason(law, enrolled(start), always, USUAL[1], warned(time)) == wanted


@pytest.mark.parametrize(
    ("last", "wanted"),
    [("2026-06-09", "obliged"), ("2026-06-08", "target_group_ended_too_early"), (None, "obliged")],
)
def test_the_look_back_is_62_days(law: Law, last: str | None, wanted: str) -> None:
    message = warned("2026-09-02T02:00:00+02:00")
    assert reason(law, enrolled("2026-08-10"), on_benefit("2025-01-01", last), USUAL[1], message) == wanted


def test_what_is_registered_last_counts_and_not_what_came_last(law: Law) -> None:
    message = warned("2026-09-02T02:00:00+02:00")
    late = enrolled("2026-12-01", time="2026-06-15T10:00:00+02:00")
    assert reason(law, enrolled("2026-08-10"), *USUAL, message, late) == "obliged"
    later = enrolled("2026-12-01", time="2026-07-15T10:00:00+02:00")
    assert reason(law, enrolled("2026-08-10"), *USUAL, message, later) == "before_study_start"


def test_an_annulled_period_and_a_withdrawn_message_count_no_more(law: Law) -> None:
    message = warned("2026-09-02T02:00:00+02:00")
    known = (enrolled("2026-08-10"), *USUAL, message)
    moment = "2026-11-16T10:00:00+01:00"
    annulled = event("benefit-period.annulled", moment, "0101", period_id=PERIOD)
    assert reason(law, *known, annulled) == "no_target_group_period_known"
    withdrawn = event("dropout-risk.withdrawn", moment, message_id=message.id)
    assert reason(law, *known, withdrawn) == "withdrawn"
    assert reason(law, *known, replace(withdrawn, sender="900112")) == "obliged"


def test_the_unit_is_that_of_the_home_on_the_messages_day(law: Law) -> None:
    history = History()
    for one in (
        enrolled("2026-08-10"),
        *USUAL,
        at_home("0751", "2026-09-03"),
        warned("2026-09-02T23:30:00+02:00"),
        warned("2026-09-03T00:30:00+02:00"),
    ):
        history.add(one)
    first, second = (history.judge(message, law).unit for message in history.messages)
    assert (first, second) == (law.routes["0101"][0].unit_id, law.routes["0751"][0].unit_id)


@pytest.mark.parametrize(
    ("homes", "wanted"),
    [((), "residence_unknown"), ((at_home("0901", "2026-01-01"),), "no_responsible_unit")],
)
def test_nobody_is_guessed_to_answer(law: Law, homes: tuple[PlainEvent, ...], wanted: str) -> None:
    message = warned("2026-09-02T02:00:00+02:00")
    assert reason(law, enrolled("2026-08-10"), USUAL[0], *homes, message) == wanted
