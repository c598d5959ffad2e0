"""Cases about where the student came from: periods at and beyond edges, annulled, corrected, told late."""

from datetime import date, datetime, timedelta

from local.demo.scenario.background import (
    DAY,
    GROUPS,
    LOOK_BACK,
    OTHER_GROUPS,
    UNCERTAIN_GROUP,
    begins,
    came_from,
    lives,
    settled,
)
from local.demo.scenario.cases import ScenarioCase
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.students import Student, StudentEnrolment
from local.demo.scenario.timetable import SUMMER_ENDS, Phase, in_office
from models.events.contract import BenefitType, TargetGroup

CHANGE_DAYS = tuple(date(2026, 11, day) for day in (16, 17, 18, 19))
_SEPTEMBER = date(2026, 8, 20)


def change_moment(writer: EventWriter) -> datetime:
    """A moment in the days of the corrections, after the last message."""
    return in_office(writer.chance, writer.chance.choice(CHANGE_DAYS))


def warned_after_summer(writer: EventWriter, student: Student, enrolment: StudentEnrolment) -> None:
    """One message, or two, when all the facts of the summer are known."""
    for _ in range(writer.chance.choice((1, 1, 2))):
        writer.warn(student, enrolment.school, after=max(enrolment.start + 2 * DAY, _SEPTEMBER))


def _with_period(writer: EventWriter, student: Student, first: timedelta, last: timedelta | None) -> None:
    """A period from `first` to `last`, counted from the study start."""
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    group = writer.chance.choice(GROUPS)
    writer.benefit(student, group, start + first, None if last is None else start + last)
    warned_after_summer(writer, student, enrolment)


def _still_in_force(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, -writer.days(100, 700), None)


def _until_the_day_before(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, -writer.days(100, 700), -DAY)


def _look_back_edge_inside(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, -writer.days(100, 700), -LOOK_BACK)


def _look_back_edge_outside(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, -writer.days(100, 700), -LOOK_BACK - DAY)


def _beyond_look_back(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, -writer.days(500, 900), -LOOK_BACK - writer.days(2, 300))


def _began_on_the_start(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, timedelta(0), None)


def _began_after_the_start(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, writer.days(1, 40), None)


def _began_the_day_before(writer: EventWriter, student: Student) -> None:
    _with_period(writer, student, -DAY, None)


def _another_group(writer: EventWriter, student: Student) -> None:
    enrolment = begins(writer, student)
    lives(writer, student)
    writer.benefit(
        student,
        writer.chance.choice(OTHER_GROUPS),
        enrolment.start - writer.days(200, 400),
        enrolment.start - DAY,
    )
    warned_after_summer(writer, student, enrolment)


def _told_late(writer: EventWriter, student: Student) -> None:
    """The municipality registers the period in November, with effect from before the start."""
    enrolment = begins(writer, student)
    lives(writer, student)
    warned_after_summer(writer, student, enrolment)
    start = enrolment.start
    writer.benefit(
        student,
        writer.chance.choice(GROUPS),
        start - writer.days(100, 500),
        start - writer.days(1, 40),
        registered=change_moment(writer),
        phase=Phase.CHANGES,
    )


def _on_dagpenge(writer: EventWriter, student: Student) -> None:
    """Under 25 and ordered to take an education: the words of the law cover it, the agreement does not."""
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    writer.benefit(student, UNCERTAIN_GROUP, start - writer.days(100, 400), start - writer.days(1, 45))
    warned_after_summer(writer, student, enrolment)


def _from_overgangsydelse(writer: EventWriter, student: Student) -> None:
    """It stands beside uddannelseshjælp in LAB § 6 nr. 4 and 5."""
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    group = (BenefitType.OVERGANGSYDELSE, TargetGroup.UDDANNELSESPARAT)
    writer.benefit(student, group, start - writer.days(100, 400), start - writer.days(1, 45))
    warned_after_summer(writer, student, enrolment)


def _annulled(writer: EventWriter, student: Student) -> None:
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    period = writer.benefit(student, writer.chance.choice(GROUPS), start - writer.days(100, 500), start - DAY)
    warned_after_summer(writer, student, enrolment)
    writer.annul_benefit(student, period, change_moment(writer), Phase.CHANGES)


