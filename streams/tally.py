"""What a processor has done since it was last asked, counted as it goes: whoever watches is told once a batch."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from infra.traces import Span

CodeAndReason = tuple[str, str]
"""What became of it, and why; the second is empty where the first says all."""


@dataclass(slots=True)
class StepTally:
    """Codes and numbers, nothing about a person."""

    records: Counter[CodeAndReason] = field(default_factory=Counter)
    """The records that were processed."""
    decisions: Counter[CodeAndReason] = field(default_factory=Counter)
    """The revisions that were published."""
    people: int | None = None
    """Records of people in memory; None: there are none in this step."""
    spans: list[Span] = field(default_factory=list)
    """Of the records that are traced; they end when the brokers have what follows from them."""


OnTally = Callable[[str, StepTally, float | None], None]
"""(step, tally, seconds of the batch; None: the state was looked after, and no batch came)."""


def told_nobody(_step: str, _tally: StepTally, _seconds: float | None) -> None:
    """Where nobody watches."""
