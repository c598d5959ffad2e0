"""Events that match has left out: each sender is told by a following receipt, once for each record."""

from collections.abc import Sequence

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.duplicates import post
from ledger.tasks.rows import OutboxRow
from models.events.person_event import Origin
from models.events.receipt import LeftOutReceipt
from models.events.simple_receipt import KnownApplied


async def tell(connection: Connection, applied: Sequence[KnownApplied]) -> None:
    """A following receipt of each event of `applied` that has no effect goes to the outbox."""
    rows = []
    for entry in (entry for one in applied for entry in one.entries):
        if entry.left_out is None:
            continue
        following = LeftOutReceipt(
            origin=Origin(
                topic=entry.origin_topic,
                partition=entry.origin_partition,
                offset=entry.origin_offset,
                appended_at=entry.left_out.appended_at,
            ),
            left_out=entry.left_out.reason,
            sender=entry.left_out.sender,
            event_id=entry.left_out.event_id,
        )
        name = f"left-out/{entry.origin_topic}/{entry.origin_partition}/{entry.origin_offset}"
        rows.append(
            OutboxRow(
                id=name,
                topic=Topic.RECEIPTS,
                key=following.sender,
                value=following.model_dump_json().encode(),
            )
        )
    await post(connection, rows)
