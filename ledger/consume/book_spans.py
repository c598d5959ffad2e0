"""The spans of a batch that the ledger has committed, each in the trace of its record."""

from collections.abc import Iterator

from infra.traces import (
    Span,
    SpanField,
    SpanName,
    Traces,
    at_place,
    book_span,
    decide_span,
    intake_span,
)
from ledger.consume.projected import Projected
from models.events.simple_event import KnownOrigin


def book_spans(batch: Projected, traces: Traces) -> Iterator[Span]:
    """One for each receipt and each decision; `batch` was committed just now."""
    now = traces.now_ns()
    began = now - round(batch.seconds * 1_000_000_000)

    def span(origin: KnownOrigin, trace: int, revision: int | None, outcome: str) -> Span:
        said = at_place(origin) | {SpanField.OUTCOME: outcome}
        if revision is not None:
            said[SpanField.REVISION] = revision
        return Span(
            name=SpanName.BOOK,
            trace=trace,
            id=book_span(trace, revision),
            parent=intake_span(trace) if revision is None else decide_span(trace, revision),
            began_ns=began,
            ended_ns=now,
            said=said,
        )

    for receipt in batch.receipts:
        if (trace := traces.of(receipt.origin)) is not None:
            yield span(receipt.origin, trace, None, receipt.status)
    for decision in batch.decisions:
        if (trace := traces.of(decision.message.origin)) is not None:
            yield span(decision.message.origin, trace, decision.revision, decision.verdict.outcome)
