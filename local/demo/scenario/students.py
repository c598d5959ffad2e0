"""The people of the story and what has been written down about them."""

from dataclasses import dataclass
from datetime import date

from local.demo.scenario.institutions import School
from models.events.contract import BenefitType, EducationType, TargetGroup

StudentGroup = tuple[BenefitType, TargetGroup]


@dataclass(frozen=True, slots=True)
class Student:
    """One person of the story, where it lives and where it mainly studies."""

    index: int
    cpr: str
    home: str
    school: School


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentEnrolment:
    """An enrolment as last written down."""

    id: str
    school: School
    education: EducationType
    admission: date
    start: date
    ended: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A benefit period as last written down."""

    id: str
    municipality: str
    group: StudentGroup
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was raised."""

    id: str
    school: School
    night: date
