"""The educational institutions with what they teach and where they are: for stories, figures and pages.

No decision asks for it: a message is judged by the enrolment's own education type and the person's residence.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from config.reference.rows import SenderRow
from config.reference.tables import Reference
from models.base import Frozen
from models.calendar import in_force
from models.events.contract import EducationType
from models.events.sender import SenderKind
from models.ids import MunicipalityCode, SenderNumber


class Institution(Frozen):
    """An institution, in force in [valid_from, valid_to)."""

    number: SenderNumber
    name: str
    municipality_code: MunicipalityCode
    education_types: tuple[EducationType, ...]
    valid_from: date
    valid_to: date | None
    successor: SenderNumber | None

    def open_on(self, day: date) -> bool:
        """Whether the institution exists under this number on `day`."""
        return in_force(day, self.valid_from, self.valid_to)


def institutions_of(reference: Reference) -> Mapping[SenderNumber, Institution]:
    """Every institution by its number."""
    found = (_institution(row) for row in reference.senders.rows if row.kind is SenderKind.INSTITUTION)
    return MappingProxyType({institution.number: institution for institution in found})


def _institution(row: SenderRow) -> Institution:
    return Institution(
        number=SenderNumber(row.number),
        name=row.name,
        municipality_code=MunicipalityCode(row.municipality_code or ""),
        education_types=row.education_types,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        successor=None if row.successor is None else SenderNumber(row.successor),
    )
