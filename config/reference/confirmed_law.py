"""Until when a rule set has been confirmed: what at least two of the people who may do so have signed for.

A law that nobody has read must not run on in silence, and one person's word must not keep it running.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final

from config.reference.rows import LawConfirmationRow

PEOPLE: Final = 2
"""How many must have confirmed a day."""


def confirmed_until(version: str, confirmations: Iterable[LawConfirmationRow]) -> date | None:
    """The last day for which `PEOPLE` people have confirmed `version`; None where fewer have.

    Of each person the latest word counts, so that a confirmation can be shortened and its row still stands.
    """
    latest: dict[str, LawConfirmationRow] = {}
    for row in confirmations:
        person = row.confirmed_by.lower()
        if row.version == version and (
            person not in latest or row.confirmed_on > latest[person].confirmed_on
        ):
            latest[person] = row
    ends = sorted((row.confirmed_until for row in latest.values()), reverse=True)
    return ends[PEOPLE - 1] if len(ends) >= PEOPLE else None
