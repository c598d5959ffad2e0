"""Rows of tasks as the ledger writes them, each field to be overridden by name."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from infra.postgres import Connection
from models.ids import task_reference

UNIT: Final = "unit-0101"
OTHER_UNIT: Final = "unit-0751"
TODAY: Final = date(2026, 10, 7)
NOON: Final = datetime(2026, 10, 7, 12, 0, tzinfo=UTC)


async def add_task(connection: Connection, **changes: Any) -> UUID:
    """An open task of `UNIT`, due in two days."""
    identity = changes.pop("id", None) or uuid4()
    fields: dict[str, Any] = {
        "id": identity,
        "reference": task_reference(identity),
        "person_id": f"person-{identity.hex[:19]}",
        "enrolment_id": str(uuid4()),
        "unit_id": UNIT,
        "status": "open",
        "react_by": TODAY + timedelta(days=2),
        "appended_at": NOON - timedelta(days=3),
    } | changes
    names, marks = ", ".join(fields), ", ".join(f"%({name})s" for name in fields)
    await connection.execute(f"INSERT INTO tasks ({names}) VALUES ({marks})".encode(), fields)  # noqa: S608 - our own names
    return identity


async def add_delivery(connection: Connection, task: UUID, **changes: Any) -> UUID:
    """A notice about `task` that is due at `UNIT`."""
    fields: dict[str, Any] = {
        "id": uuid4(),
        "task_id": task,
        "occasion": "new",
        "cause": "0:1",
        "channel": "email",
        "unit_id": UNIT,
        "recipient": "opgaver@unit-0101.example",
        "deadline": NOON + timedelta(days=3),
    } | changes
    names, marks = ", ".join(fields), ", ".join(f"%({name})s" for name in fields)
    await connection.execute(f"INSERT INTO deliveries ({names}) VALUES ({marks})".encode(), fields)  # noqa: S608 - our own names
    identity: UUID = fields["id"]
    return identity