def _annulled_before(writer: EventWriter, student: Student) -> None:
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    period = writer.benefit(student, writer.chance.choice(GROUPS), start - writer.days(100, 500), start - DAY)
    writer.annul_benefit(student, period, in_office(writer.chance, SUMMER_ENDS), Phase.FACTS)
    warned_after_summer(writer, student, enrolment)


def _corrected_out_of_reach(writer: EventWriter, student: Student) -> None:
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    period = writer.benefit(student, writer.chance.choice(GROUPS), start - writer.days(300, 500), start - DAY)
    warned_after_summer(writer, student, enrolment)
    earlier = start - LOOK_BACK - writer.days(1, 90)
    writer.correct_benefit(student, period, earlier, change_moment(writer), Phase.CHANGES)


def _corrected_into_reach(writer: EventWriter, student: Student) -> None:
    enrolment = begins(writer, student)
    lives(writer, student)
    start = enrolment.start
    valid_to = start - LOOK_BACK - writer.days(10, 90)
    period = writer.benefit(student, writer.chance.choice(GROUPS), start - writer.days(300, 500), valid_to)
    warned_after_summer(writer, student, enrolment)
    later = start - writer.days(1, 40)
    writer.correct_benefit(student, period, later, change_moment(writer), Phase.CHANGES)


def _before_the_merger(writer: EventWriter, student: Student) -> None:
    """Started in August 2025 from uddannelseshjælp; warned about in spring, told late, judged by that law."""
    enrolment = begins(writer, student, start=date(2025, 8, 11))
    lives(writer, student)
    old = (BenefitType.UDDANNELSESHJAELP, TargetGroup.UDDANNELSESPARAT)
    writer.benefit(student, old, date(2023, 3, 1), date(2025, 6, 30))
    inside = in_office(writer.chance, date(2026, 2, 11))
    writer.warn(student, enrolment.school, after=enrolment.start, moment=inside, phase=Phase.FIRST_NIGHTS)
    outside = in_office(writer.chance, date(2026, 2, 12))
    writer.warn(student, enrolment.school, after=enrolment.start, moment=outside, phase=Phase.SEPTEMBER)


def _before_the_law(writer: EventWriter, student: Student) -> None:
    enrolment = settled(writer, student)
    moment = in_office(writer.chance, date(2021, 12, 15))
    writer.warn(student, enrolment.school, after=moment.date(), moment=moment, phase=Phase.SEPTEMBER)


def _under_the_first_rules(writer: EventWriter, student: Student) -> None:
    """Kontanthjælp did not count in spring 2025; the same person's uddannelseshjælp would have."""
    enrolment = begins(writer, student, start=date(2025, 2, 3))
    lives(writer, student)
    came_from(writer, student, enrolment.start)
    moment = in_office(writer.chance, date(2025, 4, 8))
    writer.warn(student, enrolment.school, after=moment.date(), moment=moment, phase=Phase.SEPTEMBER)


CASES = (
    ScenarioCase("period told late", 25, _told_late),
    ScenarioCase("in force on the study start", 40, _still_in_force),
    ScenarioCase("ended on the day before", 20, _until_the_day_before),
    ScenarioCase("ended on the last day of the look-back", 10, _look_back_edge_inside),
    ScenarioCase("ended a day before the look-back", 10, _look_back_edge_outside),
    ScenarioCase("ended beyond the look-back", 60, _beyond_look_back),
    ScenarioCase("began on the study start", 10, _began_on_the_start),
    ScenarioCase("began after the study start", 30, _began_after_the_start),
    ScenarioCase("began the day before the study start", 5, _began_the_day_before),
    ScenarioCase("another group", 20, _another_group),
    ScenarioCase("on dagpenge with an order", 5, _on_dagpenge),
    ScenarioCase("from overgangsydelse", 5, _from_overgangsydelse),
    ScenarioCase("period annulled", 10, _annulled),
    ScenarioCase("period annulled before any message", 5, _annulled_before),
    ScenarioCase("period corrected out of reach", 8, _corrected_out_of_reach),
    ScenarioCase("period corrected into reach", 8, _corrected_into_reach),
    ScenarioCase("of the year before", 5, _before_the_merger),
    ScenarioCase("dated before the law", 3, _before_the_law),
    ScenarioCase("judged by the first rules", 4, _under_the_first_rules),
)
