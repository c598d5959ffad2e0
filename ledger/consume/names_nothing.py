"""What ends, annuls or withdraws a subject that its sender has registered about nobody: told once, after a grace time.

It goes on counting: a registration may come late, and then it names something.
"""

from datetime import timedelta

from config.topics import Topic
from infra.postgres import Connection, by_column
from ledger.consume.duplicates import post
from ledger.store import subjects
from ledger.tasks.rows import OutboxRow
from models.events.content import SubjectKind
from models.events.person_event import Origin
from models.events.receipt import NamesNothingReceipt


async def tell(connection: Connection, after: timedelta) -> None:
    """A following receipt of each that has waited for `after` goes to the outbox, of up to 500 at a time."""
    cursor = await connection.execute(subjects.UNTOLD, (after,))
    rows = await cursor.fetchall()
    told = []
    for topic, partition, offset, appended_at, kind, sender, event_id in rows:
        following = NamesNothingReceipt(
            origin=Origin(topic=topic, partition=partition, offset=offset, appended_at=appended_at),
            names_nothing=SubjectKind(kind),
            sender=sender,
            event_id=event_id,
        )
        name = f"names-nothing/{topic}/{partition}/{offset}"
        told.append(
            OutboxRow(id=name, topic=Topic.RECEIPTS, key=sender, value=following.model_dump_json().encode())
        )
    if rows:
        await post(connection, told)
        places = [row[:3] for row in rows]
        await connection.execute(subjects.TOLD, by_column(places))
