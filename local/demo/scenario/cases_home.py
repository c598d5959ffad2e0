"""Cases about who answers for the student: late, unknown and foreign homes, and moves."""

from datetime import date
from typing import Final

from local.demo.scenario.background import DAY, begins, came_from, early, lives
from local.demo.scenario.cases import ScenarioCase
from local.demo.scenario.cases_benefit import change_moment, warned_after_summer
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.students import Student, StudentEnrolment
from local.demo.scenario.timetable import NIGHTS, Phase, in_office

CHRISTIANSOE: Final = "0411"
ABROAD: Final = ("0901", "0999", "0970")
_LATE_DAY: Final = date(2026, 8, 19)


def _without_home(writer: EventWriter, student: Student) -> StudentEnrolment:
    enrolment = begins(writer, student)
    came_from(writer, student, enrolment.start)
    return enrolment


def _late_home(writer: EventWriter, student: Student) -> None:
    """The register tells of a home after the first message, with effect from long before."""
    enrolment = begins(writer, student, start=early(writer))
    came_from(writer, student, enrolment.start)
    for _ in range(writer.chance.choice((1, 1, 2))):
        writer.warn(student, enrolment.school, after=enrolment.start, before=NIGHTS[Phase.SEPTEMBER][0])
    writer.reside(
        student,
        student.home,
        enrolment.start - writer.days(1, 200),
        registered=in_office(writer.chance, _LATE_DAY),
        phase=Phase.LATE_FACTS,
    )


def _no_home(writer: EventWriter, student: Student) -> None:
    warned_after_summer(writer, student, _without_home(writer, student))


def _home_too_late(writer: EventWriter, student: Student) -> None:
    """The first known home begins after the message."""
    enrolment = begins(writer, student, start=early(writer))
    came_from(writer, student, enrolment.start)
    writer.warn(student, enrolment.school, after=enrolment.start, before=date(2026, 10, 1))
    writer.reside(
        student, student.home, date(2026, 11, 1), registered=change_moment(writer), phase=Phase.CHANGES
    )


def _abroad(writer: EventWriter, student: Student) -> None:
    enrolment = _without_home(writer, student)
    writer.reside(student, writer.chance.choice(ABROAD), date(2026, 1, 15))
    warned_after_summer(writer, student, enrolment)


def _christiansoe(writer: EventWriter, student: Student) -> None:
    enrolment = _without_home(writer, student)
    writer.reside(student, CHRISTIANSOE, date(2026, 1, 15))
    warned_after_summer(writer, student, enrolment)


def _moved_in_time(writer: EventWriter, student: Student) -> None:
    """Known before the next message, which goes to the new municipality; the first one stays where it is."""
    enrolment = begins(writer, student, start=early(writer))
    came_from(writer, student, enrolment.start)
    lives(writer, student)
    moved = date(2026, 8, 20)
    writer.warn(student, enrolment.school, after=enrolment.start, before=moved)
    registered = in_office(writer.chance, _LATE_DAY)
    writer.reside(student, writer.other_home(student), moved, registered=registered, phase=Phase.LATE_FACTS)
    writer.warn(student, enrolment.school, after=moved)


def _moved_before_the_start(writer: EventWriter, student: Student) -> None:
    enrolment = _without_home(writer, student)
    lives(writer, student)
    writer.reside(student, writer.other_home(student), date(2026, 8, 1) - writer.days(0, 20))
    warned_after_summer(writer, student, enrolment)


def _move_told_late(writer: EventWriter, student: Student) -> None:
    """The move is registered in November with effect from before the messages: the tasks move too."""
    enrolment = _without_home(writer, student)
    lives(writer, student)
    warned_after_summer(writer, student, enrolment)
    _move_in_november(writer, student, max(enrolment.start - writer.days(0, 10), date(2026, 8, 1)))


def _move_between_told_late(writer: EventWriter, student: Student) -> None:
    """Only the second of two messages is dated after the move."""
    enrolment = _without_home(writer, student)
    lives(writer, student)
    moved = date(2026, 10, 20)
    writer.warn(student, enrolment.school, after=enrolment.start + DAY, before=moved)
    writer.warn(student, enrolment.school, after=moved)
    _move_in_november(writer, student, moved)


def _move_abroad_told_late(writer: EventWriter, student: Student) -> None:
    enrolment = _without_home(writer, student)
    lives(writer, student)
    warned_after_summer(writer, student, enrolment)
    moment = change_moment(writer)
    abroad = writer.chance.choice(ABROAD)
    writer.reside(student, abroad, enrolment.start, registered=moment, phase=Phase.CHANGES)


def _move_in_november(writer: EventWriter, student: Student, moved: date) -> None:
    home, moment = writer.other_home(student), change_moment(writer)
    writer.reside(student, home, moved, registered=moment, phase=Phase.CHANGES)


CASES = (
    ScenarioCase("home told late", 30, _late_home),
    ScenarioCase("moved in time", 30, _moved_in_time),
    ScenarioCase("move told late", 30, _move_told_late),
    ScenarioCase("move between two messages told late", 8, _move_between_told_late),
    ScenarioCase("moved before the start", 20, _moved_before_the_start),
    ScenarioCase("home never known", 15, _no_home),
    ScenarioCase("home known from a later day only", 5, _home_too_late),
    ScenarioCase("lives abroad", 10, _abroad),
    ScenarioCase("lives on Christiansø", 3, _christiansoe),
    ScenarioCase("move abroad told late", 4, _move_abroad_told_late),
)
