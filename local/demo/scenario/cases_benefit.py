"""Cases about where the student came from: periods at and beyond edges, annulled, corrected, told late."""

from datetime import date, datetime, timedelta

from local.demo.scenario.background import (
    DAY,
    GROUPS,
    LOOK_BACK,
    OTHER_GROUPS,
    begins,
    came_from,
    lives,
    settled,
)
from local.demo.scenario.cases import Case
from local.demo.scenario.event_writer import Pen
from local.demo.scenario.students import Enrolment, Student
from local.demo.scenario.timetable import SUMMER_ENDS, Phase, in_office
from models.events.contract import BenefitType, TargetGroup

CHANGE_DAYS = tuple(date(2026, 11, day) for day in (16, 17, 18, 19))
_SEPTEMBER = date(2026, 8, 20)


def change_moment(pen: Pen) -> datetime:
    """A moment in the days of the corrections, after the last message."""
    return in_office(pen.chance, pen.chance.choice(CHANGE_DAYS))


def warned_after_summer(pen: Pen, student: Student, enrolment: Enrolment) -> None:
    """One message, or two, when all the facts of the summer are known."""
    for _ in range(pen.chance.choice((1, 1, 2))):
        pen.warn(student, enrolment.school, after=max(enrolment.start + 2 * DAY, _SEPTEMBER))


def _with_period(pen: Pen, student: Student, first: timedelta, last: timedelta | None) -> None:
    """A period from `first` to `last`, counted from the study start."""
    enrolment = begins(pen, student)
    lives(pen, student)
    start = enrolment.start
    group = pen.chance.choice(GROUPS)
    pen.benefit(student, group, start + first, None if last is None else start + last)
    warned_after_summer(pen, student, enrolment)


def _still_in_force(pen: Pen, student: Student) -> None:
    _with_period(pen, student, -pen.days(100, 700), None)


def _until_the_day_before(pen: Pen, student: Student) -> None:
    _with_period(pen, student, -pen.days(100, 700), -DAY)


def _look_back_edge_inside(pen: Pen, student: Student) -> None:
    _with_period(pen, student, -pen.days(100, 700), -LOOK_BACK)


def _look_back_edge_outside(pen: Pen, student: Student) -> None:
    _with_period(pen, student, -pen.days(100, 700), -LOOK_BACK - DAY)


def _beyond_look_back(pen: Pen, student: Student) -> None:
    _with_period(pen, student, -pen.days(500, 900), -LOOK_BACK - pen.days(2, 300))


def _began_on_the_start(pen: Pen, student: Student) -> None:
    _with_period(pen, student, timedelta(0), None)


def _began_after_the_start(pen: Pen, student: Student) -> None:
    _with_period(pen, student, pen.days(1, 40), None)


def _began_the_day_before(pen: Pen, student: Student) -> None:
    _with_period(pen, student, -DAY, None)


def _another_group(pen: Pen, student: Student) -> None:
    enrolment = begins(pen, student)
    lives(pen, student)
    pen.benefit(
        student, pen.chance.choice(OTHER_GROUPS), enrolment.start - pen.days(200, 400), enrolment.start - DAY
    )
    warned_after_summer(pen, student, enrolment)


def _told_late(pen: Pen, student: Student) -> None:
    """The municipality registers the period in November, with effect from before the start."""
    enrolment = begins(pen, student)
    lives(pen, student)
    warned_after_summer(pen, student, enrolment)
    start = enrolment.start
    pen.benefit(
        student,
        pen.chance.choice(GROUPS),
        start - pen.days(100, 500),
        start - pen.days(1, 40),
        registered=change_moment(pen),
        phase=Phase.CHANGES,
    )


def _annulled(pen: Pen, student: Student) -> None:
    enrolment = begins(pen, student)
    lives(pen, student)
    start = enrolment.start
    period = pen.benefit(student, pen.chance.choice(GROUPS), start - pen.days(100, 500), start - DAY)
    warned_after_summer(pen, student, enrolment)
    pen.annul_benefit(student, period, change_moment(pen), Phase.CHANGES)


