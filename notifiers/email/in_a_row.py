"""What answers to different recipients say together: whether it is the relay that refuses, or the recipient. Pure.

One answer cannot tell. The same permanent answer to the third recipient in a row is the relay's, and from then on
nothing is given up for it, until one of them gets another answer or two others do: one alone may be an address that
this relay always serves, as that of the probe. A policy that is not said to be whose is the relay's at first; when two
others have been served since, and the same recipient gets it again, it is the recipient's.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from models.notifications.delivery import Scope, SendAttempt, SendOutcome

log = logging.getLogger(__name__)

IN_A_ROW: Final = 3
"""Recipients. The unit, another unit and the next rung must not all be given up for one mistake."""
OTHERS: Final = 2
"""Recipients who fare otherwise, and show that it is not the relay."""
_REMEMBERED: Final = 1000
"""Recipients of whom an unclear answer is known."""


@dataclass(slots=True)
class _Unclear:
    answer: str
    served_since: set[str] = field(default_factory=set)


class AnswersInARow:
    """The answers of one relay, in the order in which they came."""

    def __init__(self) -> None:
        self._answer: str | None = None
        self._recipients: set[str] = set()
        self._others: set[str] = set()
        self._unclear: OrderedDict[str, _Unclear] = OrderedDict()

    def judged(self, recipient: str, attempt: SendAttempt, *, unclear: bool) -> SendAttempt:
        """`attempt` as it is to be taken. `unclear`: its answer says that a policy forbids it, and not whose."""
        if attempt.outcome is SendOutcome.DELIVERED:
            self._unclear.pop(recipient, None)
            for one in self._unclear.values():
                if len(one.served_since) < OTHERS:
                    one.served_since.add(recipient)
        if unclear:
            return self._of_unclear(recipient, attempt)
        if attempt.outcome is not SendOutcome.REFUSED or attempt.code is None:
            if attempt.scope is Scope.MAIL:  # a relay that is away has said nothing about anybody
                self._another(recipient)
            return attempt
        if attempt.detail != self._answer:
            if not self._another(recipient):
                return attempt
            self._answer = attempt.detail
        return self._of_row(recipient, attempt)

    def _of_row(self, recipient: str, attempt: SendAttempt) -> SendAttempt:
        if not self._is_paused():
            self._recipients.add(recipient)
            if not self._is_paused():
                return attempt
            log.error("the relay gives %d recipients in a row the same answer: %s", IN_A_ROW, attempt.detail)
        update = {
            "outcome": SendOutcome.MISCONFIGURED,
            "scope": Scope.RELAY,
            "detail": f"{attempt.detail}, to {IN_A_ROW} in a row",
        }
        return attempt.model_copy(update=update)

    def _is_paused(self) -> bool:
        return len(self._recipients) >= IN_A_ROW

    def _another(self, recipient: str) -> bool:
        """`recipient` has got another answer; whether that ends the row."""
        self._others.add(recipient)
        if self._is_paused() and recipient not in self._recipients and len(self._others) < OTHERS:
            return False
        self._answer = None
        self._recipients.clear()
        self._others.clear()
        return True

    def _of_unclear(self, recipient: str, attempt: SendAttempt) -> SendAttempt:
        before = self._unclear.get(recipient)
        if before is None or before.answer != attempt.detail:
            self._unclear[recipient] = _Unclear(attempt.detail)
            if len(self._unclear) > _REMEMBERED:
                self._unclear.popitem(last=False)
        elif len(before.served_since) >= OTHERS:
            return attempt.model_copy(update={"outcome": SendOutcome.REFUSED, "scope": Scope.MAIL})
        return attempt
