"""A webhook's notice: which task, why, until when, and where to read it. It has no room for anything personal.

The body is kept as text from before the first attempt, so every attempt carries the same bytes.
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from pydantic import AfterValidator, Field, StringConstraints

from models.base import Frozen
from models.notifications.delivery import Channel, Occasion
from notifiers.due_delivery import BuildPayload, Due, DueTask

TEST: str = "task.test"
"""The type of a test event; no task is behind it."""


def checked_url(url: str) -> str:
    """An http(s) address with a host and without a user and a fragment, or `ValueError`."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        sound = None
    if not sound or parts.username is not None or parts.fragment or not url.isascii():
        raise ValueError("not an http(s) address without user and fragment")
    if any(sign.isspace() or not sign.isprintable() for sign in url):
        raise ValueError("an address has no spaces")
    return url


Url = Annotated[str, StringConstraints(max_length=1000), AfterValidator(checked_url)]


class Hook(Frozen):
    """What is kept in `deliveries.frozen` of a webhook."""

    channel: ClassVar[Channel] = Channel.WEBHOOK

    id: UUID
    url: Url
    unit_id: str
    body: str = Field(min_length=2, max_length=4000)


def body_of(kind: str, moment: datetime, data: dict[str, str | int]) -> str:
    """The payload in the specification's form: type, time of the event, data."""
    return orjson.dumps(
        {"type": kind, "timestamp": moment.astimezone(UTC).isoformat(timespec="seconds"), "data": data}
    ).decode()


def type_of(occasion: Occasion) -> str:
    """
    >>> type_of(Occasion.MORE_MESSAGES)
    'task.more_messages'
    """
    return f"task.{occasion}"


def webhook_payload_builder(link_base: str) -> BuildPayload[Hook]:
    """How a due delivery becomes a webhook."""

    def build_payload(due: Due, _unit_name: str, now: datetime) -> Hook:
        task = due.about
        if not isinstance(task, DueTask):
            raise ValueError("a webhook is about one task")
        data: dict[str, str | int] = {
            "task": task.reference,
            "unit": due.unit_id,
            "occasion": due.occasion.value,
            "react_by": task.react_by.isoformat(),
            "link": f"{link_base.rstrip('/')}/opgaver/{task.reference}",
        }
        body = body_of(type_of(due.occasion), now, data)
        return Hook(id=due.id, url=due.recipient, unit_id=due.unit_id, body=body)

    return build_payload


def trial_hook(*, id: UUID, url: str, unit_id: str, link_base: str, now: datetime) -> Hook:
    """A webhook that is clearly a test: it names no task."""
    body = body_of(TEST, now, {"unit": unit_id, "occasion": "test", "link": link_base})
    return Hook(id=id, url=url, unit_id=unit_id, body=body)
