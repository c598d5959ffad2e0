"""Writes the whole story: the cases first, then the ordinary students, until every message is raised."""

from datetime import date
from typing import Final

from local.demo.scenario.background import (
    DAY,
    UNCOVERED,
    came_from,
    lives,
    settled,
    start_of,
)
from local.demo.scenario.cases import MOST_MESSAGES
from local.demo.scenario.cases_benefit import CASES as BENEFIT_CASES
from local.demo.scenario.cases_benefit import change_moment
from local.demo.scenario.cases_home import CASES as HOME_CASES
from local.demo.scenario.cases_message import CASES as MESSAGE_CASES
from local.demo.scenario.cases_study import CASES as STUDY_CASES
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.students import Student, StudentEnrolment
from local.demo.scenario.timetable import Phase

CASES: Final = (*STUDY_CASES, *BENEFIT_CASES, *HOME_CASES, *MESSAGE_CASES)
TARGET_SHARE: Final = 10
"""One student in ten comes from the target group, or nearly so."""
_WARNED: Final = 0.6


def write_cases(writer: EventWriter, people: int) -> int:
    """Play the cases for about half of `people`, each at least once; returns how many had one."""
    turns = [*CASES, *(case for case in CASES for _ in range(round(case.share * people / 1000) - 1))]
    for index, case in enumerate(turns[:people]):
        if writer.left < MOST_MESSAGES:
            return index
        case.play(writer, writer.student(index))
    return min(len(turns), people)


def write_ordinary(writer: EventWriter, first: int, people: int, students: int) -> None:
    """The rest: people from the target group without any trouble in the registers, then everybody else."""
    for index in range(first, people):
        student = writer.student(index)
        enrolment = settled(writer, student)
        if writer.chance.random() < _WARNED:
            _warned(writer, student, enrolment, writer.chance.choice((1, 1, 2, 3)))
    others = []
    for index in range(people, students):
        student = writer.student(index)
        others.append((student, _ordinary(writer, student)))
    while others and writer.left:
        student, enrolment = others[writer.chance.randrange(len(others))]
        _warned(writer, student, enrolment, writer.chance.choice((1, 1, 2)))


def _ordinary(writer: EventWriter, student: Student) -> StudentEnrolment:
    """A student who never had to do with the benefit system; some leave, a few are known to the register."""
    chance = writer.chance
    education = chance.choice(student.school.education_types)
    start = date(2026, 8, 10) if education in UNCOVERED else start_of(writer, education)
    enrolment = writer.enrol(student, education, start)
    if chance.random() < 0.02:
        lives(writer, student)
    if chance.random() < 0.01:
        writer.end_enrolment(student, enrolment, date(2026, 11, 1), change_moment(writer), Phase.CHANGES)
    elif chance.random() < 0.005:
        _long_ago(writer, student, enrolment)
    return enrolment


def _long_ago(writer: EventWriter, student: Student, enrolment: StudentEnrolment) -> None:
    """Long ago in the target group: known to the municipality, and no duty."""
    came_from(writer, student, enrolment.start.replace(year=2024))
    lives(writer, student)


def _warned(writer: EventWriter, student: Student, enrolment: StudentEnrolment, messages: int) -> None:
    for _ in range(messages):
        writer.warn(student, enrolment.school, after=enrolment.start + 2 * DAY)
