"""Rows and mails for the notifier's tests."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from infra.postgres import Pool
from models.ids import delivery_id, task_reference
from notifiers.content.mail_message import Mail
from notifiers.due_delivery import BuildPayload, payload_builder
from notifiers.supersede import UnitContact
from tests.channels import unit_contact

UNIT = "jobcenter-0751"
RECIPIENT = "jobcenter@kommune.example.dk"

FREEZE: BuildPayload = payload_builder(
    sender="frafaldsvarsel@varsel.example.dk",
    sender_name="Frafaldsvarsel",
    message_id_domain="varsel.example.dk",
    link_base="https://varsel.example.dk",
)


def contacts(unit_id: str) -> UnitContact | None:
    return unit_contact("Jobcenter Ærø", mails=(RECIPIENT,)) if unit_id == UNIT else None


def a_mail(*, recipient: str = RECIPIENT, sender: str = "frafaldsvarsel@varsel.example.dk") -> Mail:
    return Mail(
        message_id=f"<{uuid4()}@varsel.example.dk>",
        date=datetime(2026, 10, 2, 9, 30, tzinfo=UTC),
        sender=sender,
        sender_name="Frafaldsvarsel",
        recipient=recipient,
        subject="Ny opgave FV-7K3M-92QD-0001: reagér senest fredag den 9. oktober 2026",
        text="Hej\n.et punktum først\n..og to\næøå\n",
        html="<p>Hej</p>\n",
    )


@dataclass(frozen=True)
class Row:
    id: UUID
    task_id: UUID


async def add_delivery(
    pool: Pool,
    *,
    occasion: str = "new",
    recipient: str = RECIPIENT,
    unit_id: str = UNIT,
    task_status: str = "open",
    deadline: str = "1 day",
    task: UUID | None = None,
    cause: str = "0:1",
) -> Row:
    """One due delivery, with a task of its own unless one is named. `deadline` counts from now."""
    task_id = task or uuid4()
    delivery = delivery_id(task_id, occasion, cause, "email", recipient)
    async with pool.connection() as connection:
        await connection.execute(
            """INSERT INTO tasks
                 (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at)
               VALUES (%s, %s, %s, 'e', %s, %s, '2026-10-09', '2026-10-01T22:30:00Z')
               ON CONFLICT DO NOTHING""",
            (task_id, task_reference(task_id), str(task_id), unit_id, task_status),
        )
        await connection.execute(
            """INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline)
               VALUES (%s, %s, %s, %s, 'email', %s, %s, clock_timestamp() + %s::interval)""",
            (delivery, task_id, occasion, cause, unit_id, recipient, deadline),
        )
        await connection.execute("NOTIFY deliveries")
    return Row(delivery, task_id)


async def rows(pool: Pool, query: str, *values: object) -> list[tuple[object, ...]]:
    async with pool.connection() as connection:
        return await (await connection.execute(query.encode(), values)).fetchall()


async def status_of(pool: Pool, row: Row) -> object:
    return (await rows(pool, "SELECT status FROM deliveries WHERE id = %s", row.id))[0][0]


async def outcomes_of(pool: Pool, row: Row) -> list[object]:
    found = await rows(pool, "SELECT outcome FROM attempts WHERE delivery_id = %s ORDER BY attempt", row.id)
    return [outcome for (outcome,) in found]
