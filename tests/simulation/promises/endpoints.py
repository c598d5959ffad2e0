"""Webhooks: an endpoint is given up after 410 or five days of failures, never sooner, never later, never in silence."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tests.simulation.expected import Plain
from tests.simulation.final_state import Books
from tests.simulation.units import recipients

_FIVE_DAYS: Final = timedelta(days=5)
_NOT_HEARD: Final = "lease expired before an answer was recorded"


def endpoints(books: Books) -> Iterator[str]:
    """Told from the attempts that were recorded, in the order in which they were: rows are only added to that table."""
    rows = {(row["unit_id"], row["url"]): row for row in books.endpoints}
    tried: dict[tuple[str, str], list[Plain]] = defaultdict(list)
    for attempt in books.attempts:
        delivery = books.deliveries[attempt["delivery_id"]]
        if delivery["channel"] == "webhook" and attempt["detail"] != _NOT_HEARD:
            tried[delivery["unit_id"], delivery["recipient"]].append(attempt)
    erased = any(books.world.eraser.is_erased(person) for person in books.world.eraser.notices.values())
    for name, attempts in tried.items():
        if erased:
            break  # some of the attempts are gone, and with a task the word that its endpoint is off
        row, wanted = rows.get(name), why_off(attempts)
        reason = None if row is None else row["reason"]
        if reason != wanted:
            yield f"the endpoint of {name[0]} is {reason or 'on'}, and should be {wanted or 'on'}"
        if row is not None and row["disabled_at"] is not None:
            yield from _told(books, name, row["reason"], row["disabled_at"])
            yield from _claimed_after(books, name)
    dropped = {
        row["detail"]["delivery_id"] for row in books.audit if row["detail"].get("reason") == "endpoint_off"
    }
    for delivery in books.deliveries.values():
        named = rows.get((delivery["unit_id"], delivery["recipient"]))
        if str(delivery["id"]) in dropped and (named is None or named["disabled_at"] is None):
            yield f"webhook {delivery['id']} was dropped, and its endpoint is on"


def why_off(attempts: list[Plain]) -> str | None:
    """Why it is off after these answers, as they were written down: what was taken ends failures that are older."""
    failing: datetime | None = None
    for attempt in attempts:
        if attempt["outcome"] == "delivered":
            failing = None if failing is None or failing <= attempt["at"] else failing
            continue
        if attempt["code"] == 410:
            return "gone"
        failing = failing or attempt["at"]
        if attempt["at"] - failing >= _FIVE_DAYS:
            return "failing"
    return None


def _told(books: Books, name: tuple[str, str], reason: str, at: datetime) -> Iterator[str]:
    found = [
        row
        for row in books.deliveries.values()
        if row["unit_id"] == name[0]
        and row["occasion"] == "channel_off"
        and row["cause_ref"].startswith(f"{reason}:")
    ]
    if sorted(row["recipient"] for row in found) != sorted(recipients(name[0])):
        yield f"the endpoint of {name[0]} was switched off at {at}, and {len(found)} were told"


def _claimed_after(books: Books, name: tuple[str, str]) -> Iterator[str]:
    """What was claimed before it was written down may still be sent."""
    (off, *_) = (
        row["at"]
        for row in books.audit
        if row["kind"] == "endpoint_disabled" and row["detail"]["unit"] == name[0]
    )
    receivers = books.world.receivers
    for identity, at, age in receivers.claimed:
        row = books.deliveries.get(identity)
        if row is not None and row["recipient"] == name[1] and age == receivers.age and at > off:
            yield f"the endpoint of {name[0]} is off since {off}, and webhook {identity} was claimed at {at}"


def waits(books: Books) -> Iterator[str]:
    """A receiver that asks for time gets it."""
    by_delivery: dict[object, list[Plain]] = defaultdict(list)
    for attempt in sorted(books.attempts, key=lambda attempt: attempt["attempt"]):
        if attempt["detail"] != _NOT_HEARD:
            by_delivery[attempt["delivery_id"]].append(attempt)
    for (identity, at), wait in books.world.receivers.asked.items():
        attempts = by_delivery[identity]
        asked = [
            place
            for place, attempt in enumerate(attempts)
            if attempt["at"] == at and attempt["code"] in (429, 503)
        ]
        if asked and asked[0] + 1 < len(attempts) and attempts[asked[0] + 1]["at"] < at + wait:
            yield f"webhook {identity} was asked to wait until {at + wait}, and came before"
