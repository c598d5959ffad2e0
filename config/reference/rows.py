"""What one row of each reference table holds, and what it must satisfy on its own. No file is read here."""

import re
from collections.abc import Callable
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    PlainValidator,
    StringConstraints,
    model_validator,
)

from config.reference.csv_reader import Certainty, Row
from models.calendar import in_force
from models.events.contract import EducationType, Municipality
from models.events.sender import SenderCode, SenderKind, kind_of

_CVR_WEIGHTS: Final = (2, 7, 6, 5, 4, 3, 2, 1)
_LOCAL_PART: Final = r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*"
_DOMAIN: Final = r"([^\W_]([^\W_]|-){0,62}(?<!-)\.)+[^\W\d_]{2,63}"
_EMAIL: Final = re.compile(f"{_LOCAL_PART}@{_DOMAIN}")


def _reads(pattern: str, wanted: str, convert: Callable[[str], object]) -> PlainValidator:
    """Refuses spellings that pydantic understands and people do not, such as ``1640995200`` for a date."""

    def read(text: str) -> object:
        try:
            if re.fullmatch(pattern, text, re.ASCII):
                return convert(text)
        except ValueError:
            pass
        raise ValueError(f"should be {wanted}")

    return PlainValidator(read)


def has_valid_cvr_check_digit(cvr: str) -> bool:
    """Whether the eight digits satisfy modulus 11 (source: the Central Business Register's rule)."""
    return sum(weight * int(digit) for weight, digit in zip(_CVR_WEIGHTS, cvr, strict=True)) % 11 == 0


def _cvr(text: str) -> str:
    if not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError("should be eight digits")
    if not has_valid_cvr_check_digit(text):
        raise ValueError("does not satisfy modulus 11 with the weights 2 7 6 5 4 3 2 1")
    return text


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError("is not an email address that can be written to")
    return text


def _http_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        sound = None
    if not sound or parts.username is not None or parts.fragment or not re.fullmatch(r"[!-~]{1,1000}", text):
        raise ValueError("is not an http(s) address without user and fragment")
    return text


def _month_day(text: str) -> str:
    date.fromisoformat(f"2023-{text}")  # no leap year: 29 February is not a day of every year
    return text


def _education_types(text: str) -> tuple[EducationType, ...]:
    names = text.split(" ")
    unknown = [name for name in names if name not in set(EducationType)]
    if unknown:
        raise ValueError(f"unknown education type {', '.join(unknown)}")
    if len(set(names)) != len(names):
        raise ValueError("an education type is there twice")
    return tuple(EducationType(name) for name in names)


Day = Annotated[date, _reads(r"\d{4}-\d{2}-\d{2}", "a date as YYYY-MM-DD", date.fromisoformat)]
CountCell = Annotated[int, _reads(r"[1-9]\d{0,3}", "a whole number from 1 to 9999", int)]
Shift = Annotated[int, _reads(r"0|-?[1-9]\d{0,2}", "a whole number of days such as -2, 0 or 5", int)]
Clock = Annotated[time, _reads(r"\d{2}:\d{2}", "a time of day as HH:MM", time.fromisoformat)]
Flag = Annotated[bool, _reads(r"true|false", "true or false", "true".__eq__)]
Text = Annotated[str, StringConstraints(min_length=1)]
UnitCode = Annotated[str, _reads(r"[a-z]+-[0-9a-z]+", "a unit id such as jc-0561", str)]
Cvr = Annotated[str, AfterValidator(_cvr)]
Email = Annotated[str, AfterValidator(_email)]
EducationTypes = Annotated[tuple[EducationType, ...], PlainValidator(_education_types)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
MonthDay = Annotated[str, _reads(r"\d{2}-\d{2}", "a day of every year as MM-DD", _month_day)]


class DatedRow(Row):
    """A row in force in [valid_from, valid_to)."""

    valid_from: Day
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is not after valid_from")
        return self

    def in_force(self, day: date) -> bool:
        """Whether the row holds on `day`."""
        return in_force(day, self.valid_from, self.valid_to)


class MunicipalityRow(Row):
    """``municipalities.csv``: the certainty is of code and name; that of the jobcentre stands apart."""

    code: Municipality
    name: Text
    jobcentre: Text
    jobcentre_certainty: Certainty


class UnitRow(Row):
    """``units.csv``: a responsible unit and the recipient of its notices."""

    unit_id: UnitCode
    name: Text
    email: Email
    municipality_code: Municipality


class RouteRow(DatedRow):
    """``routes.csv``: which unit answers for a municipality's residents, and when."""

    municipality_code: Municipality
    unit_id: UnitCode
    note: Text | None = None


class Coverage(StrEnum):
    """Whether the duty covers a type of education."""

    YES = "true"
    NO = "false"
    UNDECIDED = "undecided"
    """Open by the law that was read: people look at each message."""


class EducationRow(Row):
    """``education_types.csv``: whether the duty covers a type of education."""

    code: EducationType
    name: Text
    covered: Coverage


class SenderRow(DatedRow):
    """``senders.csv``: who may send. Municipality and education types belong to institutions alone."""

    number: SenderCode
    name: Text
    cvr: Cvr
    municipality_code: Municipality | None = None
    education_types: EducationTypes = ()
    successor: SenderCode | None = None

    @property
    def kind(self) -> SenderKind:
        """The kind that the number names."""
        return kind_of(self.number)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind is SenderKind.INSTITUTION:
            if self.municipality_code is None or not self.education_types:
                raise ValueError(f"institution {self.number} needs a municipality_code and education_types")
        elif self.municipality_code is not None or self.education_types:
            raise ValueError(
                f"{self.number} is no institution: municipality_code and education_types stay empty"
            )
        if self.successor is not None and self.valid_to is None:
            raise ValueError(f"{self.number} has a successor but no valid_to")
        return self


class ReactByRow(Row):
    """``react_by.csv``: a unit's own service target. No law sets a number of days."""

    unit_id: UnitCode
    working_days: CountCell
    valid_from: Day


class WebhookRow(DatedRow):
    """``webhooks.csv``: where a unit's own case system takes notices; its secrets stand elsewhere."""

    unit_id: UnitCode
    url: HttpUrl


class AnswerRow(DatedRow):
    """``answers.csv``: what a municipality lets an institution know of what became of its message."""

    municipality_code: Municipality
    contact_made: Flag
    closed: Flag


class NotReachedRow(Row):
    """``not_reached_after.csv``: how often a unit seeks contact before it may close a task. No law names a number."""

    unit_id: UnitCode
    attempts: CountCell
    valid_from: Day


class LawConfirmerRow(DatedRow):
    """``law_confirmers.csv``: who may confirm that a rule set still holds after it was last read."""

    person: Email
    name: Text


class LawConfirmationRow(Row):
    """``law_confirmations.csv``: what one person has confirmed. Of a person's rows on a version the latest holds."""

    version: Text
    confirmed_until: Day
    confirmed_by: Email
    confirmed_on: Day


class GatheringRow(Row):
    """``gathering.csv``: for how long further messages of an open task are gathered into one mail. No law says it."""

    unit_id: UnitCode
    minutes: CountCell
    valid_from: Day


class DayOffRow(Row):
    """``days_off.csv``: a day of every year on which offices are closed besides the public holidays."""

    month_day: MonthDay
    name: Text
