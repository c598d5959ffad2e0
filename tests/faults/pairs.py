"""Pairs of people of whom one is named for the other: what is registered, ended and withdrawn about the wrong one."""

from dataclasses import replace
from typing import Any, Final

from models.events.event_types import TYPE_PREFIX
from publisher.events import PlainEvent
from tests.factories import uuid
from tests.faults.workload import REGISTER, Load, Pen, Sent

_SOON: Final = "2025-09-25T09:00:00+02:00"
_LATER: Final = "2025-09-26T09:00:00+02:00"
_LAST: Final = "2026-04-01T09:00:00+02:00"
_STORIES: Final = 8


def draw_pairs(load: Load, records: int) -> list[Sent]:
    """About `records` records of people who are mixed up, two by two, in and out of order."""
    return load.mix(records, lambda: [load.sent(event) for event in _pair(load)])


def mistyped_ends(load: Load, people: int) -> list[Sent]:
    """Students whose enrolment is ended under an id that is nobody's."""
    return [load.sent(event) for _ in range(people) for event in _mistyped(load.next_pen())]


def _pair(load: Load) -> list[PlainEvent]:
    one, other = load.next_pen(), load.next_pen()
    other.institution, other.municipality = one.institution, one.municipality
    study, help_, home, risk = one.whole()
    others = other.whole()
    match one.number // 2 % _STORIES:
        case 0:
            return [study, help_, home, risk, *others[1:], _moved(study, other, "enrolment.corrected")]
        case 1:
            moved = _moved(help_, other, "benefit-period.corrected")
            return [study, help_, home, risk, others[0], *others[2:], moved]
        case 2:
            moved = _moved(home, other, "residence.registered")
            return [study, help_, home, risk, *others[:2], others[3], moved]
        case 3:  # there and back
            there = _moved(study, other, "enrolment.corrected")
            back = _moved(study, one, "enrolment.corrected", _LATER)
            return [study, help_, home, risk, *others[1:], there, back]
        case 4:
            own = {"institution_number": one.institution, "message_id": risk.id, "reason": "wrong_person"}
            withdrawn = other.event("dropout-risk.withdrawn", one.institution, "taken back", _LAST, **own)
            return [study, help_, home, risk, *others, withdrawn]
        case 5:
            return [study, help_, home, risk, *others, _end(other, study.data["enrolment_id"])]
        case 6:
            return [*_mistyped(one), *others]
        case _:
            elsewhere = one.home("0751", "2025-07-01")
            name = elsewhere.data["residence_id"]
            never = one.event("residence.annulled", REGISTER, "annulled", _LAST, residence_id=name)
            return [study, help_, home, risk, elsewhere, *others, never]


def _mistyped(pen: Pen) -> list[PlainEvent]:
    return [*pen.whole(), _end(pen, uuid(f"mistyped {pen.cpr} {pen.risk().id}"))]


def _moved(event: PlainEvent, to: Pen, kind: str, time: str = _SOON) -> PlainEvent:
    """The same, said once more about somebody else."""
    return replace(
        event,
        type=f"{TYPE_PREFIX}{kind}.v1",
        id=uuid(f"{event.id} of {to.cpr} {time}"),
        time=time,
        data={**event.data, "cpr": to.cpr},
    )


def _end(pen: Pen, enrolment_id: Any) -> PlainEvent:
    return pen.event(
        "enrolment.ended",
        pen.institution,
        "end",
        "2025-09-27T09:00:00+02:00",
        institution_number=pen.institution,
        enrolment_id=enrolment_id,
        ended_on="2025-08-31",
        reason="dropped_out",
    )
