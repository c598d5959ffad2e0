"""Cases about the enrolment: late, missing, several, corrected, ended, uncovered, and the window's edges."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from local.demo.scenario.background import (
    DAY,
    OCTOBER_START,
    UNCERTAIN,
    UNCOVERED,
    UPPER_SECONDARY_START,
    begins,
    came_from,
    covered_school,
    early,
    education_at,
    lives,
    settled,
)
from local.demo.scenario.cases import ScenarioCase
from local.demo.scenario.cases_benefit import change_moment, warned_after_summer
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.students import Student, StudentEnrolment
from local.demo.scenario.timetable import NIGHTS, SUMMER_ENDS, Phase, in_office
from models.calendar import COPENHAGEN
from models.events.contract import EducationType

_SEPTEMBER: Final = NIGHTS[Phase.SEPTEMBER][0]


def _late(writer: EventWriter, student: Student, messages: int, *, home: bool) -> StudentEnrolment:
    """Warned in the first nights; the enrolment arrives up to seven days after the start."""
    school = student.school if education_at(writer, student.school) else covered_school(writer)
    education, start = education_at(writer, school) or EducationType.EUD, early(writer)
    for _ in range(messages):
        writer.warn(student, school, after=start, before=_SEPTEMBER)
    came_from(writer, student, start)
    registered = in_office(writer.chance, start + writer.days(1, 7))
    enrolment = writer.enrol(
        student, education, start, school=school, registered=registered, phase=Phase.LATE_FACTS
    )
    if home:
        lives(writer, student)
    else:
        writer.reside(student, student.home, date(2026, 7, 1), registered=registered, phase=Phase.LATE_FACTS)
    return enrolment


def _late_enrolment(writer: EventWriter, student: Student) -> None:
    enrolment = _late(writer, student, writer.chance.choice((1, 1, 1, 2)), home=True)
    if writer.chance.random() < 0.4:
        writer.warn(student, enrolment.school, after=_SEPTEMBER)


def _late_enrolment_and_home(writer: EventWriter, student: Student) -> None:
    _late(writer, student, writer.chance.choice((1, 2)), home=False)


def _never_enrolled(writer: EventWriter, student: Student) -> None:
    came_from(writer, student, date(2026, 8, 10))
    lives(writer, student)
    writer.warn(student, after=_SEPTEMBER)


def _warned_by_another(writer: EventWriter, student: Student) -> None:
    """Enrolled at one institution, warned about by another one."""
    enrolment = settled(writer, student)
    writer.warn(student, covered_school(writer, but=enrolment.school), after=_SEPTEMBER)


def _two_institutions(writer: EventWriter, student: Student) -> None:
    """Each institution's message stands on its own enrolment: two tasks."""
    enrolment = settled(writer, student, start=early(writer))
    other = begins(writer, student, start=early(writer), school=covered_school(writer, but=enrolment.school))
    writer.warn(student, enrolment.school, after=_SEPTEMBER)
    writer.warn(student, other.school, after=_SEPTEMBER)


def _second_try(writer: EventWriter, student: Student) -> None:
    """An earlier enrolment at the same institution is beyond its window; this year's is not."""
    enrolment = settled(writer, student, start=early(writer))
    writer.enrol(student, enrolment.education, date(2025, 8, 11), school=enrolment.school)
    warned_after_summer(writer, student, enrolment)


def _two_at_once(writer: EventWriter, student: Student) -> None:
    """Two open enrolments at one institution: the one that started last is meant."""
    enrolment = settled(writer, student, start=early(writer))
    writer.enrol(student, enrolment.education, enrolment.start + 3 * DAY, school=enrolment.school)
    warned_after_summer(writer, student, enrolment)


def _uncovered(writer: EventWriter, student: Student) -> None:
    schools = [school for school in writer.cast.schools if UNCOVERED & set(school.education_types)]
    school = writer.chance.choice(schools) if schools else student.school
    education = writer.chance.choice(
        [kind for kind in school.education_types if kind in UNCOVERED] or [EducationType.FGU]
    )
    enrolment = writer.enrol(student, education, date(2026, 8, 10), school=school)
    came_from(writer, student, enrolment.start)
    lives(writer, student)
    warned_after_summer(writer, student, enrolment)


def _single_subjects(writer: EventWriter, student: Student) -> None:
    """Nobody can say whether the duty covers them: people must look."""
    schools = [school for school in writer.cast.schools if UNCERTAIN & set(school.education_types)]
    school = writer.chance.choice(schools) if schools else student.school
    enrolment = writer.enrol(student, EducationType.HF_ENKELTFAG, UPPER_SECONDARY_START, school=school)
    came_from(writer, student, enrolment.start)
    lives(writer, student)
    warned_after_summer(writer, student, enrolment)


def _before_the_start(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student, start=writer.chance.choice((OCTOBER_START, date(2026, 12, 1))))
    writer.warn(student, enrolment.school, after=_SEPTEMBER, before=OCTOBER_START)


def _after_the_window(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student, start=writer.chance.choice((date(2026, 2, 2), date(2025, 8, 11))))
    warned_after_summer(writer, student, enrolment)


def _on_the_edge(writer: EventWriter, student: Student) -> None:
    """Six months after 31 March is 30 September, the last of a shorter month; that day counts, 1 October does not."""
    start, end = writer.chance.choice(
        ((date(2026, 3, 31), date(2026, 9, 30)), (date(2026, 3, 2), date(2026, 9, 2)))
    )
    enrolment = settled(writer, student, start=start)
    for night in (end, end + DAY):
        writer.warn(
            student,
            enrolment.school,
            after=night - DAY,
            moment=_at(night, time(2, writer.chance.randrange(60))),
        )


