"""The spans of intake and match: what each says of one record, and what it hangs on."""

from collections.abc import Iterator, Sequence

from infra.kafka_record import KafkaRecord
from infra.traces import (
    Span,
    SpanField,
    SpanLink,
    SpanName,
    Traces,
    at_place,
    decide_span,
    intake_span,
    match_span,
    waited_ms,
)
from models.eligibility.decision import Decision
from models.events.person_event import PersonEvent
from models.events.receipt import ReceiptStatus
from models.events.simple_receipt import KnownReceipt
from streams.sender_trace import sender_spans


def of_intake(trace: int, record: KafkaRecord, receipt: KnownReceipt, began_ns: int) -> Span:
    """The first span of a record's trace, with a link to its sender's own."""
    is_accepted = receipt.status is ReceiptStatus.ACCEPTED
    said = at_place(receipt.origin)
    said[SpanField.WAITED_MS] = waited_ms(receipt.origin.appended_at, began_ns)
    said[SpanField.OUTCOME] = receipt.status
    if receipt.reason is not None:
        said[SpanField.REASON] = receipt.reason
    if receipt.sender is not None:
        said[SpanField.SENDER] = receipt.sender
    return Span(
        name=SpanName.INTAKE,
        trace=trace,
        id=intake_span(trace),
        began_ns=began_ns,
        said=said,
        links=sender_spans(record.headers, record.value if is_accepted else None),
    )


def of_match(
    traces: Traces,
    record: KafkaRecord,
    event: PersonEvent,
    outcome: tuple[str, str],
    decisions: Sequence[Decision],
    began_ns: int,
) -> Iterator[Span]:
    """The span of a person event, and those of its decisions, each in the trace of its own message."""
    trace = traces.of(event.origin)
    here = None
    if trace is not None:
        here = SpanLink(trace, match_span(trace, record.partition, record.offset))
        said = at_place(event.origin)
        said[SpanField.WAITED_MS] = max(0, began_ns // 1_000_000 - record.timestamp_ms)
        said[SpanField.OUTCOME], reason = outcome
        if reason:
            said[SpanField.REASON] = reason
        parent = intake_span(trace)
        yield Span(
            name=SpanName.MATCH, trace=trace, id=here.span, parent=parent, began_ns=began_ns, said=said
        )
    for decision in decisions:
        message = traces.of(decision.message.origin)
        if message is not None:
            is_own = here is not None and here.trace == message
            yield Span(
                name=SpanName.DECIDE,
                trace=message,
                id=decide_span(message, decision.revision),
                parent=here.span if here is not None and is_own else intake_span(message),
                began_ns=began_ns,
                said=at_place(decision.message.origin)
                | {
                    SpanField.OUTCOME: decision.verdict.outcome,
                    SpanField.REASON: decision.verdict.reason,
                    SpanField.REVISION: decision.revision,
                },
                # What made it: another record about the same person.
                links=() if here is None or is_own else (here,),
            )