def _annulled_before(pen: Pen, student: Student) -> None:
    enrolment = begins(pen, student)
    lives(pen, student)
    start = enrolment.start
    period = pen.benefit(student, pen.chance.choice(GROUPS), start - pen.days(100, 500), start - DAY)
    pen.annul_benefit(student, period, in_office(pen.chance, SUMMER_ENDS), Phase.FACTS)
    warned_after_summer(pen, student, enrolment)


def _corrected_out_of_reach(pen: Pen, student: Student) -> None:
    enrolment = begins(pen, student)
    lives(pen, student)
    start = enrolment.start
    period = pen.benefit(student, pen.chance.choice(GROUPS), start - pen.days(300, 500), start - DAY)
    warned_after_summer(pen, student, enrolment)
    earlier = start - LOOK_BACK - pen.days(1, 90)
    pen.correct_benefit(student, period, earlier, change_moment(pen), Phase.CHANGES)


def _corrected_into_reach(pen: Pen, student: Student) -> None:
    enrolment = begins(pen, student)
    lives(pen, student)
    start = enrolment.start
    valid_to = start - LOOK_BACK - pen.days(10, 90)
    period = pen.benefit(student, pen.chance.choice(GROUPS), start - pen.days(300, 500), valid_to)
    warned_after_summer(pen, student, enrolment)
    later = start - pen.days(1, 40)
    pen.correct_benefit(student, period, later, change_moment(pen), Phase.CHANGES)


def _before_the_merger(pen: Pen, student: Student) -> None:
    """Started in August 2025 from uddannelseshjælp; warned about in spring, told late, judged by that law."""
    enrolment = begins(pen, student, start=date(2025, 8, 11))
    lives(pen, student)
    old = (BenefitType.UDDANNELSESHJAELP, TargetGroup.UDDANNELSESPARAT)
    pen.benefit(student, old, date(2023, 3, 1), date(2025, 6, 30))
    inside = in_office(pen.chance, date(2026, 2, 10))
    pen.warn(student, enrolment.school, after=enrolment.start, moment=inside, phase=Phase.FIRST_NIGHTS)
    outside = in_office(pen.chance, date(2026, 2, 11))
    pen.warn(student, enrolment.school, after=enrolment.start, moment=outside, phase=Phase.SEPTEMBER)


def _before_the_law(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student)
    moment = in_office(pen.chance, date(2021, 12, 15))
    pen.warn(student, enrolment.school, after=moment.date(), moment=moment, phase=Phase.SEPTEMBER)


def _under_the_first_rules(pen: Pen, student: Student) -> None:
    """Kontanthjælp did not count in spring 2025; the same person's uddannelseshjælp would have."""
    enrolment = begins(pen, student, start=date(2025, 2, 3))
    lives(pen, student)
    came_from(pen, student, enrolment.start)
    moment = in_office(pen.chance, date(2025, 4, 8))
    pen.warn(student, enrolment.school, after=moment.date(), moment=moment, phase=Phase.SEPTEMBER)


CASES = (
    Case("period told late", 25, _told_late),
    Case("in force on the study start", 40, _still_in_force),
    Case("ended on the day before", 20, _until_the_day_before),
    Case("ended on the last day of the look-back", 10, _look_back_edge_inside),
    Case("ended a day before the look-back", 10, _look_back_edge_outside),
    Case("ended beyond the look-back", 60, _beyond_look_back),
    Case("began on the study start", 10, _began_on_the_start),
    Case("began after the study start", 30, _began_after_the_start),
    Case("began the day before the study start", 5, _began_the_day_before),
    Case("another group", 20, _another_group),
    Case("period annulled", 10, _annulled),
    Case("period annulled before any message", 5, _annulled_before),
    Case("period corrected out of reach", 8, _corrected_out_of_reach),
    Case("period corrected into reach", 8, _corrected_into_reach),
    Case("of the year before", 5, _before_the_merger),
    Case("dated before the law", 3, _before_the_law),
    Case("judged by the first rules", 4, _under_the_first_rules),
)
