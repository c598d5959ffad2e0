"""Cases about the enrolment: late, missing, several, corrected, ended, uncovered, and the window's edges."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from local.demo.scenario.background import (
    DAY,
    OCTOBER_START,
    UNCOVERED,
    begins,
    came_from,
    covered_school,
    early,
    education_at,
    lives,
    settled,
)
from local.demo.scenario.cases import Case
from local.demo.scenario.cases_benefit import change_moment, warned_after_summer
from local.demo.scenario.event_writer import Pen
from local.demo.scenario.students import Enrolment, Student
from local.demo.scenario.timetable import NIGHTS, SUMMER_ENDS, Phase, in_office
from models.calendar import COPENHAGEN
from models.events.contract import EducationType

_SEPTEMBER: Final = NIGHTS[Phase.SEPTEMBER][0]


def _late(pen: Pen, student: Student, messages: int, *, home: bool) -> Enrolment:
    """Warned in the first nights; the enrolment arrives up to seven days after the start."""
    school = student.school if education_at(pen, student.school) else covered_school(pen)
    education, start = education_at(pen, school) or EducationType.EUD, early(pen)
    for _ in range(messages):
        pen.warn(student, school, after=start, before=_SEPTEMBER)
    came_from(pen, student, start)
    registered = in_office(pen.chance, start + pen.days(1, 7))
    enrolment = pen.enrol(
        student, education, start, school=school, registered=registered, phase=Phase.LATE_FACTS
    )
    if home:
        lives(pen, student)
    else:
        pen.reside(student, student.home, date(2026, 7, 1), registered=registered, phase=Phase.LATE_FACTS)
    return enrolment


def _late_enrolment(pen: Pen, student: Student) -> None:
    enrolment = _late(pen, student, pen.chance.choice((1, 1, 1, 2)), home=True)
    if pen.chance.random() < 0.4:
        pen.warn(student, enrolment.school, after=_SEPTEMBER)


def _late_enrolment_and_home(pen: Pen, student: Student) -> None:
    _late(pen, student, pen.chance.choice((1, 2)), home=False)


def _never_enrolled(pen: Pen, student: Student) -> None:
    came_from(pen, student, date(2026, 8, 10))
    lives(pen, student)
    pen.warn(student, after=_SEPTEMBER)


def _warned_by_another(pen: Pen, student: Student) -> None:
    """Enrolled at one institution, warned about by another one."""
    enrolment = settled(pen, student)
    pen.warn(student, covered_school(pen, but=enrolment.school), after=_SEPTEMBER)


def _two_institutions(pen: Pen, student: Student) -> None:
    """Each institution's message stands on its own enrolment: two tasks."""
    enrolment = settled(pen, student, start=early(pen))
    other = begins(pen, student, start=early(pen), school=covered_school(pen, but=enrolment.school))
    pen.warn(student, enrolment.school, after=_SEPTEMBER)
    pen.warn(student, other.school, after=_SEPTEMBER)


def _second_try(pen: Pen, student: Student) -> None:
    """An earlier enrolment at the same institution is beyond its window; this year's is not."""
    enrolment = settled(pen, student, start=early(pen))
    pen.enrol(student, enrolment.education, date(2025, 8, 11), school=enrolment.school)
    warned_after_summer(pen, student, enrolment)


def _two_at_once(pen: Pen, student: Student) -> None:
    """Two open enrolments at one institution: the one that started last is meant."""
    enrolment = settled(pen, student, start=early(pen))
    pen.enrol(student, enrolment.education, enrolment.start + 3 * DAY, school=enrolment.school)
    warned_after_summer(pen, student, enrolment)


def _uncovered(pen: Pen, student: Student) -> None:
    schools = [school for school in pen.cast.schools if UNCOVERED & set(school.education_types)]
    school = pen.chance.choice(schools) if schools else student.school
    education = pen.chance.choice(
        [kind for kind in school.education_types if kind in UNCOVERED] or [EducationType.FGU]
    )
    enrolment = pen.enrol(student, education, date(2026, 8, 10), school=school)
    came_from(pen, student, enrolment.start)
    lives(pen, student)
    warned_after_summer(pen, student, enrolment)


def _before_the_start(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student, start=pen.chance.choice((OCTOBER_START, date(2026, 12, 1))))
    pen.warn(student, enrolment.school, after=_SEPTEMBER, before=OCTOBER_START)


def _after_the_window(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student, start=pen.chance.choice((date(2026, 2, 2), date(2025, 8, 11))))
    warned_after_summer(pen, student, enrolment)


def _on_the_edge(pen: Pen, student: Student) -> None:
    """Six months after 31 March is 30 September, the last day where the day does not exist."""
    start, end = pen.chance.choice(
        ((date(2026, 3, 31), date(2026, 9, 30)), (date(2026, 3, 2), date(2026, 9, 2)))
    )
    enrolment = settled(pen, student, start=start)
    for night in (end - DAY, end):
        pen.warn(
            student, enrolment.school, after=night - DAY, moment=_at(night, time(2, pen.chance.randrange(60)))
        )


