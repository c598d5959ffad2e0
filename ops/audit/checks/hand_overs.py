"""Which unit has given whose duty to whom: read from the acts alone, and not by the service's fold.

It must not look at `transfers`: what the service has made of an act is what this is held against.
"""

from collections import defaultdict
from typing import Final

from ops.audit.checks.context import CheckContext

HANDED: Final = """
SELECT t.person_id, t.enrolment_id, t.unit_id, a.detail ->> 'to_unit'
FROM acts a JOIN tasks t ON t.id = a.task_id WHERE a.kind = 'hand_over' ORDER BY a.serial
"""


class HandOvers:
    """Every hand-over by a person, in the order in which they were done."""

    def __init__(self, context: CheckContext) -> None:
        self._handed: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for person, enrolment, giver, taker in context.rows(HANDED):
            self._handed[person, enrolment].append((giver, taker))

    def by(self, person: str, enrolment: str | None, holder: str | None) -> str:
        """The units from which the duty may have come to `holder`, from hand to hand: each stands between bars."""
        sources: set[str] = set()
        reached = {holder}
        for giver, taker in reversed(self._handed.get((person, enrolment or ""), ())):
            if taker in reached:
                reached.add(giver)
                sources.add(giver)
        return f"|{'|'.join(sorted(sources))}|" if sources else ""
