"""Cases about the message itself: repeated warnings and withdrawals, in and out of order."""

from datetime import timedelta

from local.demo.scenario.background import settled
from local.demo.scenario.cases import Case
from local.demo.scenario.cases_benefit import change_moment
from local.demo.scenario.event_writer import Pen
from local.demo.scenario.students import Student
from local.demo.scenario.timetable import NIGHTS, Phase, in_office

_SEPTEMBER = NIGHTS[Phase.SEPTEMBER][0]


def _warned_often(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student)
    for _ in range(4):
        pen.warn(student, enrolment.school, after=enrolment.start + timedelta(days=2))


def _withdrawn(pen: Pen, student: Student) -> None:
    enrolment = settled(pen, student)
    message = pen.warn(student, enrolment.school, after=max(enrolment.start, _SEPTEMBER))
    if message:
        pen.withdraw(student, message, change_moment(pen), Phase.CHANGES)


def _one_of_two_withdrawn(pen: Pen, student: Student) -> None:
    """The task stays as long as one of its messages does."""
    enrolment = settled(pen, student)
    messages = [pen.warn(student, enrolment.school, after=max(enrolment.start, _SEPTEMBER)) for _ in range(2)]
    if messages[0]:
        pen.withdraw(student, messages[0], change_moment(pen), Phase.CHANGES)


def _withdrawal_overtakes(pen: Pen, student: Student) -> None:
    """The withdrawal arrives before the message that it takes back: no task ever."""
    enrolment = settled(pen, student)
    message = pen.warn(student, enrolment.school, after=max(enrolment.start, _SEPTEMBER))
    if message:
        moment = in_office(pen.chance, message.night)
        pen.withdraw(student, message, moment, Phase.LATE_FACTS)


CASES = (
    Case("withdrawn", 40, _withdrawn),
    Case("warned often", 20, _warned_often),
    Case("one of two withdrawn", 20, _one_of_two_withdrawn),
    Case("the withdrawal overtakes", 6, _withdrawal_overtakes),
)
