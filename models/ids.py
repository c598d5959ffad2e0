"""Names for the strings that identify things, and the ids that follow from what they name.

A replay must find the row that the first run wrote, so no id here is drawn at random.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

from models.quick_uuid import uuid_of_name

PersonId = NewType("PersonId", str)
"""Keyed pseudonym of a CPR; never reversible without the service's key."""
SenderNumber = NewType("SenderNumber", str)
"""Six digits for an institution, four for a municipality, ``REG-…`` for a register."""
UnitId = NewType("UnitId", str)
MunicipalityCode = NewType("MunicipalityCode", str)

_NAMESPACE = UUID("6d4a1b0e-5c1c-5f0e-9a55-3f1f5f0c7b11")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def task_id(person_id: str, enrolment_id: str, unit_id: str, ordinal: int) -> UUID:
    """The id of the `ordinal`-th task (from 1) of one unit about one person's enrolment."""
    return uuid_of_name(_NAMESPACE, f"task|{person_id}|{enrolment_id}|{unit_id}|{ordinal}")


def delivery_id(task: UUID, occasion: str, cause: str, channel: str, recipient: str) -> UUID:
    """The id of one notice: the same cause never gives a second one."""
    return uuid_of_name(_NAMESPACE, f"delivery|{task}|{occasion}|{cause}|{channel}|{recipient}")


def reminder_ids(task: UUID) -> Callable[[str], UUID]:
    """From the `reminder_name` of one thing that falls due to its id: planned again for the same moment, the same."""
    prefix = f"step|{task}|"
    return lambda name: uuid_of_name(_NAMESPACE, prefix + name)


def reminder_name(kind: str, level: int, due_at: datetime) -> str:
    """What tells one reminder from the others of its task."""
    return f"{kind}|{level}|{due_at.astimezone(UTC).isoformat()}"


def failure_reminder_id(delivery: UUID, failed_at: datetime) -> UUID:
    """The id of the escalation that follows from a notice which could not be delivered: one for each time."""
    return uuid_of_name(_NAMESPACE, f"failure|{delivery}|{failed_at.astimezone(UTC).isoformat()}")


def digest_id(unit: str, cause: str, channel: str, recipient: str) -> UUID:
    """The id of one morning mail of a unit."""
    return uuid_of_name(_NAMESPACE, f"digest|{unit}|{cause}|{channel}|{recipient}")


def task_reference(task: UUID) -> str:
    """What people say and mails carry: ``FV-XXXX-XXXX-XXXX``, 60 bits in Crockford's alphabet (no I, L, O, U).

    Four of the bits are the UUID's version. That any two of a million tasks share one has a chance of 1 in 140,000.
    """
    number = task.int >> 68
    digits = "".join(_CROCKFORD[(number >> (5 * place)) & 31] for place in reversed(range(12)))
    return f"FV-{digits[:4]}-{digits[4:8]}-{digits[8:]}"
