"""The span of one attempt at a notice: in the trace of the message that it follows from, else in one of its own."""

from infra.traces import Span, SpanField, SpanLink, SpanName, Traces, at_place, book_span, deliver_span
from models.notifications.delivery import SendOutcome
from notifiers.told import Attempted

_LOST = "lost"


def delivery_span(attempt: Attempted, traces: Traces) -> Span | None:
    """None where it is not traced. What follows from a date or an act has a trace of its own, linked to the message's:
    a reminder comes weeks later."""
    delivery, message = str(attempt.delivery), attempt.message
    of_message = None if message is None else traces.of(message.origin)
    booked = None
    if message is not None and of_message is not None:
        booked = SpanLink(of_message, book_span(of_message, message.revision))
    follows = message is not None and message.is_cause
    trace = of_message if follows else traces.of_own(delivery)
    if trace is None:
        return None
    now = traces.now_ns()
    said: dict[SpanField, str | int] = {
        SpanField.CHANNEL: attempt.channel,
        SpanField.OUTCOME: attempt.outcome,
        SpanField.STATUS: attempt.status or _LOST,
        SpanField.WAITED_MS: max(0, round((attempt.seconds - attempt.took_seconds) * 1000)),
    }
    if message is not None:
        said |= at_place(message.origin)
    return Span(
        name=SpanName.DELIVER,
        trace=trace,
        id=deliver_span(delivery, now),
        parent=booked.span if booked is not None and follows else None,
        began_ns=now - round(attempt.took_seconds * 1_000_000_000),
        ended_ns=now,
        said=said,
        links=() if booked is None or follows else (booked,),
        failed=attempt.outcome is not SendOutcome.DELIVERED,
    )
