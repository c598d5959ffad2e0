"""What the ledger says to a person's record about a subject that others speak of too, by the outbox."""

from hashlib import blake2b

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.duplicates import LEDGER, post
from ledger.consume.owned import Owned
from ledger.store.subjects import SubjectRow
from ledger.tasks.rows import OutboxRow
from models.events.content import HandedOver, LedgersWord, MovedAway
from models.events.person_event import Origin, PersonEvent


def ground(row: SubjectRow) -> str:
    """What a word rests on, as its name says it."""
    return f"{row.topic}/{row.partition}/{row.offset}"


async def say(
    connection: Connection, because_of: SubjectRow, what: str, person: str, word: LedgersWord
) -> None:
    """Put a word where the person's other events are; said twice, it is the same event."""
    name = f"across|{ground(because_of)}|{what}|{person}"
    event = PersonEvent(
        person_id=person,
        sender=LEDGER,
        event_id=name,
        registered_at=because_of.registered_at,
        origin=Origin(
            # Of its own: several words may rest on one record.
            topic=f"{LEDGER}/{blake2b(name.encode(), digest_size=8).hexdigest()}",
            partition=because_of.partition,
            offset=because_of.offset,
            appended_at=because_of.appended_at,
        ),
        fingerprint=name,
        content=word,
    )
    value = event.model_dump_json(exclude_none=True).encode()
    await post(connection, [OutboxRow(id=name, topic=Topic.PERSON_EVENTS, key=person, value=value)])


def moved(owned: Owned, overtaken: SubjectRow, to: SubjectRow) -> MovedAway:
    """That `owned` is the person's of `to` from there on, and what `overtaken` said of it no longer counts."""
    return MovedAway.model_validate(
        {
            **_named(owned),
            "kind": "subject.moved",
            "sender": overtaken.sender,
            "registered_at": to.registered_at,
            "rank": to.rank,
            "appended_at": to.appended_at,
            "topic": to.topic,
            "partition": to.partition,
            "offset": to.offset,
        }
    )


def handed_over(owned: Owned, said: SubjectRow) -> HandedOver:
    """That `said`, under another person's CPR, takes `owned` back."""
    return HandedOver.model_validate(
        {
            **_named(owned),
            "kind": "subject.taken_back",
            "sender": said.sender,
            "event_id": said.event_id,
            "registered_at": said.registered_at,
            "appended_at": said.appended_at,
            "topic": said.topic,
            "partition": said.partition,
            "offset": said.offset,
            "says": said.says,
        }
    )


def _named(owned: Owned) -> dict[str, object]:
    return {"subject": owned.kind, "name": owned.name, "owner": owned.owner, "owned_since": owned.since}
