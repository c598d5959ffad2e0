"""The ids of a record's spans: every process computes the same ones, and keeps the same part of the traces."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from infra.traces import (
    NO_TRACES,
    Span,
    SpanName,
    Traces,
    book_span,
    decide_span,
    intake_span,
    match_span,
    trace_of,
    waited_ms,
)
from tests.factories import origin

AT = datetime(2026, 10, 7, 12, tzinfo=UTC)


def kept(ratio: float) -> set[int]:
    traces = Traces(ratio=ratio, tell=lambda _: None)
    return {offset for offset in range(4000) if traces.of(origin(offset=offset, appended_at=AT)) is not None}


def test_an_id_follows_from_the_place_and_never_changes() -> None:
    """Two versions of the service that run side by side must meet in one trace: a change of this value splits it."""
    place = origin(topic="dropout-risks", partition=3, offset=17, appended_at=AT)
    assert f"{trace_of(place):032x}" == "17d2c3e01b2653dcea7786b1b7c1cb01"
    assert f"{intake_span(trace_of(place)):016x}" == "9befea91f19a807c"


def test_another_place_another_log_and_another_step_have_other_ids() -> None:
    place = origin(appended_at=AT)
    others = [
        place.model_copy(update=change)
        for change in (
            {"topic": "benefits"},
            {"partition": 9},
            {"offset": 99},
            {"appended_at": AT + timedelta(milliseconds=1)},
        )
    ]
    assert len({trace_of(one) for one in (place, *others)}) == 5
    trace = trace_of(place)
    spans = [intake_span(trace), match_span(trace, 1, 2), match_span(trace, 2, 1), decide_span(trace, 1)]
    spans += [decide_span(trace, 2), book_span(trace, None), book_span(trace, 1), book_span(trace, 2)]
    assert len(set(spans)) == len(spans)
    assert all(0 < span < 1 << 64 for span in spans)


def test_the_ratio_is_kept_and_what_a_small_one_keeps_a_larger_one_keeps_too() -> None:
    few, many = kept(0.1), kept(0.5)
    assert 300 < len(few) < 500
    assert 1800 < len(many) < 2200
    assert few < many
    assert len(kept(1.0)) == 4000
    assert kept(0.0) == set()


def test_off_nothing_is_traced_and_nothing_is_told() -> None:
    span = Span(name=SpanName.INTAKE, trace=1, id=2, began_ns=3)
    assert NO_TRACES.of(origin()) is None
    assert NO_TRACES.of_own("delivery") is None
    assert not NO_TRACES.is_on
    NO_TRACES.tell([span])


def test_a_span_without_an_end_ends_now_and_never_before_it_began() -> None:
    told: list[Span] = []
    traces = Traces(ratio=1, tell=told.append, clock=lambda: 1000)
    span = Span(name=SpanName.INTAKE, trace=1, id=2, began_ns=900)
    traces.tell([span, replace(span, ended_ns=950), replace(span, began_ns=5000)])
    assert [one.ended_ns for one in told] == [1000, 950, 5000]


def test_a_wait_is_never_negative() -> None:
    """The broker's clock and ours differ."""
    now = round(AT.timestamp() * 1_000_000_000)
    assert waited_ms(AT - timedelta(seconds=2), now) == 2000
    assert waited_ms(AT + timedelta(seconds=2), now) == 0
