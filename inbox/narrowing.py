"""How a list of open tasks is narrowed and sorted: by severity, institution, type of education and the reader's own
dates, any of them together. Pure.

It stands in the address, and holds nothing of a person.
"""

import re
from collections.abc import Mapping
from typing import Final

from ledger.queries.list_statements import Sorting
from ledger.queries.narrowed import Narrowed
from models.base import Frozen
from models.events.contract import EducationType, Severity

_INSTITUTION: Final = re.compile(r"\d{6}", re.ASCII)
SEVERITY_QUERY: Final = "alvor"
INSTITUTION_QUERY: Final = "institution"
EDUCATION_QUERY: Final = "uddannelse"
FOLLOWED_QUERY: Final = "opfoelgning"
STANDING_IN_QUERY: Final = "stedfortraeder"
SORTING_QUERY: Final = "sorter"
_YES: Final = "1"


class Narrowing(Frozen):
    """What the reader has chosen; all tasks by date where nothing is."""

    severity: Severity | None = None
    institution: str | None = None
    education: EducationType | None = None
    followed: bool = False
    """Only tasks on which the reader has put a date of his own."""
    standing_in: bool = False
    """Only tasks for whose owner the reader stands in today."""
    sorting: Sorting = Sorting.DATE

    @property
    def query(self) -> Mapping[str, str]:
        """As it stands in an address."""
        said = {
            SEVERITY_QUERY: self.severity or "",
            INSTITUTION_QUERY: self.institution or "",
            EDUCATION_QUERY: self.education or "",
            FOLLOWED_QUERY: _YES if self.followed else "",
            STANDING_IN_QUERY: _YES if self.standing_in else "",
            SORTING_QUERY: "" if self.sorting is Sorting.DATE else self.sorting.value,
        }
        return {name: str(value) for name, value in said.items() if value}

    def asked_by(self, reader: str) -> Narrowed:
        """What it asks the ledger for."""
        return Narrowed(
            severity=self.severity,
            institution=self.institution,
            education=self.education,
            followed_by=reader if self.followed else None,
            stand_in=reader if self.standing_in else None,
        )


FOLLOWED: Final = Narrowing(followed=True)
STANDING_IN: Final = Narrowing(standing_in=True)


def read_narrowing(query: Mapping[str, str]) -> Narrowing:
    """What an address says of it; what is not understood narrows nothing."""
    severity, institution, education, sorting = (
        query.get(name, "") for name in (SEVERITY_QUERY, INSTITUTION_QUERY, EDUCATION_QUERY, SORTING_QUERY)
    )
    return Narrowing(
        severity=Severity(severity) if severity in set(Severity) else None,
        institution=institution if _INSTITUTION.fullmatch(institution) else None,
        education=EducationType(education) if education in set(EducationType) else None,
        followed=query.get(FOLLOWED_QUERY, "") == _YES,
        standing_in=query.get(STANDING_IN_QUERY, "") == _YES,
        sorting=Sorting(sorting) if sorting in set(Sorting) else Sorting.DATE,
    )
