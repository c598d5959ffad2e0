"""What most students have in common: an education that starts, a home and, for some, a benefit that ended."""

from datetime import date, timedelta
from typing import Final

from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.institutions import School
from local.demo.scenario.students import Period, Student, StudentEnrolment, StudentGroup
from local.demo.scenario.timetable import SUMMER_ENDS, Phase, in_office
from models.events.contract import BenefitType, EducationType, TargetGroup

DAY: Final = timedelta(days=1)
LOOK_BACK: Final = timedelta(days=62)
"""Where the story places its edges; what counts is the law's own number."""
UNCOVERED: Final = frozenset({EducationType.AVU, EducationType.FVU, EducationType.FGU, EducationType.STU})
UNCERTAIN: Final = frozenset({EducationType.HF_ENKELTFAG})
_UPPER_SECONDARY: Final = frozenset(
    {EducationType.STX, EducationType.HHX, EducationType.HTX, EducationType.HF}
)
_HIGHER: Final = frozenset({EducationType.KVU, EducationType.MVU, EducationType.LVU})
VOCATIONAL_START: Final = date(2026, 8, 10)
UPPER_SECONDARY_START: Final = date(2026, 8, 12)
HIGHER_STARTS: Final = (date(2026, 8, 31), date(2026, 9, 1))
OCTOBER_START: Final = date(2026, 10, 12)
_MERGED: Final = date(2025, 7, 1)
"""Uddannelseshjælp was folded into kontanthjælp."""

GROUPS: Final[tuple[StudentGroup, ...]] = (
    (BenefitType.KONTANTHJAELP, TargetGroup.UDDANNELSESPARAT),
    (BenefitType.KONTANTHJAELP, TargetGroup.UDDANNELSESPARAT),
    (BenefitType.KONTANTHJAELP, TargetGroup.AKTIVITETSPARAT_UNDER_30),
    (BenefitType.KONTANTHJAELP, TargetGroup.AABENLYST_UDDANNELSESPARAT),
)
OTHER_GROUPS: Final[tuple[StudentGroup, ...]] = (
    (BenefitType.KONTANTHJAELP, TargetGroup.JOBPARAT),
    (BenefitType.KONTANTHJAELP, TargetGroup.AKTIVITETSPARAT_FROM_30),
    (BenefitType.OTHER, TargetGroup.OTHER),
)
UNCERTAIN_GROUP: Final[StudentGroup] = (BenefitType.DAGPENGE, TargetGroup.UDDANNELSESPAALAEG_UNDER_25)


def education_at(writer: EventWriter, school: School) -> EducationType | None:
    """One of the school's covered types; None where it has none."""
    covered = [kind for kind in school.education_types if kind not in UNCOVERED | UNCERTAIN]
    return writer.chance.choice(covered) if covered else None


def start_of(writer: EventWriter, education: EducationType) -> date:
    """When that type usually starts; a few vocational ones start in October."""
    if education in _UPPER_SECONDARY:
        return UPPER_SECONDARY_START
    if education in _HIGHER:
        return writer.chance.choice(HIGHER_STARTS)
    return OCTOBER_START if writer.chance.random() < 0.04 else VOCATIONAL_START


def covered_school(writer: EventWriter, *, but: School | None = None) -> School:
    """Any school with a covered education, and not `but`."""
    while True:
        school = writer.chance.choice(writer.cast.schools)
        if school != but and education_at(writer, school) is not None:
            return school


def begins(
    writer: EventWriter, student: Student, *, start: date | None = None, school: School | None = None
) -> StudentEnrolment:
    """An enrolment in a covered education, known before it starts."""
    school = school or student.school
    education = education_at(writer, school)
    if education is None:
        school = covered_school(writer)
        education = education_at(writer, school) or EducationType.EUD
    return writer.enrol(student, education, start or start_of(writer, education), school=school)


def lives(writer: EventWriter, student: Student) -> None:
    """A home for years."""
    writer.reside(student, student.home, date(2025, 12, 31) - writer.days(0, 2000))


def came_from(writer: EventWriter, student: Student, start: date) -> Period:
    """A period in the target group that ended weeks before `start`, told once, or first open, then closed."""
    valid_to = start - writer.days(1, 45)
    valid_from = valid_to - writer.days(120, 900)
    group = writer.chance.choice(GROUPS)
    if valid_from < _MERGED <= valid_to and writer.chance.random() < 0.5:
        before = (BenefitType.UDDANNELSESHJAELP, group[1])
        writer.benefit(student, before, valid_from, _MERGED - DAY)
        valid_from = _MERGED
    if writer.chance.random() < 0.25:
        period = writer.benefit(student, group, valid_from, None)
        closed = in_office(
            writer.chance, min(max(valid_to - writer.days(0, 20), valid_from + 8 * DAY), SUMMER_ENDS)
        )
        return writer.correct_benefit(student, period, valid_to, closed, phase=Phase.FACTS)
    return writer.benefit(student, group, valid_from, valid_to)


def settled(writer: EventWriter, student: Student, *, start: date | None = None) -> StudentEnrolment:
    """Everything known before the start, and all of it as the duty asks."""
    enrolment = begins(writer, student, start=start)
    came_from(writer, student, enrolment.start)
    lives(writer, student)
    return enrolment


def early(writer: EventWriter) -> date:
    """A start early enough for messages in the first nights."""
    return writer.chance.choice((VOCATIONAL_START, UPPER_SECONDARY_START))
