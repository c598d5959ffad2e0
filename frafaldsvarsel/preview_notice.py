"""Notices that no task stands behind: how one would look, and one that is sent to see whether it arrives."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from config.environments import NoticeEnvironment
from frafaldsvarsel.wiring import notices as notices_wiring
from frafaldsvarsel.wiring import notifier as notifier_wiring
from frafaldsvarsel.wiring.common import read_reference
from models.calendar import COPENHAGEN, add_working_days
from models.notifications.cause import CauseKind, DeliveryCause
from models.notifications.delivery import Audience, Channel, Occasion, SendAttempt
from notifiers.content.mail_message import Mail, header_date, message_id
from notifiers.content.notice import DigestLine
from notifiers.content.service_mail import render_test
from notifiers.due_delivery import Due, DueTask, OpenTasks
from notifiers.webhook.hook import Hook, trial_hook, webhook_payload_builder

REFERENCE = "FV-0000-0000-0000"
"""No task has it."""
_EVENT = DeliveryCause.of_event(0, 0)
_CHANNEL_OFF = DeliveryCause(CauseKind.ENDPOINT, "failing")


def sample(occasion: Occasion, audience: Audience, unit_id: str, recipient: str, now: datetime) -> Due:
    """A delivery as it could be due: made up, with a date a week ahead, or a day past where it speaks of that."""
    today = now.astimezone(COPENHAGEN).date()
    overdue = occasion is Occasion.OVERDUE
    react_by = today - timedelta(days=1) if overdue else add_working_days(today, 5, frozenset[date]())
    about = (
        OpenTasks(
            lines=(DigestLine(reference=REFERENCE, react_by=react_by, seen=False),),
            open=1,
            overdue=0,
            unseen=1,
        )
        if occasion is Occasion.DIGEST
        else DueTask(
            id=UUID(int=0),
            is_open=True,
            reference=REFERENCE,
            react_by=react_by,
            opened_at=now,
            appended_at=now,
            messages=1,
            mentor_until=today + timedelta(days=30),
        )
    )
    return Due(
        id=UUID(int=0),
        occasion=occasion,
        cause=_CHANNEL_OFF if occasion is Occasion.CHANNEL_OFF else _EVENT,
        channel=Channel.EMAIL,
        audience=audience,
        unit_id=unit_id,
        recipient=recipient,
        deadline=now + timedelta(days=7),
        attempts=0,
        was_leased=False,
        frozen=None,
        undelivered=False,
        seen=False,
        about=about,
    )


def sample_mail(
    settings: NoticeEnvironment, occasion: Occasion, audience: Audience, unit_id: str, now: datetime
) -> Mail:
    """How a mail of this occasion would look to a unit; nothing is sent."""
    contact = notices_wiring.contacts(read_reference(settings.reference))(unit_id)
    name = unit_id if contact is None else contact.name
    due = sample(occasion, audience, unit_id, notices_wiring.smtp(settings.smtp).sender, now)
    return notices_wiring.mail_payloads(settings)(due, name, now)


def sample_hook(settings: NoticeEnvironment, occasion: Occasion, unit_id: str, now: datetime) -> Hook:
    """The same for a webhook."""
    due = sample(occasion, Audience.UNIT, unit_id, "https://endpoint.example/", now)
    return webhook_payload_builder(settings.links.url)(due, unit_id, now)


async def send_test(
    settings: NoticeEnvironment, unit_id: str, channel: Channel, now: datetime
) -> AsyncIterator[tuple[str, SendAttempt]]:
    """Send a test to every address of the unit on a channel: the address, and what came of it."""
    contact = notices_wiring.contacts(read_reference(settings.reference))(unit_id)
    if contact is None:
        return
    recipients = contact.of(channel, Audience.UNIT)
    if channel is Channel.WEBHOOK:
        hooks = notifier_wiring.webhook_channel(settings.webhooks)
        for url in recipients:
            hook = trial_hook(id=uuid4(), url=url, unit_id=unit_id, link_base=settings.links.url, now=now)
            yield url, await hooks.send(hook)
        return
    mails, relay = notifier_wiring.channel(settings.smtp), notices_wiring.smtp(settings.smtp)
    rendered = render_test(unit_name=contact.name, link=settings.links.url)
    try:
        for recipient in recipients:
            mail = Mail(
                message_id=message_id(f"test-{uuid4()}", relay.domain),
                date=header_date(now),
                sender=relay.sender,
                sender_name=relay.sender_name,
                recipient=recipient,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
            )
            yield recipient, await mails.send(mail)
    finally:
        await mails.aclose()
