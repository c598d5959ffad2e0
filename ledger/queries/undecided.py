"""The queue of undecided messages past their date: people must find out what is missing.

The rules name no unit for them. Where the residence is known, those who answer for the municipality may look; who may
see what is for the caller to know.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg.rows import dict_row

from infra.postgres import Connection
from models.eligibility.decision import Decision, Evidence
from models.reasons import DecisionReason

LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class UndecidedCursor:
    """Where a page of the queue ends."""

    review_on: date
    sender: str
    message_id: str
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndecidedMessage:
    """A message that the rules cannot judge with what is known."""

    sender: str
    message_id: str
    review_on: date
    missing: DecisionReason
    """What is not known: its `text` says it in words."""
    registered_at: datetime
    appended_at: datetime
    law_version: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class UndecidedListing:
    """Some of the queue, and where the next page begins; None at its end."""

    messages: tuple[UndecidedMessage, ...]
    next: UndecidedCursor | None


PAGE: Final = """
SELECT review_on, sender, message_id, person_id, decision FROM messages
WHERE outcome = 'undecided' AND review_on <= %(today)s
  AND (%(municipalities)s::text[] IS NULL
       OR decision #>> '{verdict,evidence,municipality_code}' = ANY(%(municipalities)s))
  AND (%(review_on)s::date IS NULL
       OR (review_on, sender, message_id, person_id) > (%(review_on)s, %(sender)s, %(message_id)s, %(person_id)s))
ORDER BY review_on, sender, message_id, person_id
LIMIT %(limit)s
"""


COUNT: Final = """
SELECT count(*) FROM messages WHERE outcome = 'undecided' AND review_on <= %(today)s
  AND (%(municipalities)s::text[] IS NULL
       OR decision #>> '{verdict,evidence,municipality_code}' = ANY(%(municipalities)s))
"""


async def undecided(
    connection: Connection,
    *,
    today: date,
    municipalities: Collection[str] | None = None,
    after: UndecidedCursor | None = None,
    limit: int = 50,
) -> UndecidedListing:
    """A page of the queue, the longest waiting first. A message is in it from its review date on.

    `municipalities`: only of people who are known to live in one of these.
    """
    size = min(max(limit, 1), LIMIT)
    values = {
        "today": today,
        "municipalities": None if municipalities is None else sorted(municipalities),
        "limit": size + 1,
        "review_on": after and after.review_on,
        "sender": after and after.sender,
        "message_id": after and after.message_id,
        "person_id": after and after.person_id,
    }
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(PAGE, values)
        rows = await cursor.fetchall()
    shown = rows[:size]
    last = None
    if len(rows) > size:
        end = shown[-1]
        last = UndecidedCursor(end["review_on"], end["sender"], end["message_id"], end["person_id"])
    return UndecidedListing(tuple(_message(row["decision"]) for row in shown), last)


async def undecided_count(
    connection: Connection, *, today: date, municipalities: Collection[str] | None = None
) -> int:
    """How many wait."""
    of = None if municipalities is None else sorted(municipalities)
    cursor = await connection.execute(COUNT, {"today": today, "municipalities": of})
    ((number,),) = await cursor.fetchall()
    return int(number)


def _message(content: object) -> UndecidedMessage:
    decision = Decision.model_validate(content)
    verdict = decision.verdict
    if verdict.review_on is None:
        raise ValueError("an undecided message has a date")
    return UndecidedMessage(
        sender=decision.message.sender,
        message_id=decision.message.message_id,
        review_on=verdict.review_on,
        missing=verdict.reason,
        registered_at=decision.message.registered_at,
        appended_at=decision.message.origin.appended_at,
        law_version=verdict.law_version,
        evidence=verdict.evidence,
    )
