"""How a list of open tasks is narrowed and sorted: by the severity of its messages, and by institution. Pure.

It stands in the address, and holds nothing of a person.
"""

import re
from collections.abc import Mapping
from typing import Final

from ledger.queries.list_statements import Sorting
from models.base import Frozen
from models.events.contract import Severity

_INSTITUTION: Final = re.compile(r"\d{6}", re.ASCII)
SEVERITY_QUERY: Final = "alvor"
INSTITUTION_QUERY: Final = "institution"
SORTING_QUERY: Final = "sorter"


class Narrowing(Frozen):
    """What the reader has chosen; all tasks by date where nothing is."""

    severity: Severity | None = None
    institution: str | None = None
    sorting: Sorting = Sorting.DATE

    @property
    def query(self) -> Mapping[str, str]:
        """As it stands in an address."""
        said = {
            SEVERITY_QUERY: self.severity or "",
            INSTITUTION_QUERY: self.institution or "",
            SORTING_QUERY: "" if self.sorting is Sorting.DATE else self.sorting.value,
        }
        return {name: value for name, value in said.items() if value}


def read_narrowing(query: Mapping[str, str]) -> Narrowing:
    """What an address says of it; what is not understood narrows nothing."""
    severity, institution, sorting = (
        query.get(name, "") for name in (SEVERITY_QUERY, INSTITUTION_QUERY, SORTING_QUERY)
    )
    return Narrowing(
        severity=Severity(severity) if severity in set(Severity) else None,
        institution=institution if _INSTITUTION.fullmatch(institution) else None,
        sorting=Sorting(sorting) if sorting in set(Sorting) else Sorting.DATE,
    )
