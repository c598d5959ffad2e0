"""What a notifier hands its notices to, and the mail relay among them, that fails as relays do."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Generic, TypeVar
from uuid import UUID

from models.notifications.delivery import SendAttempt, SendOutcome
from notifiers.content.mail_message import Mail
from notifiers.webhook.hook import Hook
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault

NoticeT = TypeVar("NoticeT", bound=Mail | Hook)


@dataclass(frozen=True, slots=True)
class Taken(Generic[NoticeT]):
    """A notice for which the other side has taken the responsibility."""

    mail: NoticeT
    at: datetime
    age: int
    """How many times the database had been restored when it was claimed: a backup may not know the frozen notice."""


class Carrier(Generic[NoticeT]):
    """The next hop. What it takes is kept for the judge, with every reason for which a copy may follow."""

    def __init__(self, clock: Clock, rng: Random, count: Callable[[Fault], None]) -> None:
        self._clock, self._rng, self._count = clock, rng, count
        self.taken: list[Taken[NoticeT]] = []
        self.excuses: Counter[str] = Counter()
        """By the notice's name."""
        self.answers: dict[str, list[SendOutcome]] = defaultdict(list)
        self.claimed: list[tuple[UUID, datetime, int]] = []
        """What notifiers have claimed for it, when, and at which age of the database."""
        self.age = 0
        self.healed = False

    def send(self, mail: NoticeT, age: int) -> SendAttempt:
        """One notice, one answer, or none."""
        attempt = self._answer(mail, age)
        self.answers[name_of(mail)].append(attempt.outcome)
        return attempt

    def _answer(self, mail: NoticeT, age: int) -> SendAttempt:
        raise NotImplementedError

    def _take(self, mail: NoticeT, age: int) -> None:
        self.taken.append(Taken(mail, self._clock.now, age))


def name_of(mail: Mail | Hook) -> str:
    """What is the same on every attempt, and nothing else's: Message-ID or webhook-id."""
    return mail.message_id if isinstance(mail, Mail) else str(mail.id)


class Relay(Carrier[Mail]):
    """The mail's next hop."""

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        count: Callable[[Fault], None],
        on_taken: Callable[[Mail, int], None],
    ) -> None:
        super().__init__(clock, rng, count)
        self._on_taken = on_taken

    def _answer(self, mail: Mail, age: int) -> SendAttempt:
        drawn = 0.0 if self.healed else self._rng.random()
        if drawn < 0.62:
            self._take(mail, age)
            return SendAttempt(outcome=SendOutcome.DELIVERED, detail="taken", code=250)
        if drawn < 0.74:
            self._count(Fault.MAIL_TRY_AGAIN)
            wait = timedelta(minutes=10) if drawn < 0.66 else None
            return SendAttempt(outcome=SendOutcome.TRY_AGAIN, detail="later", code=451, retry_after=wait)
        if drawn < 0.84:
            self._count(Fault.MAIL_INDETERMINATE_TAKEN)
            self.excuses[mail.message_id] += 1
            self._take(mail, age)
            return SendAttempt(outcome=SendOutcome.INDETERMINATE, detail="no answer")
        if drawn < 0.91:
            self._count(Fault.MAIL_INDETERMINATE_NOT_TAKEN)
            return SendAttempt(outcome=SendOutcome.INDETERMINATE, detail="no answer")
        if drawn < 0.96:
            self._count(Fault.MAIL_MISCONFIGURED)
            return SendAttempt(outcome=SendOutcome.MISCONFIGURED, detail="login", code=535)
        self._count(Fault.MAIL_REFUSED)
        return SendAttempt(outcome=SendOutcome.REFUSED, detail="no such mailbox", code=550)

    def _take(self, mail: Mail, age: int) -> None:
        super()._take(mail, age)
        self._on_taken(mail, age)
