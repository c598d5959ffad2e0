"""An event that match has left out: its sender is told once, and the ledger keeps why."""

from config.topics import Topic
from infra.postgres import Connection
from ledger.consume.batch import Batch
from models.events.receipt import Applied, LeftOutEvent, LeftOutReceipt
from models.reasons import LeftOut
from tests.factories import risk
from tests.integration.ledger.ledger_fixture import Books, accepted, applied


def left_out(offset: int) -> tuple[Applied, LeftOutReceipt]:
    """Match's entry of a message that it has left out, and what its sender must hear."""
    message = risk()
    entry = applied((offset, message)).entries[0]
    event = LeftOutEvent(
        reason=LeftOut.SENDER_BOUND,
        sender=message.sender,
        event_id=message.event_id,
        appended_at=message.origin.appended_at,
    )
    told = LeftOutReceipt(
        origin=message.origin,
        left_out=LeftOut.SENDER_BOUND,
        sender=message.sender,
        event_id=message.event_id,
    )
    return Applied(partition=0, entries=(entry.model_copy(update={"left_out": event}),)), told


async def test_its_sender_is_told_once_for_each_record(connection: Connection) -> None:
    """By a receipt that follows; an entry that is written again tells nothing twice."""
    books = Books(connection)
    one, told = left_out(7)
    await books.project(receipts=[accepted(risk())], applied=[one, applied((8, risk()))])
    await books.project(applied=[one])
    rows = await books.rows("SELECT topic, key, value FROM outbox")
    assert [(topic, key) for topic, key, _ in rows] == [(Topic.RECEIPTS, "280051")]
    assert LeftOutReceipt.model_validate_json(rows[0][2]) == told
    kept = await books.rows('SELECT "offset", left_out FROM applied ORDER BY 1')
    assert kept == [(7, "sender_bound"), (8, None)]


def test_the_ledger_passes_over_its_own_receipt() -> None:
    """It comes back on the topic that it reads."""
    _, told = left_out(7)
    batch = Batch()
    batch.add(Topic.RECEIPTS, told.model_dump_json().encode())
    assert len(batch) == 0
