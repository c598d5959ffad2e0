"""Bugs of the notifier, and of who a notice is made out to."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from config.reference.tables import Reference
from config.reference.units import units_of
from frafaldsvarsel.wiring import ledger as ledger_wiring
from models.ids import UnitId
from models.notifications.delivery import Channel, SendAttempt, SendOutcome
from notifiers import repository, worker
from notifiers.content.mail_message import Mail
from notifiers.email.channel import EmailChannel
from tests.faults.planted_bugs.replace import replace_attribute


def sent_before_sending() -> None:
    """What is about to be sent is written down as sent."""

    async def serve(notifier: Any, held: Any) -> None:
        done = SendAttempt(outcome=SendOutcome.DELIVERED, code=250, detail="body: 250")
        await notifier._record(held, done)
        await notifier._channel.send(held.claim.mail)

    replace_attribute(worker._Notifier, "_serve", serve)


def wrong_address() -> None:
    """The ledger writes to the next unit's address."""
    real = ledger_wiring.policy

    def policy(reference: Reference) -> Any:
        right = real(reference)
        units = sorted(units_of(reference))

        def addresses(unit_id: str, channel: Channel, day: date) -> Sequence[str]:
            following = units[(units.index(UnitId(unit_id)) + 1) % len(units)]
            return right.addresses(following, channel, day) if channel is Channel.EMAIL else ()

        return right.__class__(
            react_by_days=right.react_by_days, addresses=addresses, days_off=right.days_off
        )

    replace_attribute(ledger_wiring, "policy", policy)


def unit_check_off() -> None:
    """And the notifier does not hold the recipient against the unit before it sends."""
    wrong_address()
    replace_attribute(repository, "superseded_by", lambda *_, **__: None)


def refusal_ignored() -> None:
    """A recipient that the relay refuses is taken for one that it accepts.

    A transaction has one recipient here, so there is no partial refusal; this is what would become of it.
    """
    real = EmailChannel.send

    async def send(channel: EmailChannel, mail: Mail) -> SendAttempt:
        attempt = await real(channel, mail)
        if attempt.outcome is SendOutcome.REFUSED:
            return SendAttempt(outcome=SendOutcome.DELIVERED, code=250, detail="body: 250")
        return attempt

    replace_attribute(EmailChannel, "send", send)


def new_message_id() -> None:
    """A mail that is sent once more, by whichever notifier, is a new mail."""

    def model_validate(frozen: Any) -> Mail:
        _, _, domain = frozen["message_id"].rpartition("@")
        return Mail(**frozen | {"message_id": f"<{uuid4()}@{domain}"})

    replace_attribute(Mail, "model_validate", model_validate)
