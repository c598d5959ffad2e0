"""Email through a relay. It keeps connections between mails and reports each mail's fate by stage.

It must never fall back to a weaker connection, nor repeat a mail in a call unless surely nothing was sent.
"""

import asyncio
import logging
import ssl
import time

from models.notifications.delivery import Scope, SendAttempt, SendOutcome
from notifiers.content.mail_message import Mail
from notifiers.email.answer import SmtpAnswer
from notifiers.email.classify import CLOSING, OUT_OF_ORDER, MissingCapability, SmtpStage, classify, is_unclear
from notifiers.email.connection import Ended, SmtpConnection
from notifiers.email.in_a_row import AnswersInARow
from notifiers.email.settings import SmtpSettings

log = logging.getLogger(__name__)


class EmailChannel:
    """As many connections as there are calls at the same time; idle ones are used again."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._context: ssl.SSLContext | None = None
        self._idle: list[
            tuple[float, SmtpConnection]
        ] = []  # the last used is taken first, the others grow old
        self._answers = AnswersInARow()
        self._at_once = True
        """Whether this relay may be told several commands together: until it has lost one of them."""

    async def send(self, mail: Mail) -> SendAttempt:
        """One transaction for one recipient. Raises nothing but cancellation."""
        kept = await self._kept()
        if kept is not None:
            try:
                return await self._transact(kept, mail)
            except Ended as end:
                if not _worth_a_new_connection(end):
                    return self._judged(mail, end.stage, end.what)
        try:
            fresh = await self._open()
            return await self._transact(fresh, mail)
        except Ended as end:
            attempt = self._judged(mail, end.stage, end.what)
            if attempt.outcome is SendOutcome.MISCONFIGURED:
                self._context = None  # a CA file that was mended is read again
            return attempt

    async def aclose(self) -> None:
        """Call it when no `send` runs any more."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.quit() for _, connection in idle))

    async def _transact(self, connection: SmtpConnection, mail: Mail) -> SendAttempt:
        try:
            answer = await connection.transact(mail)
        except Ended as end:
            if connection.is_at_once and _has_lost_a_command(end, kept=connection.mails > 0):
                self._one_by_one()
            if end.usable:
                await self._give_back(connection, reset=True)
            else:
                connection.close()
            raise
        except BaseException:
            connection.close()  # cancelled in the middle: nobody knows where the connection stands
            raise
        if answer.code == CLOSING or not connection.is_clean:
            connection.close()
        else:
            await self._give_back(connection, reset=answer.code >= 300)
        return self._judged(mail, SmtpStage.BODY, answer)

    def _one_by_one(self) -> None:
        if self._at_once:
            log.warning("the relay offers PIPELINING and lost a command: one by one from now on")
        self._at_once = False

    def _judged(
        self, mail: Mail, stage: SmtpStage, what: SmtpAnswer | MissingCapability | BaseException
    ) -> SendAttempt:
        unclear = stage.scope is Scope.MAIL and is_unclear(what)
        return self._answers.judged(mail.recipient, classify(stage, what), unclear=unclear)

    async def _give_back(self, connection: SmtpConnection, *, reset: bool) -> None:
        try:
            if reset:
                await connection.reset()
        except Ended:
            connection.close()
            return
        except BaseException:
            connection.close()  # cancelled: nobody else knows of it
            raise
        if connection.mails >= self._settings.mails_per_connection:
            await connection.quit()
        elif connection.is_clean:
            self._idle.append((time.monotonic(), connection))

    async def _kept(self) -> SmtpConnection | None:
        while self._idle:
            since, connection = self._idle.pop()
            fresh = time.monotonic() - since < self._settings.idle_seconds
            if connection.is_clean and fresh and (self._at_once or not connection.is_at_once):
                return connection
            connection.close()
        return None

    async def _open(self) -> SmtpConnection:
        if self._context is None and self._settings.tls != "none":
            try:
                self._context = await asyncio.to_thread(tls_context, self._settings)
            except (OSError, ValueError) as fault:
                raise Ended(SmtpStage.TLS, fault) from None
        return await SmtpConnection.open(self._settings, self._context, at_once=self._at_once)


def _worth_a_new_connection(end: Ended) -> bool:
    """A kept connection may have died, or have had its fill; before the body surely nothing was sent."""
    closing = isinstance(end.what, SmtpAnswer) and end.what.code == CLOSING
    return end.stage is not SmtpStage.BODY and (closing or isinstance(end.what, BaseException))


def _has_lost_a_command(end: Ended, *, kept: bool) -> bool:
    """Some relays read one command of several: they are silent then, or miss the one before.

    `kept`: the connection has served a mail; one that is silent at the next one has died meanwhile.
    """
    if isinstance(end.what, SmtpAnswer):
        return end.what.code == OUT_OF_ORDER
    if kept and end.stage is SmtpStage.SENDER:
        return False
    return end.stage is not SmtpStage.BODY and isinstance(end.what, TimeoutError)


def tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # what Datatilsynet asks of mail with confidential data
    return context
