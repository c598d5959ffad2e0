"""What intake has answered and match has applied, as the tables hold it. Decides nothing."""

from collections.abc import Sequence
from typing import Final, LiteralString

from infra.postgres import Connection, column_names, json_rows
from models.events.simple_receipt import KnownApplied, KnownReceipt

_RECEIPT: Final[LiteralString] = (
    'topic text, partition int, "offset" bigint, appended_at timestamptz, status text, reason text, detail text, '
    "sender text, event_id text, type text, fingerprint text, fingerprint_utc text, sequence bigint, registered_on date"
)
_RECEIPT_NAMES: Final = column_names(_RECEIPT)
ADD_RECEIPTS: Final[LiteralString] = f"""
INSERT INTO receipts ({_RECEIPT_NAMES}) SELECT {_RECEIPT_NAMES} FROM json_to_recordset(%s) AS t ({_RECEIPT})
ON CONFLICT DO NOTHING
"""
_APPLIED: Final[LiteralString] = (
    'partition int, "offset" bigint, origin_topic text, origin_partition int, origin_offset bigint, person_id text, '
    "changed int, left_out text, passed_on timestamptz"
)
_APPLIED_NAMES: Final = column_names(_APPLIED)
ADD_APPLIED: Final[LiteralString] = f"""
INSERT INTO applied ({_APPLIED_NAMES}) SELECT {_APPLIED_NAMES} FROM json_to_recordset(%s) AS t ({_APPLIED})
ON CONFLICT DO NOTHING
"""


async def add_receipts(connection: Connection, receipts: Sequence[KnownReceipt]) -> None:
    """Write the receipts; a record that was judged twice keeps its first one."""
    if not receipts:
        return
    rows = [
        {
            "topic": receipt.origin.topic,
            "partition": receipt.origin.partition,
            "offset": receipt.origin.offset,
            "appended_at": receipt.origin.appended_at,
            "status": receipt.status,
            "reason": receipt.reason,
            "detail": receipt.detail,
            "sender": receipt.sender,
            "event_id": receipt.event_id,
            "type": receipt.type,
            "fingerprint": receipt.fingerprint,
            "fingerprint_utc": receipt.fingerprint_utc,
            "sequence": receipt.sequence,
            "registered_on": receipt.registered_on,
        }
        for receipt in receipts
    ]
    await connection.execute(ADD_RECEIPTS, (json_rows(rows),))


async def add_applied(connection: Connection, applied: Sequence[KnownApplied]) -> None:
    """Write what match has applied; an event that was applied again keeps its first entry."""
    rows = [
        {
            "partition": one.partition,
            "offset": entry.offset,
            "origin_topic": entry.origin_topic,
            "origin_partition": entry.origin_partition,
            "origin_offset": entry.origin_offset,
            "person_id": entry.person_id,
            "changed": entry.changed,
            "left_out": None if entry.left_out is None else entry.left_out.reason,
            "passed_on": entry.passed_on,
        }
        for one in applied
        for entry in one.entries
    ]
    if rows:
        await connection.execute(ADD_APPLIED, (json_rows(rows),))
