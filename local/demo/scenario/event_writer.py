"""Writes the story's events down, each on the page of its phase. What happens to whom is told elsewhere.

Everything is drawn from one source of chance, so that the same seed gives the same story, byte for byte.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from local.demo.scenario.institutions import Authority, Institutions, School
from local.demo.scenario.people import made_up_cpr
from local.demo.scenario.students import Message, Period, Student, StudentEnrolment, StudentGroup
from local.demo.scenario.timetable import (
    SUMMER_ENDS,
    Phase,
    at_night,
    in_office,
    make_nights,
    phase_of,
    written,
)
from local.demo.scenario.words import FIRST_NAMES, LAST_NAMES, TEXTS
from models.events.contract import EducationType, EndReason, Severity, Signal, WithdrawalReason
from models.events.event_types import TYPE_PREFIX
from publisher.events import PlainEvent

_SIGNALS = tuple(Signal)
_SEVERITIES = tuple(Severity)


class EventWriter:
    """Holds the pages, the chance, and how many messages are left to be raised."""

    def __init__(self, *, seed: int, cast: Institutions, messages: int) -> None:
        self.chance = Random(seed)  # noqa: S311  the same story every time is the point
        self.cast = cast
        self.left = messages
        self.nights = make_nights(self.chance)
        self.pages: dict[Phase, list[tuple[datetime, int, PlainEvent]]] = {phase: [] for phase in Phase}
        self._utc = frozenset(school.number for school in cast.schools[::3])
        self._municipalities = {authority.number: authority for authority in cast.municipalities}
        self._serial = 0

    def student(self, index: int) -> Student:
        """Person `index`: every municipality has its share; most study in their own part of the country."""
        home = self.cast.municipalities[index % len(self.cast.municipalities)].number
        near = [school for school in self.cast.schools if school.municipality[:2] == home[:2]]
        schools = near if near and self.chance.random() < 0.7 else self.cast.schools
        return Student(index, made_up_cpr(index), home, self.chance.choice(schools))

    def other_home(self, student: Student) -> str:
        """A municipality in which the student does not live."""
        number = student.home
        while number == student.home:
            number = self.chance.choice(self.cast.municipalities).number
        return number

    def days(self, least: int, most: int) -> timedelta:
        """A number of days, both ends included."""
        return timedelta(days=self.chance.randint(least, most))

    def enrol(
        self,
        student: Student,
        education: EducationType,
        start: date,
        *,
        school: School | None = None,
        admission: date | None = None,
        registered: datetime | None = None,
        phase: Phase = Phase.FACTS,
    ) -> StudentEnrolment:
        """``enrolment.registered``; admitted weeks before the start, and registered within a week of that."""
        admission = admission or min(start - self.days(20, 60), SUMMER_ENDS - self.days(5, 40))
        enrolment = StudentEnrolment(
            id=self.uid(),
            school=school or student.school,
            education=education,
            admission=admission,
            start=start,
        )
        registered = registered or in_office(self.chance, min(admission + self.days(1, 7), SUMMER_ENDS))
        self._enrolment("enrolment.registered", student, enrolment, registered, phase)
        return enrolment

    def correct_enrolment(
        self,
        student: Student,
        enrolment: StudentEnrolment,
        registered: datetime,
        phase: Phase,
        *,
        arrives: datetime | None = None,
        first: bool = False,
    ) -> StudentEnrolment:
        """``enrolment.corrected`` to what `enrolment` says; `first`: written as ``enrolment.registered``."""
        kind = "enrolment.registered" if first else "enrolment.corrected"
        self._enrolment(kind, student, enrolment, registered, phase, arrives)
        return enrolment

    def end_enrolment(
        self, student: Student, enrolment: StudentEnrolment, ended: date, registered: datetime, phase: Phase
    ) -> None:
        """``enrolment.ended``."""
        data = {
            "enrolment_id": enrolment.id,
            "institution_number": enrolment.school.number,
            "ended_on": ended.isoformat(),
            "reason": self.chance.choice(tuple(EndReason)).value,
        }
        self._school_event("enrolment.ended", student, enrolment.school, data, registered, phase)

    def benefit(
        self,
        student: Student,
        group: StudentGroup,
        valid_from: date,
        valid_to: date | None,
        *,
        registered: datetime | None = None,
        phase: Phase = Phase.FACTS,
    ) -> Period:
        """``benefit-period.registered`` by the municipality of the student's home."""
        period = Period(
            id=self.uid(), municipality=student.home, group=group, valid_from=valid_from, valid_to=valid_to
        )
        registered = registered or in_office(self.chance, min(valid_from + self.days(0, 6), SUMMER_ENDS))
        self._period("benefit-period.registered", student, period, registered, phase)
        return period

    def correct_benefit(
        self, student: Student, period: Period, valid_to: date | None, registered: datetime, phase: Phase
    ) -> Period:
        """``benefit-period.corrected`` to another last day."""
        period = replace(period, valid_to=valid_to)
        self._period("benefit-period.corrected", student, period, registered, phase)
        return period

    def annul_benefit(self, student: Student, period: Period, registered: datetime, phase: Phase) -> None:
        """``benefit-period.annulled``."""
        data = {"period_id": period.id, "municipality_code": period.municipality}
        sender = self._municipalities[period.municipality]
        self._write("benefit-period.annulled", student, sender, data, registered, phase)

    def reside(
        self,
        student: Student,
        municipality: str,
        valid_from: date,
        *,
        registered: datetime | None = None,
        phase: Phase = Phase.FACTS,
    ) -> None:
        """``residence.registered``."""
        registered = registered or in_office(self.chance, min(valid_from + self.days(0, 5), SUMMER_ENDS))
        data = {
            "residence_id": self.uid(),
            "municipality_code": municipality,
            "valid_from": valid_from.isoformat(),
        }
        self._write("residence.registered", student, self.cast.register, data, registered, phase)

    def warn(
        self,
        student: Student,
        school: School | None = None,
        *,
        after: date,
        before: date = date.max,
        moment: datetime | None = None,
        phase: Phase | None = None,
    ) -> Message | None:
        """``dropout-risk.raised`` on a night after `after`, or at `moment`; None when no night is left."""
        night = moment.date() if moment else self.nights.pick(self.chance, after=after, before=before)
        if night is None or self.left <= 0:
            return None
        self.left -= 1
        moment = moment or at_night(self.chance, night)
        message = Message(self.uid(), school or student.school, night)
        self._school_event(
            "dropout-risk.raised",
            student,
            message.school,
            self._risk(message.school, night),
            moment,
            phase_of(night) if phase is None else phase,
            event_id=message.id,
        )
        return message

    def withdraw(self, student: Student, message: Message, registered: datetime, phase: Phase) -> None:
        """``dropout-risk.withdrawn``."""
        data = {
            "institution_number": message.school.number,
            "message_id": message.id,
            "reason": self.chance.choice(tuple(WithdrawalReason)).value,
        }
        self._school_event("dropout-risk.withdrawn", student, message.school, data, registered, phase)

    def uid(self) -> str:
        """A UUID out of the story's chance."""
        text = f"{self.chance.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"

    def _risk(self, school: School, night: date) -> dict[str, Any]:
        chance = self.chance
        signals = chance.sample(_SIGNALS, chance.choice((1, 1, 2, 3)))
        data: dict[str, Any] = {
            "institution_number": school.number,
            "seen_at": in_office(chance, night - timedelta(days=1)).isoformat(),
            "signals": [signal.value for signal in signals],
            "severity": chance.choice(_SEVERITIES).value,
        }
        if Signal.ABSENCE in signals:
            data["absence_percentage"] = chance.randint(10, 100)
        if chance.random() < 0.4:
            data["text"] = chance.choice(TEXTS)
        if chance.random() < 0.7:
            first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
            data["contact"] = {
                "name": f"{first} {last}",
                "phone": f"+45 00 {chance.randint(10, 99)} {chance.randint(10, 99)} {chance.randint(10, 99)}",
                "email": f"vejledning-{school.number}@skole.example",
            }
        return data

    def _enrolment(
        self,
        kind: str,
        student: Student,
        enrolment: StudentEnrolment,
        registered: datetime,
        phase: Phase,
        arrives: datetime | None = None,
    ) -> None:
        data = {
            "enrolment_id": enrolment.id,
            "institution_number": enrolment.school.number,
            "education_type": enrolment.education.value,
            "admission_date": enrolment.admission.isoformat(),
            "study_start": enrolment.start.isoformat(),
        }
        if enrolment.ended is not None:
            data["ended_on"] = enrolment.ended.isoformat()
        self._school_event(kind, student, enrolment.school, data, registered, phase, arrives=arrives)

    def _period(
        self, kind: str, student: Student, period: Period, registered: datetime, phase: Phase
    ) -> None:
        benefit, group = period.group
        data = {
            "period_id": period.id,
            "municipality_code": period.municipality,
            "benefit_type": benefit.value,
            "target_group": group.value,
            "valid_from": period.valid_from.isoformat(),
        }
        if period.valid_to is not None:
            data["valid_to"] = period.valid_to.isoformat()
        self._write(kind, student, self._municipalities[period.municipality], data, registered, phase)

    def _school_event(
        self,
        kind: str,
        student: Student,
        school: School,
        data: Mapping[str, Any],
        registered: datetime,
        phase: Phase,
        *,
        event_id: str | None = None,
        arrives: datetime | None = None,
    ) -> None:
        sender = Authority(school.number, school.source)
        self._write(kind, student, sender, data, registered, phase, event_id=event_id, arrives=arrives)

    def _write(
        self,
        kind: str,
        student: Student,
        sender: Authority,
        data: Mapping[str, Any],
        registered: datetime,
        phase: Phase,
        *,
        event_id: str | None = None,
        arrives: datetime | None = None,
    ) -> None:
        event = PlainEvent(
            type=f"{TYPE_PREFIX}{kind}.v1",
            id=event_id or self.uid(),
            sender=sender.number,
            source=sender.source,
            time=written(registered, utc=sender.number in self._utc),
            data={"cpr": student.cpr, **data},
        )
        self._serial += 1
        self.pages[phase].append((arrives or registered, self._serial, event))
