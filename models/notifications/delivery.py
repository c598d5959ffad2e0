"""Why a notice is due, and what an attempt to deliver it came to, in words that every channel shares.

It must not know how a channel works, and an `SendAttempt` must never carry what a server wrote: it may hold
addresses.
"""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

from pydantic import field_validator

from models.base import Frozen

_SAFE_DETAIL = re.compile(r"[A-Za-z0-9 .,:;/()_+-]{0,120}")
_LONG_NUMBER = re.compile(r"\d{5}")


class Occasion(StrEnum):
    """Why a unit is written to."""

    NEW = "new"
    """The unit got a task."""

    MORE_MESSAGES = "more_messages"
    """An institution warned again about a task that is open already."""

    TAKEN_OVER = "taken_over"
    """The unit got a task that was another unit's until now: the person moved."""

    HANDED_OVER = "handed_over"
    """The unit's task is another unit's from now on."""

    WITHDRAWN = "withdrawn"
    """What the task was built on no longer holds."""

    CHANNEL_OFF = "channel_off"
    """The unit's webhook is switched off: a notice about our service, not about the task."""

    REMINDER = "reminder"
    """The date comes near, and nobody at the unit has acknowledged the task."""

    OVERDUE = "overdue"
    """The date has passed, and the task is open."""

    ESCALATION = "escalation"
    """Others are told: nobody has acknowledged, the task stays open, or a notice cannot be delivered."""

    MENTOR_ENDS = "mentor_ends"
    """The young person's right to a mentor ends soon, and the task is open."""

    DIGEST = "digest"
    """All open tasks of a unit in one mail, on the mornings on which it is at work."""


NEW_DUTY: Final = (Occasion.NEW, Occasion.MORE_MESSAGES, Occasion.TAKEN_OVER)
"""They bring a duty, and are answered by looking at the task."""
PROJECTED: Final = (
    Occasion.NEW,
    Occasion.MORE_MESSAGES,
    Occasion.TAKEN_OVER,
    Occasion.HANDED_OVER,
    Occasion.WITHDRAWN,
)
"""They follow from a decision or from what a person did: the ledger writes mail and webhook in one transaction, and a
rebuild comes to them again."""

CALLS_TO_ACT: Final = frozenset(
    {
        Occasion.NEW,
        Occasion.MORE_MESSAGES,
        Occasion.TAKEN_OVER,
        Occasion.REMINDER,
        Occasion.OVERDUE,
        Occasion.ESCALATION,
        Occasion.MENTOR_ENDS,
    }
)
"""They are about an open task; the others, but the digest, are an all-clear."""


class Audience(StrEnum):
    """Who is told, as seen from a unit: each further one is told when those before it have not helped."""

    UNIT = "unit"
    """Those who work on its tasks."""

    LEAD = "lead"
    """Who leads them; where nobody is named, the unit itself."""

    MUNICIPALITY = "municipality"
    """Who answers for the duty in the municipality; where nobody is named, the service."""

    SERVICE = "service"
    """Who answers for this service."""


class Channel(StrEnum):
    """Which way a notice takes."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class DeliveryStatus(StrEnum):
    """Where a delivery stands; every status but `due` is an end."""

    DUE = "due"
    DELIVERED = "delivered"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    SUPERSEDED = "superseded"


class SendOutcome(StrEnum):
    """How an attempt ended; a channel reports it and never acts on it."""

    DELIVERED = "delivered"
    """The next hop took the responsibility for the notice (SMTP: a 2xx answer after the final dot)."""

    TRY_AGAIN = "try_again"
    """It surely was not taken, and the same notice may be taken later."""

    REFUSED = "refused"
    """It surely was not taken, and never will be for this recipient."""

    INDETERMINATE = "indeterminate"
    """It was sent whole, and no answer was heard: it may have been taken. Sent again, as the same mail."""

    MISCONFIGURED = "misconfigured"
    """Our side or the relay's must be mended by a person: login, certificate, sender, permission."""


class Scope(StrEnum):
    """What an answer speaks about."""

    MAIL = "mail"
    """This notice only; others may well fare better."""

    RELAY = "relay"
    """The way out itself: no other notice would fare better now, so the notifier waits."""


class SendAttempt(Frozen):
    """The result of one attempt.

    `code` is the server's three-digit answer, if there was one.
    `detail` is a fixed text of ours: stage, kind of fault, enhanced status code; never a server's own words.
    `retry_after` is the least wait before the next attempt, if the other side asked for one.
    """

    outcome: SendOutcome
    detail: str
    code: int | None = None
    scope: Scope = Scope.MAIL
    retry_after: timedelta | None = None

    @field_validator("detail")
    @classmethod
    def _holds_nothing_personal(cls, detail: str) -> str:
        if not _SAFE_DETAIL.fullmatch(detail) or _LONG_NUMBER.search(detail):
            raise ValueError("a detail is a short fixed text without addresses and long numbers")
        return detail
