"""A due delivery with its task as it stands now, and the mail that is frozen from both.

Pure: it must not look anything up. What it cannot build, it reports as a `ValueError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Generic, Protocol, Self
from uuid import UUID

from typing_extensions import TypeVar

from models.calendar import COPENHAGEN, copenhagen_date
from models.outcome import Occasion
from notifiers.channel_off import render_channel_off
from notifiers.message import Mail, header_date, message_id
from notifiers.notice import TaskNotice
from notifiers.render import Rendered, render


class Notice(Protocol):
    """What a channel sends: a record that is kept as JSON from before the first attempt."""

    channel: ClassVar[str]
    """As `deliveries.channel` has it."""

    @classmethod
    def model_validate(cls, obj: Any, /) -> Self: ...

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


NoticeT = TypeVar("NoticeT", bound=Notice, default=Mail)


@dataclass(frozen=True, kw_only=True)
class Due:
    """A row of `deliveries`, locked by us, and what the notice needs of its task."""

    id: UUID
    task_id: UUID
    occasion: Occasion
    cause: str
    channel: str
    unit_id: str
    recipient: str
    deadline: datetime
    attempts: int
    was_leased: bool  # its last owner never said what came of it
    frozen: dict[str, Any] | None  # a notice as it was kept
    task_is_open: bool
    reference: str
    react_by: date
    opened_at: datetime
    appended_at: datetime
    messages: int
    endpoint_off: bool = False  # a webhook whose endpoint is switched off


@dataclass(frozen=True, kw_only=True)
class Claim(Generic[NoticeT]):
    """Ours to send until the lease ends. `token` is drawn anew for each claim: it fences an older one off."""

    id: UUID
    token: str
    deadline: datetime
    claimed_at: datetime  # by the database's clock
    mail: NoticeT


Freeze = Callable[[Due, str, datetime], NoticeT]
"""(delivery, unit's name, moment) → the notice, before the first attempt; later ones read what was kept."""


def freezer(
    *,
    sender: str,
    sender_name: str,
    message_id_domain: str,
    link_base: str,
    return_to: Callable[[UUID], str] | None = None,
    acknowledge_link: Callable[[Due, datetime], str] | None = None,
) -> Freeze:
    """The composition of notice, rendering and mail for one installation.

    `return_to`: from a delivery to the address that its mail comes back to. `acknowledge_link`: the signed link of a
    mail that calls to act.
    """

    def rendered_of(due: Due, unit_name: str, now: datetime) -> Rendered:
        if due.occasion is Occasion.CHANNEL_OFF:
            return render_channel_off(
                cause=due.cause,
                unit_name=unit_name,
                reference=due.reference,
                link=f"{link_base.rstrip('/')}/opgaver/{due.reference}",
            )
        return render(
            TaskNotice(
                reference=due.reference,
                occasion=due.occasion,
                unit_name=unit_name,
                react_by=due.react_by,
                messages=due.messages,
                opened_on=copenhagen_date(due.opened_at),
                appended_on=copenhagen_date(due.appended_at),
                link_base=link_base,
                acknowledge_link=acknowledge_link(due, now) if acknowledge_link else None,
            )
        )

    def freeze(due: Due, unit_name: str, now: datetime) -> Mail:
        rendered = rendered_of(due, unit_name, now)
        return Mail(
            message_id=message_id(due.id, message_id_domain),
            date=header_date(now.astimezone(COPENHAGEN)),
            sender=sender,
            sender_name=sender_name,
            recipient=due.recipient,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            return_to=return_to(due.id) if return_to else None,
        )

    return freeze
