"""What takes a residence away, for the audit's oracle: annulments, and the ledger's words."""

from collections.abc import Sequence
from datetime import date, datetime

import orjson

from models.eligibility.conflicts import refusals
from models.events.content import MovedAway, SubjectKind
from models.events.person_event import PersonEvent
from ops.audit.oracle import LostResidence
from ops.audit.readers.person_events import _lost
from tests.factories import LEDGER, event, origin


def lost(events: Sequence[PersonEvent]) -> list[LostResidence]:
    """What takes a residence away, as the audit reads it off the log."""
    refused = refusals(events)
    found = []
    for one in events:
        row = _lost(orjson.loads(one.model_dump_json(exclude_none=True)))
        if row is not None:
            (
                topic,
                partition,
                offset,
                appended_at,
                sender,
                event_id,
                name,
                registered_at,
                moved,
                owner,
                since,
            ) = row
            found.append(
                LostResidence(
                    sender=sender,
                    event_id=event_id,
                    residence_id=name,
                    registered_at=datetime.fromisoformat(registered_at),
                    appended=(datetime.fromisoformat(appended_at), topic, partition, offset),
                    keeps_equal=moved,
                    owner=owner,
                    owned_since=None if since is None else date.fromisoformat(since),
                    refused=(topic, partition, offset) in refused,
                )
            )
    return found


def moved(to: PersonEvent, residence_id: str, owner: str, since: date) -> PersonEvent:
    """The ledger's word that the version `to` is another person's, of a subject that is `owner`'s `since` then."""
    word = MovedAway(
        kind="subject.moved",
        subject=SubjectKind.RESIDENCE,
        name=residence_id,
        owner=owner,
        owned_since=since,
        sender=to.sender,
        registered_at=to.registered_at,
        rank=0,
        **to.origin.model_dump(),
    )
    return event(word, sender=LEDGER, at=to.registered_at, origin=origin(topic="ledger/word"))
