"""A due delivery with its task as it stands now, and the mail that is frozen from both.

Pure: it must not look anything up. What it cannot build, it reports as a `ValueError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from models.calendar import COPENHAGEN, copenhagen_date
from models.outcome import Occasion
from notifiers.message import Mail, header_date, message_id
from notifiers.notice import TaskNotice
from notifiers.render import render


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
    frozen: dict[str, Any] | None  # a `Mail` as it was kept
    task_is_open: bool
    reference: str
    react_by: date
    opened_at: datetime
    appended_at: datetime
    messages: int


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
        rendered = render(
            TaskNotice(
                reference=due.reference,
                occasion=due.occasion,
                unit_name=unit_name,
                react_by=due.react_by,
                messages=due.messages,
                opened_on=copenhagen_date(due.opened_at),
                appended_on=copenhagen_date(due.appended_at),
                link_base=link_base,
            )
        )
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
