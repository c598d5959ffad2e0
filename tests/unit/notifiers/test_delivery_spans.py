"""The span of an attempt: in its message's trace where it follows from it, else in one of its own."""

from uuid import UUID

from infra.traces import Span, SpanField, SpanLink, Traces, book_span, trace_of
from models.notifications.delivery import Channel, DeliveryStatus, SendOutcome
from notifiers.delivery_spans import delivery_span
from notifiers.due_delivery import BookedMessage
from notifiers.told import Attempted
from tests.factories import origin

NOW_NS = 1_800_000_000_000_000_000
DELIVERY = UUID("0d6f6c3e-6a0b-4a37-9d0f-3b1f6f0a7c03")
PLACE = origin(offset=7)
MESSAGE = trace_of(PLACE)
ON = Traces(ratio=1, tell=lambda _: None, clock=lambda: NOW_NS)


def span(
    *,
    channel: Channel = Channel.EMAIL,
    outcome: SendOutcome = SendOutcome.DELIVERED,
    status: DeliveryStatus | None = DeliveryStatus.DELIVERED,
    is_cause: bool | None = True,
    traces: Traces = ON,
) -> Span:
    message = None if is_cause is None else BookedMessage(origin=PLACE, revision=3, is_cause=is_cause)
    found = delivery_span(
        Attempted(
            channel=channel,
            outcome=outcome,
            status=status,
            seconds=12.5,
            took_seconds=2.5,
            delivery=DELIVERY,
            message=message,
        ),
        traces,
    )
    assert found is not None
    return found


def test_a_notice_of_a_decision_stands_in_its_messages_trace() -> None:
    found = span(channel=Channel.WEBHOOK)
    assert (found.trace, found.parent, found.links) == (MESSAGE, book_span(MESSAGE, 3), ())
    assert (found.began_ns, found.ended_ns) == (NOW_NS - 2_500_000_000, NOW_NS)
    assert found.said[SpanField.CHANNEL] == "webhook"
    assert found.said[SpanField.OUTCOME] == found.said[SpanField.STATUS] == "delivered"
    assert found.said[SpanField.WAITED_MS] == 10_000
    assert not found.failed


def test_a_reminder_has_a_trace_of_its_own_all_its_attempts_in_one_linked_to_the_messages() -> None:
    first, second = span(is_cause=False), span(is_cause=False, outcome=SendOutcome.REFUSED)
    assert first.trace == second.trace != MESSAGE
    assert first.parent is None
    assert first.links == (SpanLink(MESSAGE, book_span(MESSAGE, 3)),)


def test_a_morning_mail_is_about_no_message() -> None:
    found = span(is_cause=None)
    assert (found.parent, found.links) == (None, ())
    assert SpanField.OFFSET not in found.said


def test_an_attempt_that_came_to_nothing_is_an_error_and_a_lost_lease_is_said() -> None:
    found = span(outcome=SendOutcome.TRY_AGAIN, status=None)
    assert found.failed
    assert found.said[SpanField.STATUS] == "lost"


def test_the_ratio_holds_for_a_notice_as_for_its_message() -> None:
    none = Traces(ratio=0, tell=lambda _: None)
    attempt = Attempted(
        channel=Channel.EMAIL,
        outcome=SendOutcome.DELIVERED,
        status=DeliveryStatus.DELIVERED,
        seconds=1,
        delivery=DELIVERY,
        message=BookedMessage(origin=PLACE, revision=1, is_cause=True),
    )
    assert delivery_span(attempt, none) is None


def test_neither_the_delivery_nor_its_recipient_is_named() -> None:
    assert str(DELIVERY) not in repr(span())
    assert set(span().said) <= set(SpanField)
