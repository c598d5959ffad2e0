"""What has made a notice due: one kind, and a reference to the one thing of that kind."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID


class CauseKind(StrEnum):
    """What it was. The words stand in the database and in the ids of deliveries: they never change."""

    EVENT = "event"
    """A person event, named by its place: ``partition:offset``."""

    STEP = "step"
    """A reminder or an escalation, named by its id."""

    ACT = "act"
    """What a person did, named by its id."""

    DIGEST = "digest"
    """A morning, named by its date."""

    ENDPOINT = "endpoint"
    """A webhook that was switched off: ``reason:time``."""


@dataclass(frozen=True, slots=True)
class DeliveryCause:
    """`deliveries.cause_kind` and `deliveries.cause_ref`."""

    kind: CauseKind
    ref: str

    @property
    def text(self) -> str:
        """Both in one, as an id is computed from them. A person event has no word before it."""
        return self.ref if self.kind is CauseKind.EVENT else f"{self.kind}:{self.ref}"

    @property
    def off_reason(self) -> str:
        """Of an endpoint: why it was switched off."""
        return self.ref.partition(":")[0]

    @property
    def place(self) -> tuple[int, int]:
        """Of a person event: partition and offset."""
        partition, _, offset = self.ref.partition(":")
        return int(partition), int(offset)

    @classmethod
    def of_event(cls, partition: int, offset: int) -> Self:
        """A person event."""
        return cls(CauseKind.EVENT, f"{partition}:{offset}")

    @classmethod
    def of_step(cls, step: UUID) -> Self:
        """A reminder or an escalation."""
        return cls(CauseKind.STEP, str(step))

    @classmethod
    def of_act(cls, act: UUID) -> Self:
        """What a person did."""
        return cls(CauseKind.ACT, str(act))

    @classmethod
    def of_digest(cls, day: date) -> Self:
        """A morning."""
        return cls(CauseKind.DIGEST, day.isoformat())

    @classmethod
    def of_endpoint(cls, reason: str, at: datetime) -> Self:
        """A webhook that was switched off."""
        return cls(CauseKind.ENDPOINT, f"{reason}:{at.isoformat()}")
