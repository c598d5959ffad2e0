"""What a process did with one record, as spans: off unless an operator has named a collector (docs/decisions/0048).

The ids follow from the record's place, so no process has to hand them to the next one. No span may name a person:
`SpanField` is all that a span can say.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from models.events.simple_event import KnownOrigin

_TRACE_BITS: Final = (1 << 64) - 1
"""What the ratio is held against: OpenTelemetry's `TraceIdRatioBased` does the same."""


class SpanName(StrEnum):
    """The steps."""

    INTAKE = "intake"
    """From when the worker has an input record until the brokers have the answer."""
    MATCH = "match"
    """The same of a person event."""
    DECIDE = "decide"
    """A decision that was published, in the trace of its message."""
    BOOK = "book"
    """The transaction that puts a receipt or a decision into the ledger."""
    DELIVER = "deliver"
    """One attempt at one notice."""


class SpanField(StrEnum):
    """All that a span can say: places, codes and numbers. Where OpenTelemetry has a name, it is that one."""

    SYSTEM = "messaging.system"
    TOPIC = "messaging.destination.name"
    PARTITION = "messaging.destination.partition.id"
    OFFSET = "messaging.kafka.offset"
    WAITED_MS = "frafaldsvarsel.waited_ms"
    """From the broker's append time until the step began; of a delivery, since it was due."""
    SENDER = "frafaldsvarsel.sender"
    """The number of a registered sender: an institution or an authority."""
    OUTCOME = "frafaldsvarsel.outcome"
    REASON = "frafaldsvarsel.reason"
    REVISION = "frafaldsvarsel.revision"
    CHANNEL = "frafaldsvarsel.channel"
    STATUS = "frafaldsvarsel.status"


@dataclass(frozen=True, slots=True)
class SpanLink:
    """Another span, as its trace's id (128 bits) and its own (64 bits)."""

    trace: int
    span: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One step with one record; times are nanoseconds since 1970."""

    name: SpanName
    trace: int
    id: int
    parent: int | None = None
    """A span of the same trace; it may be another process's."""
    began_ns: int
    ended_ns: int = 0
    said: Mapping[SpanField, str | int] = field(default_factory=dict)
    links: Sequence[SpanLink] = ()
    failed: bool = False


class Traces:
    """Whether a process traces, and where it tells its spans. Told from the loop: `tell` must not wait or raise."""

    def __init__(
        self,
        *,
        ratio: float,
        tell: Callable[[Span], None] | None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`ratio` of the traces are kept, the same ones by every process; `tell` None: off."""
        self._bound = round(ratio * (_TRACE_BITS + 1)) if tell is not None else 0
        self._tell = tell
        self.now_ns = clock
        self.is_on = self._bound > 0

    def of(self, place: KnownOrigin) -> int | None:
        """The trace of an input record; None where it is not to be traced."""
        return self._kept(trace_of(place)) if self.is_on else None

    def of_own(self, name: str) -> int | None:
        """The trace of what follows from no single record, by its id; None where it is not to be traced."""
        return self._kept(_id(16, "own", name)) if self.is_on else None

    def tell(self, spans: Iterable[Span]) -> None:
        """Spans that end now, where they have no end."""
        if self._tell is None:
            return
        now = self.now_ns()
        for span in spans:
            # A clock that was set back must not give a span that ends before it begins.
            self._tell(span if span.ended_ns else replace(span, ended_ns=max(now, span.began_ns)))

    def _kept(self, trace: int) -> int | None:
        return trace if trace & _TRACE_BITS < self._bound else None


NO_TRACES: Final = Traces(ratio=0, tell=None)
"""Off."""


def trace_of(place: KnownOrigin) -> int:
    """The trace of an input record: 128 bits. With its append time, so that another cluster's has another one."""
    appended_ms = round(place.appended_at.timestamp() * 1000)
    return _id(16, "record", place.topic, place.partition, place.offset, appended_ms)


def intake_span(trace: int) -> int:
    """The first span of a record's trace."""
    return _id(8, SpanName.INTAKE, trace)


def match_span(trace: int, partition: int, offset: int) -> int:
    """The span of a person event, by its place: a number that forwards an event has it applied in two places."""
    return _id(8, SpanName.MATCH, trace, partition, offset)


def decide_span(trace: int, revision: int) -> int:
    """The span of a revision of a message's decision."""
    return _id(8, SpanName.DECIDE, trace, revision)


def book_span(trace: int, revision: int | None) -> int:
    """The span that puts a revision into the ledger; None: the receipt."""
    return _id(8, SpanName.BOOK, trace, revision)


def deliver_span(delivery: str, now_ns: int) -> int:
    """The span of an attempt at a delivery."""
    return _id(8, SpanName.DELIVER, delivery, now_ns)


def at_place(place: KnownOrigin) -> dict[SpanField, str | int]:
    """What a span says of an input record."""
    return {
        SpanField.SYSTEM: "kafka",
        SpanField.TOPIC: place.topic,
        SpanField.PARTITION: str(place.partition),
        SpanField.OFFSET: place.offset,
    }


def waited_ms(since: datetime, began_ns: int) -> int:
    """Milliseconds from a moment until a step began; 0 where two clocks disagree."""
    return max(0, began_ns // 1_000_000 - round(since.timestamp() * 1000))


def _id(size: int, *parts: object) -> int:
    """`size` bytes that follow from `parts`; never 0, which W3C keeps for none."""
    text = "\n".join(map(str, parts)).encode()
    return int.from_bytes(blake2b(text, digest_size=size, person=b"frafald-trace-1").digest()) or 1
