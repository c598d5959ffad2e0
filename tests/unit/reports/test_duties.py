"""Duties from messages and acts, held against the definition said once more, ties of time included."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from reports.duties import duties
from reports.rows import BETWEEN, Act, CountedIn, DutyMessage

_BEGAN = datetime(2026, 9, 1, 10, tzinfo=UTC)
_PLACE = BETWEEN.join(("2026-09", "0101", "", "uddannelsesparat", "law"))


def _at(number: int) -> datetime:
    return _BEGAN + timedelta(days=number)


def _case(rng: Random, enrolment: str) -> tuple[list[DutyMessage], list[Act]]:
    messages = [
        DutyMessage(enrolment, "0101", _at(day), _at(day).date(), _PLACE)
        for day in sorted(rng.choices(range(10), k=rng.randrange(1, 4)))
    ]
    acts = [
        Act(
            enrolment,
            "0101",
            _at(day),
            rng.choice(("attempt", "attempt", "close", "reopen")),
            _at(day - rng.randrange(3)),
            rng.choice(("phone", "video")),
            rng.choice(("contact_made", "not_reached")),
            rng.choice(("", "mentor", "mentor other")),
        )
        for day in sorted(rng.choices(range(10), k=rng.randrange(6)))
    ]
    return messages, acts


def _expected(messages: list[DutyMessage], acts: list[Act]) -> list[tuple[object, ...]]:
    standing: list[Act] = []
    for act in acts:
        if act.kind == "close":
            standing.append(act)
        elif act.kind == "reopen":
            standing = standing[:-1]
    found: list[tuple[object, ...]] = []
    after = datetime.min.replace(tzinfo=UTC)
    open_from = after
    for message in messages:
        if found and message.appended_at <= open_from:
            continue
        later = [act for act in standing if act.at > message.appended_at]
        end = later[0].at if later else datetime.max.replace(tzinfo=UTC)
        after = max((act.at for act in standing if act.at < message.appended_at), default=after)
        tried = sorted(
            (act.contact_at, act.at, nth)
            for nth, act in enumerate(acts)
            if act.kind == "attempt" and after < act.at <= end
        )
        contact = acts[tried[0][2]] if tried else None
        decided = later[0] if later and later[0].ending == "contact_made" else None
        found.append(
            (
                message.arrived,
                contact and contact.contact_at.date(),
                contact and contact.form,
                later[0].ending if later else None,
                decided and decided.at.date(),
                tuple(decided.initiatives.split()) if decided else (),
            )
        )
        after = open_from = end
    return found


def test_a_duty_begins_with_a_message_and_ends_with_a_closing_that_stands() -> None:
    rng = Random(7)
    cases = [_case(rng, f"enrolment {number:04d}") for number in range(3000)]
    messages = [one for case in cases for one in case[0]]
    acts = [one for case in cases for one in case[1]]
    found = list(duties(messages, acts, lambda _, day: day))
    expected = [one for case in cases for one in _expected(*case)]
    assert [(d.arrived, d.contact, d.form, d.ending, d.decided, d.initiatives) for d in found] == expected
    assert sum(duty.contact is not None for duty in found) > 500
    assert sum(bool(duty.initiatives) for duty in found) > 100
    assert {duty.place for duty in found} == {
        CountedIn("2026-09", "0101", "unknown", "uddannelsesparat", "law")
    }


def test_acts_of_no_duty_are_passed_over() -> None:
    def act(enrolment: str, unit: str) -> Act:
        return Act(enrolment, unit, _at(2), "attempt", _at(2), "phone", None, "")

    message = DutyMessage("b", "0101", _at(1), date(2026, 9, 2), _PLACE)
    acts = [act("a", "0101"), act("b", "0099"), act("b", "0102"), act("c", "0101")]
    (duty,) = duties([message], acts, lambda _, day: day)
    assert duty.contact is None
    (duty,) = duties([message], [*acts[:2], act("b", "0101"), *acts[2:]], lambda _, day: day)
    assert duty.contact == date(2026, 9, 3)
