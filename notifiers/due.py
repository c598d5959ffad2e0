"""A due delivery with its task as it stands now, and the mail that is frozen from both.

Pure: it must not look anything up. What it cannot build, it reports as a `ValueError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from models.calendar import COPENHAGEN, copenhagen_date
from models.outcome import Audience, Occasion
from notifiers.message import Mail, header_date, message_id
from notifiers.notice import DigestLine, DigestNotice, TaskNotice
from notifiers.render import render


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
    cause: str
    channel: str
    audience: Audience
    unit_id: str
    recipient: str
    deadline: datetime
    attempts: int
    was_leased: bool  # its last owner never said what came of it
    frozen: dict[str, Any] | None  # a `Mail` as it was kept
    undelivered: bool  # it stands in for a notice that could not be delivered
    seen: bool  # a person has seen the task, and the notice was to bring just that about
    about: DueTask | OpenTasks


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Ours to send until the lease ends. `token` is drawn anew for each claim: it fences an older one off."""

    id: UUID
    token: str
    deadline: datetime
    claimed_at: datetime  # by the database's clock
    mail: Mail


Freeze = Callable[[Due, str, datetime], Mail]
"""(delivery, unit's name, moment) → the mail, before the first attempt; later ones read what was kept."""


def freezer(*, sender: str, sender_name: str, message_id_domain: str, link_base: str) -> Freeze:
    """The composition of notice, rendering and mail for one installation."""

    def freeze(due: Due, unit_name: str, now: datetime) -> Mail:
        rendered = render(_notice(due, unit_name, copenhagen_date(now), link_base))
        return Mail(
            message_id=message_id(due.id, message_id_domain),
            date=header_date(now.astimezone(COPENHAGEN)),
            sender=sender,
            sender_name=sender_name,
            recipient=due.recipient,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
        )

    return freeze


def _notice(due: Due, unit_name: str, today: date, link_base: str) -> TaskNotice | DigestNotice:
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
        link_base=link_base,
    )
