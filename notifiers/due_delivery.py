"""A due delivery with its task as it stands now, and the mail that is frozen from both.

Pure: it must not look anything up. What it cannot build, it reports as a `ValueError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final, Generic, Protocol, Self
from uuid import UUID

from typing_extensions import TypeVar

from models.calendar import copenhagen_date
from models.events.person_event import Origin
from models.notifications.cause import DeliveryCause
from models.notifications.delivery import Audience, Channel, Occasion, SendAttempt
from notifiers.content.mail_message import Mail, header_date, message_id
from notifiers.content.notice import DigestLine, DigestNotice, FailedMail, TaskNotice
from notifiers.content.render import Rendered, render
from notifiers.content.service_mail import render_channel_off


class Payload(Protocol):
    """What a channel sends: a record that is kept as JSON from before the first attempt."""

    channel: ClassVar[Channel]
    """As `deliveries.channel` has it."""

    @classmethod
    def model_validate(cls, obj: Any, /) -> Self: ...

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


PayloadT = TypeVar("PayloadT", bound=Payload, default=Mail)


@dataclass(frozen=True, kw_only=True)
class DueTask:
    """What a notice needs of its task, as it stands now."""

    id: UUID
    is_open: bool
    reference: str
    react_by: date
    opened_at: datetime
    appended_at: datetime
    messages: int
    mentor_until: date | None


@dataclass(frozen=True, kw_only=True)
class OpenTasks:
    """What a morning mail lists, the earliest date first; the counts are of all."""

    lines: tuple[DigestLine, ...]
    open: int
    overdue: int
    unseen: int


@dataclass(frozen=True, kw_only=True)
class Due:
    """A row of `deliveries`, locked by us, and what it is about: a task, or all open ones of the unit."""

    id: UUID
    occasion: Occasion
    cause: DeliveryCause
    channel: Channel
    audience: Audience
    unit_id: str
    recipient: str
    deadline: datetime
    attempts: int
    was_leased: bool  # its last owner never said what came of it
    frozen: dict[str, Any] | None  # a notice as it was kept
    undelivered: bool  # it stands in for a notice that could not be delivered
    seen: bool  # a person has seen the task, and the notice was to bring just that about
    about: DueTask | OpenTasks
    endpoint_off: bool = False  # a webhook whose endpoint is switched off
    failed: FailedMail | None = None  # the mail in whose place it comes
    is_followed: bool = (
        False  # a later notice of further messages of the same task waits for the same recipient
    )
    told_at: datetime | None = (
        None  # when the last one went there or was tried last, or that one goes there now
    )
    since: datetime | None = None
    """Since when it could have been handed over: once it was tried, since it was made out; before, since it is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedMessage:
    """The message behind a notice, by its place; no more of it is asked."""

    origin: Origin
    revision: int
    is_cause: bool
    """Whether the notice follows from what was decided of it, not from a date or an act."""


@dataclass(frozen=True, kw_only=True)
class Claim(Generic[PayloadT]):
    """Ours to send until the lease ends. `token` is drawn anew for each claim: it fences an older one off."""

    id: UUID
    token: str
    deadline: datetime
    claimed_at: datetime  # by the database's clock
    since: datetime  # see `Due`
    mail: PayloadT
    message: BookedMessage | None = None  # where traces are on, and there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[PayloadT]):
    """What came of a claim. `at` is the database's time, carried on from `Claim.claimed_at`."""

    claim: Claim[PayloadT]
    attempt: SendAttempt
    at: datetime


BuildPayload = Callable[[Due, str, datetime], PayloadT]
"""(delivery, unit's name, moment) → the notice, before the first attempt; later ones read what was kept."""


def payload_builder(
    *,
    sender: str,
    sender_name: str,
    message_id_domain: str,
    link_base: str,
    return_to: Callable[[UUID], str] | None = None,
    acknowledge_link: Callable[[Due, datetime], str | None] | None = None,
) -> BuildPayload:
    """The composition of notice, rendering and mail for one installation.

    `return_to`: from a delivery to the address that its mail comes back to. `acknowledge_link`: the signed link of a
    mail that asks its unit to look at a task.
    """

    def rendered_of(due: Due, unit_name: str, now: datetime) -> Rendered:
        about = due.about
        if due.occasion is Occasion.CHANNEL_OFF and isinstance(about, DueTask):
            return render_channel_off(
                off_reason=due.cause.off_reason,
                unit_name=unit_name,
                reference=about.reference,
                link=f"{link_base.rstrip('/')}/opgaver/{about.reference}",
            )
        asks = due.occasion in _ASK_TO_LOOK and due.audience is Audience.UNIT
        link = acknowledge_link(due, now) if asks and acknowledge_link else None
        return render(_notice(due, unit_name, copenhagen_date(now), link_base, link))

    def build_payload(due: Due, unit_name: str, now: datetime) -> Mail:
        rendered = rendered_of(due, unit_name, now)
        return Mail(
            message_id=message_id(due.id, message_id_domain),
            date=header_date(now),
            sender=sender,
            sender_name=sender_name,
            recipient=due.recipient,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            return_to=return_to(due.id) if return_to else None,
        )

    return build_payload


_ASK_TO_LOOK: Final = frozenset(
    {Occasion.NEW, Occasion.MORE_MESSAGES, Occasion.TAKEN_OVER, Occasion.REMINDER}
)
"""What an acknowledgement answers; of the rest it would stop nothing."""


def _notice(
    due: Due, unit_name: str, today: date, link_base: str, acknowledge_link: str | None
) -> TaskNotice | DigestNotice:
    about = due.about
    if isinstance(about, OpenTasks):
        return DigestNotice(
            audience=due.audience,
            unit_name=unit_name,
            today=today,
            lines=about.lines,
            more=about.open - len(about.lines),
            overdue=about.overdue,
            unseen=about.unseen,
            link_base=link_base,
        )
    return TaskNotice(
        reference=about.reference,
        occasion=due.occasion,
        audience=due.audience,
        unit_name=unit_name,
        today=today,
        react_by=about.react_by,
        messages=about.messages,
        opened_on=copenhagen_date(about.opened_at),
        appended_on=copenhagen_date(about.appended_at),
        mentor_until=about.mentor_until,
        undelivered=due.undelivered,
        failed=due.failed,
        link_base=link_base,
        acknowledge_link=acknowledge_link,
    )
