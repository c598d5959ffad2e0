"""Acts that a rebuild does once more, each at its place among the decisions of a batch."""

from collections import deque
from collections.abc import Iterable

from ledger.store.action_log import ActionRow
from ledger.tasks.projection import Projection


class ActsAgain:
    """Those of one batch."""

    def __init__(self, due: Iterable[tuple[int, ActionRow]] = ()) -> None:
        """`due`: in order, each with the number of decisions of the batch that come before it."""
        self._due = deque(due)
        self.done: list[ActionRow] = []
        self.early: list[ActionRow] = []
        """Whose task is not there yet. An erasure may have taken the decision that opened it, and left a later one of
        the same message, which still counts: what people did before that one is done behind it."""
        self.impossible: list[ActionRow] = []
        """Whose task is in no state for it."""

    def do(self, projection: Projection, place: int | None = None) -> None:
        """Those that come before the decision at `place`; None: all that are left."""
        while self._due and (place is None or self._due[0][0] <= place):
            self._try(projection, self._due.popleft()[1])

    def do_early(self, projection: Projection) -> None:
        """Those whose task has come by now."""
        early, self.early = self.early, []
        for row in early:
            self._try(projection, row)

    def _try(self, projection: Projection, row: ActionRow) -> None:
        if projection.do(row.act) is not None:
            self.done.append(row)
            return
        try:
            projection.standing(row.act.task_id)
        except KeyError:
            self.early.append(row)
        else:
            self.impossible.append(row)
