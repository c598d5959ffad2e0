"""The units' own systems at the other end of a webhook: down for days, gone for good, slow, or asking for time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Final
from uuid import UUID

from models.notifications.delivery import SendAttempt
from notifiers.webhook import classify
from notifiers.webhook.classify import HttpStage
from notifiers.webhook.hook import Hook
from tests.simulation.channels import Carrier
from tests.simulation.clock import Clock
from tests.simulation.faults import Fault, Mutation
from tests.simulation.units import URLS

LONGEST_WAIT: Final = timedelta(hours=1)


class Receivers(Carrier[Hook]):
    """Each at its own address. What an answer means is said by the service's own rules."""

    def __init__(
        self, clock: Clock, rng: Random, count: Callable[[Fault], None], mutation: Mutation | None
    ) -> None:
        super().__init__(clock, rng, count)
        self._unheard = mutation is Mutation.WAIT_IGNORED
        self.down: set[str] = set()
        self.gone: set[str] = set()
        self.asked: dict[tuple[UUID, datetime], timedelta] = {}
        """How long it asked to be left alone, by webhook and moment."""

    def turn(self) -> None:
        """One goes down, or comes back."""
        url = self._rng.choice(URLS)
        self.down ^= {url}
        self._count(Fault.HOOK_DOWN)

    def _answer(self, mail: Hook, age: int) -> SendAttempt:
        if mail.url in self.gone:
            return classify.of_status(410, None)
        if mail.url in self.down:
            return self._fails(0.70 + 0.28 * self._rng.random(), mail, age)
        return self._fails(0.0 if self.healed else self._rng.random(), mail, age)

    def _fails(self, drawn: float, mail: Hook, age: int) -> SendAttempt:
        if drawn < 0.60:
            self._take(mail, age)
            return classify.of_status(204, None)
        if drawn < 0.70:
            self._count(Fault.HOOK_ANSWER_LOST)
            self.excuses[str(mail.id)] += 1
            self._take(mail, age)
            return classify.of_exception(HttpStage.REQUEST, TimeoutError())
        if drawn < 0.76:
            self._count(Fault.HOOK_NOT_TAKEN)
            return classify.of_exception(HttpStage.REQUEST, ConnectionResetError())
        if drawn < 0.83:
            self._count(Fault.HOOK_REFUSED)
            return classify.of_exception(HttpStage.CONNECT, ConnectionRefusedError())
        if drawn < 0.89:
            self._count(Fault.HOOK_FAILED)
            return classify.of_status(502, None)
        if drawn < 0.94:
            return self._asks_for_time(mail)
        if drawn < 0.98:
            self._count(Fault.HOOK_WRONG)
            return classify.of_status(404, None)
        self._count(Fault.HOOK_GONE)
        self.gone.add(mail.url)
        return classify.of_status(410, None)

    def _asks_for_time(self, mail: Hook) -> SendAttempt:
        self._count(Fault.HOOK_WAIT)
        now = self._clock.now
        moment = now.replace(microsecond=0) + timedelta(minutes=40)
        said, wait = self._rng.choice(
            (
                ("1800", timedelta(minutes=30)),
                ("999999999", LONGEST_WAIT),
                (format_datetime(moment, usegmt=True), moment - now),
                ("soon", timedelta(0)),
            )
        )
        self.asked[mail.id, now] = wait
        status = self._rng.choice((429, 503))
        heard = None if self._unheard else said
        return classify.of_status(status, classify.retry_after(heard, now=now, longest=LONGEST_WAIT))
