"""Mails that come back: late, twice, forged. The reports are taken in by the real `notifiers.bounces.store.take`.

How a report's bytes are read is not simulated: it comes as `notifiers.bounces.report` would read it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, cast
from uuid import UUID

import psycopg

from crypto.hmac_tokens import HmacTokens, Purpose
from models.notifications.returned import ReportedAction
from notifiers.bounces.address import bounce_address, token
from notifiers.bounces.report import BounceReport
from notifiers.bounces.status_fields import RecipientStatus
from notifiers.bounces.store import BounceAddress, BounceEffect, take
from notifiers.content.mail_message import Mail
from tests.simulation.clock import Clock
from tests.simulation.failing_connection import Session
from tests.simulation.faults import Fault, Mutation

BASE: Final = "retur@varsel.example.dk"
TAGS: Final = HmacTokens({"k1": b"simulated ring, first key........"}, "k1", Purpose.BOUNCE)
_FOREIGN: Final = HmacTokens({"k1": b"somebody else's ring............."}, "k1", Purpose.BOUNCE)
_RETURNS: Final = BounceAddress(tags=TAGS, base=BASE)
_DELAYS: Final = (
    timedelta(seconds=1),
    timedelta(minutes=3),
    timedelta(hours=9),
    timedelta(days=3),
)


def return_to(delivery: UUID) -> str:
    """The address that a mail comes back to."""
    return bounce_address(TAGS, BASE, delivery)


@dataclass(frozen=True, slots=True)
class Returned:
    """A report that lies in the mailbox, or will."""

    report: BounceReport
    content: bytes
    at: datetime
    delivery: UUID
    mail: Mail
    action: ReportedAction
    """What it says of the mail's recipient."""
    genuine: bool
    age: int
    """How often the database had been restored when the mail was taken."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of one."""

    returned: Returned
    effect: BounceEffect
    age: int


class PostBox:
    """The Maildir of reports, and its reader."""

    def __init__(
        self, clock: Clock, rng: Random, count: Callable[[Fault], None], mutation: Mutation | None
    ) -> None:
        self._clock, self._rng, self._count = clock, rng, count
        self._believes = mutation is Mutation.FORGERY_BELIEVED
        self.bad: frozenset[str] = frozenset()
        """Addresses at which no mail arrives, though the relay takes it."""
        self.waiting: list[Returned] = []
        self.read: list[Read] = []
        self.age = 0
        self.healed = False
        self._made = 0

    def taken(self, mail: Mail, age: int) -> None:
        """The relay has taken a mail: what comes of it is seen later."""
        drawn = 1.0 if self.healed else self._rng.random()
        if mail.recipient in self.bad or drawn < 0.03:
            self._comes(mail, age, ReportedAction.FAILED)
            self._count(Fault.BOUNCED)
            if drawn < 0.3:
                self.waiting.append(replace(self.waiting[-1], at=self._later()))
                self._count(Fault.BOUNCED_TWICE)
        elif drawn < 0.06:
            self._comes(mail, age, ReportedAction.DELAYED)
            self._count(Fault.BOUNCE_DELAYED)
        elif drawn < 0.09:
            self._comes(mail, age, self._rng.choice((ReportedAction.OTHER, ReportedAction.UNREAD)))
            self._count(Fault.BOUNCE_ODD)
        elif drawn < 0.15:
            self._comes(mail, age, ReportedAction.FAILED, genuine=False)
            self._count(Fault.BOUNCE_FORGED)

    def _later(self) -> datetime:
        return self._clock.now + self._rng.choice(_DELAYS)

    def _comes(self, mail: Mail, age: int, action: ReportedAction, *, genuine: bool = True) -> None:
        delivery = UUID(mail.message_id[1:37])
        self._made += 1
        final = "passed.on@example.net" if action is ReportedAction.OTHER else mail.recipient
        said = RecipientStatus(
            final=final,
            original=mail.recipient,
            action=ReportedAction.FAILED if action is ReportedAction.OTHER else action,
            status="4.4.7" if action is ReportedAction.DELAYED else "5.1.1",
        )
        report = BounceReport(
            arrived_at=(return_to(delivery),),
            recipients=() if action is ReportedAction.UNREAD else (said,),
        )
        if not genuine:
            report = replace(report, **self._forged(mail, delivery))
        content = f"report {self._made}".encode()
        self.waiting.append(Returned(report, content, self._later(), delivery, mail, action, genuine, age))

    def _forged(self, mail: Mail, delivery: UUID) -> dict[str, Any]:
        """Who reads the Message-ID in a log knows the delivery, and not our tag; or has the tag of another mail."""
        return self._rng.choice(
            (
                {"arrived_at": (bounce_address(_FOREIGN, BASE, delivery),)},
                {"arrived_at": (BASE,), "envelope_ids": (mail.message_id,)},
                {"arrived_at": (), "tokens": (token(_FOREIGN, delivery),)},
                {"arrived_at": (return_to(delivery), return_to(UUID(int=delivery.int ^ 1)))},
            )
        )

    async def sweep(self, session: Session) -> bool:
        """Take in one report that has come; whether there was any. What the database does not take stays."""
        come = [one for one in self.waiting if one.at <= self._clock.now]
        if not come:
            return False
        one = come[0]
        report = one.report
        if self._believes:
            report = replace(report, arrived_at=(return_to(one.delivery),), envelope_ids=())
        try:
            effect = await take(cast(Any, session), _RETURNS, report, one.content)
        except psycopg.OperationalError:
            return True
        self.waiting.remove(one)
        self.read.append(Read(one, effect, self.age))
        return True
