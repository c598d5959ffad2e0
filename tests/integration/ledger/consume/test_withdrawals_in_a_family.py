"""What a withdrawal means across people where senders follow each other and both have used its message's id."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest

from infra.postgres import Connection
from models.calendar import copenhagen_date
from models.events.content import Risk
from models.events.person_event import PersonEvent
from tests.factories import (
    CLOSED_INSTITUTION,
    INSTITUTION,
    LAW,
    MERGED_ON,
    moment,
    origin,
    risk,
    uuid,
    withdrawal,
)
from tests.integration.ledger.consume.test_subjects import RIGHT, THIRD, WRONG, known_of
from tests.integration.ledger.ledger_fixture import Books, accepted, applied
from tests.unit.ledger.decisions import POLICY

SENDERS: Final = (CLOSED_INSTITUTION, INSTITUTION)


def _story(chance: Random) -> list[PersonEvent]:
    """Messages of one or both senders and one or two withdrawals, all of one id, around the merger, about anybody."""

    def when() -> datetime:
        return moment(MERGED_ON) + timedelta(days=chance.randint(-2, 2), minutes=chance.randrange(600))

    def said(sender: str, event_id: str, *, of: PersonEvent | None = None) -> PersonEvent:
        at = when()
        about: dict[str, Any] = {
            "person_id": chance.choice((WRONG, RIGHT, THIRD)),
            "origin": origin(appended_at=at),
        }
        if of is None:
            return risk(at, institution=sender, event_id=event_id, **about)
        return withdrawal(of, sender=sender, at=at, event_id=event_id, **about)

    messages = [said(sender, uuid("one id")) for sender in chance.sample(SENDERS, chance.randint(1, 2))]
    withdrawals = [
        said(chance.choice(SENDERS), uuid(f"withdrawal {nth}"), of=messages[0])
        for nth in range(chance.randint(1, 2))
    ]
    return chance.sample([*messages, *withdrawals], len(messages) + len(withdrawals))


def _messages(events: Sequence[PersonEvent]) -> Mapping[str, PersonEvent]:
    return {event.sender: event for event in events if isinstance(event.content, Risk)}


def _meant(said: PersonEvent, messages: Mapping[str, PersonEvent]) -> set[str]:
    """Whose messages a withdrawal takes back: its sender's own, and the one that its sender speaks for on that day."""
    owner = LAW.succession.owner(
        said.sender,
        copenhagen_date(said.origin.appended_at),
        lambda number: copenhagen_date(messages[number].origin.appended_at) if number in messages else None,
    )
    return {said.sender, owner} & set(messages)


async def _hold(connection: Connection, events: Sequence[PersonEvent]) -> None:
    books = Books(connection, replace(POLICY, succession=LAW.succession))
    for offset, event in enumerate(events):
        await books.project(receipts=[accepted(event)], applied=[applied((offset, event))])
    messages = _messages(events)
    meant = {event.event_id: _meant(event, messages) for event in events if event not in messages.values()}
    for sender, message in messages.items():
        facts = await known_of(books, message.person_id, events, LAW.succession)
        assert (message.identity in facts.withdrawn) == any(sender in senders for senders in meant.values())
    idle = await books.rows("SELECT event_id FROM subjects WHERE names_nothing")
    assert {name for (name,) in idle} == {name for name, senders in meant.items() if not senders}


@pytest.mark.parametrize("first", range(0, 200, 50))
async def test_it_means_its_senders_message_and_the_owners_wherever_they_are(
    connection: Connection, first: int
) -> None:
    """Whatever the ledger reads first, and whatever names neither is said to name nothing."""
    for seed in range(first, first + 50):
        async with connection.transaction(force_rollback=True):
            await _hold(connection, _story(Random(seed)))
