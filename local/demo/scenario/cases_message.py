"""Cases about the message itself: repeated warnings and withdrawals, in and out of order."""

from datetime import timedelta

from local.demo.scenario.background import settled
from local.demo.scenario.cases import ScenarioCase
from local.demo.scenario.cases_benefit import change_moment
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.students import Student
from local.demo.scenario.timetable import NIGHTS, Phase, in_office

_SEPTEMBER = NIGHTS[Phase.SEPTEMBER][0]


def _warned_often(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student)
    for _ in range(4):
        writer.warn(student, enrolment.school, after=enrolment.start + timedelta(days=2))


def _withdrawn(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student)
    message = writer.warn(student, enrolment.school, after=max(enrolment.start, _SEPTEMBER))
    if message:
        writer.withdraw(student, message, change_moment(writer), Phase.CHANGES)


def _one_of_two_withdrawn(writer: EventWriter, student: Student) -> None:
    """The task stays as long as one of its messages does."""
    enrolment = settled(writer, student)
    messages = [
        writer.warn(student, enrolment.school, after=max(enrolment.start, _SEPTEMBER)) for _ in range(2)
    ]
    if messages[0]:
        writer.withdraw(student, messages[0], change_moment(writer), Phase.CHANGES)


def _withdrawal_overtakes(writer: EventWriter, student: Student) -> None:
    """The withdrawal arrives before the message that it takes back: no task ever."""
    enrolment = settled(writer, student)
    message = writer.warn(student, enrolment.school, after=max(enrolment.start, _SEPTEMBER))
    if message:
        moment = in_office(writer.chance, message.night)
        writer.withdraw(student, message, moment, Phase.LATE_FACTS)


CASES = (
    ScenarioCase("withdrawn", 40, _withdrawn),
    ScenarioCase("warned often", 20, _warned_often),
    ScenarioCase("one of two withdrawn", 20, _one_of_two_withdrawn),
    ScenarioCase("the withdrawal overtakes", 6, _withdrawal_overtakes),
)
