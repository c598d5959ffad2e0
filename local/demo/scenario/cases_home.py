"""Cases about who answers for the student: late, unknown and foreign homes, and moves."""

from datetime import date
from typing import Final

from local.demo.scenario.background import DAY, begins, came_from, early, lives
from local.demo.scenario.cases import Case
from local.demo.scenario.cases_benefit import change_moment, warned_after_summer
from local.demo.scenario.event_writer import Pen
from local.demo.scenario.students import Enrolment, Student
from local.demo.scenario.timetable import NIGHTS, Phase, in_office

CHRISTIANSOE: Final = "0411"
ABROAD: Final = ("0901", "0999", "0970")
_LATE_DAY: Final = date(2026, 8, 19)


def _without_home(pen: Pen, student: Student) -> Enrolment:
    enrolment = begins(pen, student)
    came_from(pen, student, enrolment.start)
    return enrolment


def _late_home(pen: Pen, student: Student) -> None:
    """The register tells of a home after the first message, with effect from long before."""
    enrolment = begins(pen, student, start=early(pen))
    came_from(pen, student, enrolment.start)
    for _ in range(pen.chance.choice((1, 1, 2))):
        pen.warn(student, enrolment.school, after=enrolment.start, before=NIGHTS[Phase.SEPTEMBER][0])
    pen.reside(
        student,
        student.home,
        enrolment.start - pen.days(1, 200),
        registered=in_office(pen.chance, _LATE_DAY),
        phase=Phase.LATE_FACTS,
    )


def _no_home(pen: Pen, student: Student) -> None:
    warned_after_summer(pen, student, _without_home(pen, student))


def _home_too_late(pen: Pen, student: Student) -> None:
    """The first known home begins after the message."""
    enrolment = begins(pen, student, start=early(pen))
    came_from(pen, student, enrolment.start)
    pen.warn(student, enrolment.school, after=enrolment.start, before=date(2026, 10, 1))
    pen.reside(student, student.home, date(2026, 11, 1), registered=change_moment(pen), phase=Phase.CHANGES)


def _abroad(pen: Pen, student: Student) -> None:
    enrolment = _without_home(pen, student)
    pen.reside(student, pen.chance.choice(ABROAD), date(2026, 1, 15))
    warned_after_summer(pen, student, enrolment)


def _christiansoe(pen: Pen, student: Student) -> None:
    enrolment = _without_home(pen, student)
    pen.reside(student, CHRISTIANSOE, date(2026, 1, 15))
    warned_after_summer(pen, student, enrolment)


def _moved_in_time(pen: Pen, student: Student) -> None:
    """Known before the next message, which goes to the new municipality; the first one stays where it is."""
    enrolment = begins(pen, student, start=early(pen))
    came_from(pen, student, enrolment.start)
    lives(pen, student)
    moved = date(2026, 8, 20)
    pen.warn(student, enrolment.school, after=enrolment.start, before=moved)
    registered = in_office(pen.chance, _LATE_DAY)
    pen.reside(student, pen.other_home(student), moved, registered=registered, phase=Phase.LATE_FACTS)
    pen.warn(student, enrolment.school, after=moved)


def _moved_before_the_start(pen: Pen, student: Student) -> None:
    enrolment = _without_home(pen, student)
    lives(pen, student)
    pen.reside(student, pen.other_home(student), date(2026, 8, 1) - pen.days(0, 20))
    warned_after_summer(pen, student, enrolment)


def _move_told_late(pen: Pen, student: Student) -> None:
    """The move is registered in November with effect from before the messages: the tasks move too."""
    enrolment = _without_home(pen, student)
    lives(pen, student)
    warned_after_summer(pen, student, enrolment)
    _move_in_november(pen, student, max(enrolment.start - pen.days(0, 10), date(2026, 8, 1)))


def _move_between_told_late(pen: Pen, student: Student) -> None:
    """Only the second of two messages is dated after the move."""
    enrolment = _without_home(pen, student)
    lives(pen, student)
    moved = date(2026, 10, 20)
    pen.warn(student, enrolment.school, after=enrolment.start + DAY, before=moved)
    pen.warn(student, enrolment.school, after=moved)
    _move_in_november(pen, student, moved)


def _move_abroad_told_late(pen: Pen, student: Student) -> None:
    enrolment = _without_home(pen, student)
    lives(pen, student)
    warned_after_summer(pen, student, enrolment)
    moment = change_moment(pen)
    abroad = pen.chance.choice(ABROAD)
    pen.reside(student, abroad, enrolment.start, registered=moment, phase=Phase.CHANGES)


def _move_in_november(pen: Pen, student: Student, moved: date) -> None:
    home, moment = pen.other_home(student), change_moment(pen)
    pen.reside(student, home, moved, registered=moment, phase=Phase.CHANGES)


CASES = (
    Case("home told late", 30, _late_home),
    Case("moved in time", 30, _moved_in_time),
    Case("move told late", 30, _move_told_late),
    Case("move between two messages told late", 8, _move_between_told_late),
    Case("moved before the start", 20, _moved_before_the_start),
    Case("home never known", 15, _no_home),
    Case("home known from a later day only", 5, _home_too_late),
    Case("lives abroad", 10, _abroad),
    Case("lives on Christiansø", 3, _christiansoe),
    Case("move abroad told late", 4, _move_abroad_told_late),
)
