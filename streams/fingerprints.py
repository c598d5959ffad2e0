"""The fingerprints of an accepted event: of what it says, without how it was sealed, signed and bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from crypto.intake_vault import IntakeVault
from models.base import Frozen
from models.events.cloudevent import Envelope
from models.events.event_types import EventType


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """`models.events.fingerprints.Fingerprinted`: `utc` is None where all moments were written in UTC."""

    written: str
    utc: str | None


def fingerprints(
    envelope: Envelope,
    event_type: EventType,
    data: Frozen,
    dumped: Mapping[str, JsonValue],
    opened: Mapping[str, str],
    vault: IntakeVault,
) -> Fingerprints:
    """Of `data`, in the form of version 1, with `opened` in the place of the CPR: the same for every version.

    `dumped`: `data` as JSON. The form of neither fingerprint may ever change: both are kept.
    """
    fields: dict[str, Any] = {**dumped, **opened, "type": event_type.first_name}
    time = envelope.time
    written = vault.fingerprint({**fields, "time": time.isoformat()})
    moments = {
        name: moment.astimezone(UTC)
        for name, moment in vars(data).items()
        if isinstance(moment, datetime) and moment.tzinfo is not UTC
    }
    if not moments and time.tzinfo is UTC:
        return Fingerprints(written, None)
    fields |= to_jsonable_python(moments)
    utc = vault.fingerprint({**fields, "time": time.astimezone(UTC).isoformat()})
    return Fingerprints(written, None if utc == written else utc)
