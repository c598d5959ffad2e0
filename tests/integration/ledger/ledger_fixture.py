"""Batches for the ledger, and what stands in it afterwards."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch, Place
from ledger.consume.project import project
from ledger.tasks.projection import Policy
from models.eligibility.decision import Decision
from models.events.person_event import Origin, PersonEvent
from models.events.receipt import Applied, AppliedEntry, AppliedSubject, Receipt, ReceiptStatus
from tests.unit.ledger.decisions import POLICY

TABLES = ("position", "receipts", "applied", "messages", "tasks", "deliveries", "audit", "outbox", "repeats")


def accepted(event: PersonEvent) -> Receipt:
    """Intake's receipt of the record that gave `event`."""
    return Receipt(
        origin=event.origin,
        status=ReceiptStatus.ACCEPTED,
        sender=event.sender,
        event_id=event.event_id,
        type="dk.frafaldsvarsel.dropout-risk.raised.v1",
        fingerprint=event.fingerprint,
        fingerprint_utc=event.fingerprint_utc,
    )


def applied(*events: tuple[int, PersonEvent], partition: int = 0) -> Applied:
    """Match's word that it has applied these, by their offset on ``person-events``."""
    return Applied(
        partition=partition,
        entries=tuple(
            AppliedEntry(
                offset=offset,
                origin_topic=event.origin.topic,
                origin_partition=event.origin.partition,
                origin_offset=event.origin.offset,
                person_id=event.person_id,
                changed=0,
                subject=AppliedSubject.of(event),
            )
            for offset, event in events
        ),
    )


def batch(
    *,
    receipts: Iterable[Receipt] = (),
    applied: Iterable[Applied] = (),
    decisions: Iterable[Decision] = (),
    to: dict[Place, int] | None = None,
) -> Batch:
    """One poll's records."""
    made = Batch()
    made.receipts += receipts
    made.applied += applied
    made.decisions += decisions
    made.next_offsets |= to or {}
    return made


class Books:
    """Projects batches one after the other, as one ledger process does."""

    def __init__(self, connection: Connection, policy: Policy = POLICY) -> None:
        self.connection = connection
        self._policy = policy
        self.known: dict[Place, int] = {}
        self._offset = 0

    async def project(
        self,
        *,
        receipts: Sequence[Receipt] = (),
        applied: Sequence[Applied] = (),
        decisions: Sequence[Decision] = (),
    ) -> None:
        """One batch, committed."""
        async with self.connection.transaction():
            await self.take(*decisions, receipts=receipts, applied=applied)

    async def take(
        self, *decisions: Decision, receipts: Sequence[Receipt] = (), applied: Sequence[Applied] = ()
    ) -> None:
        """One batch in the transaction that is open."""
        self._offset += 1
        made = batch(
            receipts=receipts,
            applied=applied,
            decisions=decisions,
            to={(str(Topic.DECISIONS), 0): self._offset},
        )
        await project(self.connection, made, self.known, self._policy)
        self.known |= made.next_offsets

    async def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query finds."""
        async with self.connection.transaction():
            return await (await self.connection.execute(query.encode(), values)).fetchall()

    async def repeats(self) -> dict[int, str]:
        """Kind of repeat by offset."""
        return dict(await self.rows('SELECT "offset", kind FROM repeats'))

    async def refusals(self) -> list[PersonEvent]:
        """What the outbox has for match."""
        found = await self.rows("SELECT value FROM outbox WHERE topic = 'person-events' ORDER BY due_at, id")
        return [PersonEvent.model_validate_json(value) for (value,) in found]


async def counts(connection: Connection) -> dict[str, int]:
    """Rows by table."""
    found = {}
    for table in TABLES:
        async with connection.transaction():
            cursor = await connection.execute(f"SELECT count(*) FROM {table}".encode())  # noqa: S608 - our own names
            found[table] = int((await cursor.fetchall())[0][0])
    return found


def at(offset: int, when: datetime, topic: str = "dropout-risks") -> Origin:
    """A record's place and time."""
    return Origin(topic=topic, partition=0, offset=offset, appended_at=when)