def _around_midnight(writer: EventWriter, student: Student) -> None:
    """In UTC both are of 9 September; in Copenhagen the second is of the 10th, and the last day is the 9th."""
    enrolment = settled(writer, student, start=date(2026, 3, 9))
    for moment in (_at(date(2026, 9, 9), time(23, 50)), _at(date(2026, 9, 10), time(0, 10))):
        writer.warn(student, enrolment.school, after=enrolment.start, moment=moment)


def _ended(
    writer: EventWriter, student: Student, ended: date, night: date, phase: Phase, registered: datetime
) -> None:
    enrolment = settled(writer, student, start=date(2026, 8, 10))
    writer.end_enrolment(student, enrolment, ended, registered, phase)
    writer.warn(student, enrolment.school, after=night - DAY, before=night + 7 * DAY)


def _ended_before(writer: EventWriter, student: Student) -> None:
    registered = in_office(writer.chance, date(2026, 8, 19))
    _ended(writer, student, date(2026, 8, 18), date(2026, 8, 25), Phase.LATE_FACTS, registered)


def _ended_on_the_day(writer: EventWriter, student: Student) -> None:
    """The last day of the enrolment is inside it."""
    enrolment = settled(writer, student, start=date(2026, 8, 10))
    last = date(2026, 9, 15)
    writer.warn(student, enrolment.school, after=last - DAY, moment=_at(last, time(3)))
    writer.end_enrolment(student, enrolment, last, change_moment(writer), Phase.CHANGES)


def _ended_earlier_told_late(writer: EventWriter, student: Student) -> None:
    _ended(writer, student, date(2026, 9, 14), date(2026, 9, 20), Phase.CHANGES, change_moment(writer))


def _ended_later(writer: EventWriter, student: Student) -> None:
    _ended(writer, student, date(2026, 11, 10), date(2026, 9, 8), Phase.CHANGES, change_moment(writer))


def _corrected(
    writer: EventWriter, student: Student, enrolment: StudentEnrolment, phase: Phase = Phase.CHANGES
) -> None:
    writer.correct_enrolment(student, enrolment, change_moment(writer), phase)


def _start_moved_later(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student, start=early(writer))
    warned_after_summer(writer, student, enrolment)
    _corrected(writer, student, replace(enrolment, start=date(2026, 11, 16)))


def _start_moved_earlier(writer: EventWriter, student: Student) -> None:
    enrolment = begins(writer, student, start=date(2026, 11, 16))
    came_from(writer, student, date(2026, 8, 12))
    lives(writer, student)
    writer.warn(student, enrolment.school, after=_SEPTEMBER)
    _corrected(writer, student, replace(enrolment, start=date(2026, 8, 12)))


def _admission_corrected(writer: EventWriter, student: Student) -> None:
    """The mentor right moves; the task and its unit do not."""
    enrolment = settled(writer, student, start=early(writer))
    warned_after_summer(writer, student, enrolment)
    _corrected(writer, student, replace(enrolment, admission=enrolment.admission - 10 * DAY))


def _education_corrected(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student, start=early(writer))
    warned_after_summer(writer, student, enrolment)
    _corrected(writer, student, replace(enrolment, education=EducationType.FGU))


def _correction_overtakes(writer: EventWriter, student: Student) -> None:
    """The correction arrives before what it corrects; the one registered last counts."""
    wrong = settled(writer, student, start=date(2026, 12, 1))
    right = replace(wrong, start=early(writer))
    came_from(writer, student, right.start)
    moment = in_office(writer.chance, SUMMER_ENDS + DAY)
    writer.correct_enrolment(student, right, moment, Phase.FACTS, arrives=_at(date(2020, 1, 1), time(12)))
    warned_after_summer(writer, student, right)


def _stale_registration(writer: EventWriter, student: Student) -> None:
    """A registration from June arrives in November: nothing changes."""
    enrolment = settled(writer, student, start=early(writer))
    warned_after_summer(writer, student, enrolment)
    stale = replace(enrolment, start=date(2027, 1, 18))
    moment = in_office(writer.chance, enrolment.admission - timedelta(days=1))
    writer.correct_enrolment(student, stale, moment, Phase.CHANGES, first=True)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, COPENHAGEN)


CASES = (
    ScenarioCase("enrolment told late", 60, _late_enrolment),
    ScenarioCase("enrolment and home told late", 15, _late_enrolment_and_home),
    ScenarioCase("never enrolled", 20, _never_enrolled),
    ScenarioCase("warned about by another institution", 15, _warned_by_another),
    ScenarioCase("two institutions", 10, _two_institutions),
    ScenarioCase("a second try", 15, _second_try),
    ScenarioCase("two enrolments at once", 10, _two_at_once),
    ScenarioCase("education not covered", 30, _uncovered),
    ScenarioCase("warned before the start", 20, _before_the_start),
    ScenarioCase("single subjects", 6, _single_subjects),
    ScenarioCase("warned after the window", 20, _after_the_window),
    ScenarioCase("on the window's edge", 10, _on_the_edge),
    ScenarioCase("around midnight", 5, _around_midnight),
    ScenarioCase("ended before the message", 15, _ended_before),
    ScenarioCase("ended on the day of the message", 5, _ended_on_the_day),
    ScenarioCase("ended earlier, told late", 10, _ended_earlier_told_late),
    ScenarioCase("ended after the message", 8, _ended_later),
    ScenarioCase("start corrected to later", 8, _start_moved_later),
    ScenarioCase("start corrected to earlier", 8, _start_moved_earlier),
    ScenarioCase("admission corrected", 6, _admission_corrected),
    ScenarioCase("education corrected", 5, _education_corrected),
    ScenarioCase("the correction overtakes", 10, _correction_overtakes),
    ScenarioCase("a stale registration comes last", 8, _stale_registration),
)
