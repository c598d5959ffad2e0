"""What answers to different recipients say together: whether it is the relay that refuses, or the recipient. Pure.

One answer cannot tell. The same permanent answer to the third recipient in a row is the relay's, and from then on
nothing is given up for it until another answer comes. A policy that is not said to be whose is the relay's at first;
when the relay has delivered to others since, and says it to the same recipient again, it is the recipient's.
"""

import logging
from collections import OrderedDict
from typing import Final

from models.notifications.delivery import Scope, SendAttempt, SendOutcome

log = logging.getLogger(__name__)

IN_A_ROW: Final = 3
"""Recipients. The unit, another unit and the next rung must not all be given up for one mistake."""
_REMEMBERED: Final = 1000
"""Recipients of whom an unclear answer is known."""


class AnswersInARow:
    """The answers of one relay, in the order in which they came."""

    def __init__(self) -> None:
        self._answer: str | None = None
        self._recipients: set[str] = set()
        self._delivered = 0
        self._unclear: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def judged(self, recipient: str, attempt: SendAttempt, *, unclear: bool) -> SendAttempt:
        """`attempt` as it is to be taken. `unclear`: its answer says that a policy forbids it, and not whose."""
        if attempt.outcome is SendOutcome.DELIVERED:
            self._delivered += 1
            self._unclear.pop(recipient, None)
        if unclear:
            return self._of_unclear(recipient, attempt)
        if attempt.outcome is not SendOutcome.REFUSED or attempt.code is None:
            if attempt.scope is Scope.MAIL:
                self._end()
            return attempt  # a relay that is away has said nothing about anybody
        if attempt.detail != self._answer:
            self._end()
            self._answer = attempt.detail
        if len(self._recipients) < IN_A_ROW:
            self._recipients.add(recipient)
            if len(self._recipients) == IN_A_ROW:
                log.error(
                    "the relay gives %d recipients in a row the same answer: %s", IN_A_ROW, attempt.detail
                )
        if len(self._recipients) < IN_A_ROW:
            return attempt
        update = {
            "outcome": SendOutcome.MISCONFIGURED,
            "scope": Scope.RELAY,
            "detail": f"{attempt.detail}, to {IN_A_ROW} in a row",
        }
        return attempt.model_copy(update=update)

    def _end(self) -> None:
        self._answer = None
        self._recipients.clear()

    def _of_unclear(self, recipient: str, attempt: SendAttempt) -> SendAttempt:
        before = self._unclear.get(recipient)
        if before is not None and before[0] == attempt.detail and self._delivered > before[1]:
            return attempt.model_copy(update={"outcome": SendOutcome.REFUSED, "scope": Scope.MAIL})
        if before is None or before[0] != attempt.detail:
            self._unclear[recipient] = (attempt.detail, self._delivered)
            if len(self._unclear) > _REMEMBERED:
                self._unclear.popitem(last=False)
        return attempt
