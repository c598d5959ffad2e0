"""How long a step computes before everything else in its process has its turn."""

from typing import Final

TURN: Final = 25
"""What is done between two turns of everything else, in the work of a fact that is put into its person's record: some
30 microseconds. One event of a person with 2,400 of them takes 0.2 seconds."""


class Turns:
    """Counts what a step computes: everything else in the process has its turn each time so much has been done."""

    def __init__(self) -> None:
        self._done = 0

    def are_due(self, work: int) -> bool:
        """Whether others have their turn now that `work`, in the unit of `TURN`, has been done.

        It is counted, not timed: a run can be run again.
        """
        self._done += work
        if self._done < TURN:
            return False
        self._done = 0
        return True
