"""What a sender says that it has published of a day: the data of the only event that is about no person."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from models.base import Frozen
from models.events.contract import WHOLE, LegalDate


class TypeCount(Frozen):
    """How many events of one type, in whatever version."""

    type: Annotated[
        str,
        StringConstraints(pattern=r"^dk\.frafaldsvarsel\.[a-z]+(-[a-z]+)*\.[a-z]+\.v[1-9]$", max_length=100),
        Field(description="The CloudEvents `type`, one of the sender's own"),
    ]
    events: Annotated[int, Field(ge=0, le=999_999_999), WHOLE]


class ControlTotalData(Frozen):
    """Data of ``control-total.declared``: what the sender has published of one day, so that we can compare.

    Counted are its events whose ``time`` falls on that day, each ``id`` once, whatever the service answered; but no
    control totals. A type that is not named counts as none. A later total of the same day takes the place of this one.
    """

    day: LegalDate = Field(description="The day, over at the event's own `time`")
    counts: Annotated[tuple[TypeCount, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({count.type for count in self.counts}) != len(self.counts):
            raise ValueError("counts names a type twice")
        return self