def _around_midnight(pen: Pen, student: Student) -> None:
    """In UTC both are of 9 September; in Copenhagen the second is of the 10th: the window is over."""
    enrolment = settled(pen, student, start=date(2026, 3, 10))
    for moment in (_at(date(2026, 9, 9), time(23, 50)), _at(date(2026, 9, 10), time(0, 10))):
        pen.warn(student, enrolment.school, after=enrolment.start, moment=moment)


def _ended(pen: Pen, student: Student, ended: date, night: date, phase: Phase, registered: datetime) -> None:
    enrolment = settled(pen, student, start=date(2026, 8, 10))
    pen.end_enrolment(student, enrolment, ended, registered, phase)
    pen.warn(student, enrolment.school, after=night - DAY, before=night + 7 * DAY)


def _ended_before(pen: Pen, student: Student) -> None:
    registered = in_office(pen.chance, date(2026, 8, 19))
    _ended(pen, student, date(2026, 8, 18), date(2026, 8, 25), Phase.LATE_FACTS, registered)


def _ended_on_the_day(pen: Pen, student: Student) -> None:
    """The last day of the enrolment is inside it."""
    enrolment = settled(pen, student, start=date(2026, 8, 10))
    last = date(2026, 9, 15)
    pen.warn(student, enrolment.school, after=last - DAY, moment=_at(last, time(3)))
    pen.end_enrolment(student, enrolment, last, change_moment(pen), Phase.CHANGES)


def _ended_earlier_told_late(pen: Pen, student: Student) -> None:
    _ended(pen, student, date(2026, 9, 14), date(2026, 9, 20), Phase.CHANGES, change_moment(pen))


def _ended_later(pen: Pen, student: Student) -> None:
    _ended(pen, student, date(2026, 11, 10), date(2026, 9, 8), Phase.CHANGES, change_moment(pen))


def _corrected(pen: Pen, student: Student, enrolment: Enrolment, phase: Phase = Phase.CHANGES) -> None:
    pen.correct_enrolment(student, enrolment, change_moment(pen), phase)


def _start_moved_later(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student, start=early(pen))
    warned_after_summer(pen, student, enrolment)
    _corrected(pen, student, replace(enrolment, start=date(2026, 11, 16)))


def _start_moved_earlier(pen: Pen, student: Student) -> None:
    enrolment = begins(pen, student, start=date(2026, 11, 16))
    came_from(pen, student, date(2026, 8, 12))
    lives(pen, student)
    pen.warn(student, enrolment.school, after=_SEPTEMBER)
    _corrected(pen, student, replace(enrolment, start=date(2026, 8, 12)))


def _admission_corrected(pen: Pen, student: Student) -> None:
    """The mentor right moves; the task and its unit do not."""
    enrolment = settled(pen, student, start=early(pen))
    warned_after_summer(pen, student, enrolment)
    _corrected(pen, student, replace(enrolment, admission=enrolment.admission - 10 * DAY))


def _education_corrected(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student, start=early(pen))
    warned_after_summer(pen, student, enrolment)
    _corrected(pen, student, replace(enrolment, education=EducationType.FGU))


def _correction_overtakes(pen: Pen, student: Student) -> None:
    """The correction arrives before what it corrects; the one registered last counts."""
    wrong = settled(pen, student, start=date(2026, 12, 1))
    right = replace(wrong, start=early(pen))
    came_from(pen, student, right.start)
    moment = in_office(pen.chance, SUMMER_ENDS + DAY)
    pen.correct_enrolment(student, right, moment, Phase.FACTS, arrives=_at(date(2020, 1, 1), time(12)))
    warned_after_summer(pen, student, right)


def _stale_registration(pen: Pen, student: Student) -> None:
    """A registration from June arrives in November: nothing changes."""
    enrolment = settled(pen, student, start=early(pen))
    warned_after_summer(pen, student, enrolment)
    stale = replace(enrolment, start=date(2027, 1, 18))
    moment = in_office(pen.chance, enrolment.admission - timedelta(days=1))
    pen.correct_enrolment(student, stale, moment, Phase.CHANGES, first=True)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, COPENHAGEN)


CASES = (
    Case("enrolment told late", 60, _late_enrolment),
    Case("enrolment and home told late", 15, _late_enrolment_and_home),
    Case("never enrolled", 20, _never_enrolled),
    Case("warned about by another institution", 15, _warned_by_another),
    Case("two institutions", 10, _two_institutions),
    Case("a second try", 15, _second_try),
    Case("two enrolments at once", 10, _two_at_once),
    Case("education not covered", 30, _uncovered),
    Case("warned before the start", 20, _before_the_start),
    Case("warned after the window", 20, _after_the_window),
    Case("on the window's edge", 10, _on_the_edge),
    Case("around midnight", 5, _around_midnight),
    Case("ended before the message", 15, _ended_before),
    Case("ended on the day of the message", 5, _ended_on_the_day),
    Case("ended earlier, told late", 10, _ended_earlier_told_late),
    Case("ended after the message", 8, _ended_later),
    Case("start corrected to later", 8, _start_moved_later),
    Case("start corrected to earlier", 8, _start_moved_earlier),
    Case("admission corrected", 6, _admission_corrected),
    Case("education corrected", 5, _education_corrected),
    Case("the correction overtakes", 10, _correction_overtakes),
    Case("a stale registration comes last", 8, _stale_registration),
)
