"""A real collector, and each way in which it can be bad: the process goes on, and each span is accounted for."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from infra.otlp import SPANS, CollectorSettings, OtlpSpans, SpanFate
from infra.traces import Span, SpanField, SpanLink, SpanName
from tests.otlp import Collector, collector

LONGEST_STOP = 3.5
SPAN = Span(
    name=SpanName.INTAKE,
    trace=0xABC,
    id=0xDEF,
    parent=0x123,
    began_ns=1_000,
    ended_ns=2_000,
    said={SpanField.TOPIC: "benefits", SpanField.OFFSET: 7},
    links=[SpanLink(0x5, 0x6)],
    failed=True,
)


def fates() -> dict[SpanFate, float]:
    return {fate: SPANS.labels(fate)._value.get() for fate in SpanFate}


@contextmanager
def counted() -> Iterator[dict[SpanFate, float]]:
    """How many more of each fate there are at the end."""
    before, more = fates(), dict[SpanFate, float]()
    yield more
    more.update({fate: number - before[fate] for fate, number in fates().items() if number != before[fate]})


def sent(there: Collector, number: int = 1, **settings: object) -> float:
    """So many spans, and the end of the process: the seconds that it takes."""
    spans = OtlpSpans(
        CollectorSettings(endpoint=there.endpoint, process="frafaldsvarsel-worker", **settings)  # type: ignore[arg-type]  # the settings' own fields
    )
    for _ in range(number):
        spans.put(SPAN)
    return ended(spans)


def ended(spans: OtlpSpans) -> float:
    """The seconds that the end takes. What still hangs then, a process would leave behind; a test waits for it."""
    began = time.monotonic()
    spans.stop()
    seconds = time.monotonic() - began
    spans._thread.join(30)
    return seconds


def test_a_span_arrives_whole() -> None:
    with collector() as there, counted() as more:
        sent(there, instance="worker-1", headers={"authorization": "Bearer made-up"})
    (span,) = there.spans
    assert (span.service, span.name) == ("frafaldsvarsel-worker", "intake")
    assert (int(span.trace, 16), int(span.id, 16), int(span.parent, 16)) == (0xABC, 0xDEF, 0x123)
    assert span.links == (("5".zfill(32), "6".zfill(16)),)
    assert span.said == {"messaging.destination.name": "benefits", "messaging.kafka.offset": 7}
    assert (span.began_ns, span.ended_ns, span.failed) == (1_000, 2_000, True)
    assert there.paths == ["/v1/traces"]
    assert there.heads[0]["authorization"] == "Bearer made-up"
    assert more == {SpanFate.EXPORTED: 1}


def test_many_spans_go_in_batches_and_all_arrive_at_the_end() -> None:
    with collector() as there, counted() as more:
        sent(there, 1200)
    assert (len(there.spans), len(there.bodies)) == (1200, 3)
    assert more == {SpanFate.EXPORTED: 1200}


def test_while_it_runs_spans_are_brought_every_second() -> None:
    with collector() as there:
        spans = OtlpSpans(CollectorSettings(endpoint=there.endpoint, process="frafaldsvarsel-worker"))
        spans.put(SPAN)
        end = time.monotonic() + 10
        while not there.spans and time.monotonic() < end:
            time.sleep(0.05)
        assert len(there.spans) == 1
        ended(spans)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 413, 500])
def test_a_collector_that_refuses_costs_its_spans_alone(status: int) -> None:
    """A redirect is a refusal as well: it is followed to nowhere, and the library takes it for success."""
    with collector() as there, counted() as more:
        there.status = status
        sent(there, 5)
    assert there.paths == ["/v1/traces"]
    assert more == {SpanFate.REFUSED: 5}


def test_what_a_collector_says_not_to_have_taken_is_not_counted_as_exported() -> None:
    with collector() as there, counted() as more:
        there.rejects = 2
        sent(there, 5)
    assert more == {SpanFate.REFUSED: 2, SpanFate.EXPORTED: 3}


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_without_an_end_is_not_read_to_it(status: int) -> None:
    with collector() as there, counted() as more:
        there.status, there.endless = status, True
        assert sent(there, 5) < LONGEST_STOP
    assert more == {SpanFate.REFUSED: 5}


def test_an_answer_that_is_no_answer_rejects_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's page, say."""
    monkeypatch.setattr(ExportTraceServiceResponse, "SerializeToString", lambda _: b"<html>")
    with collector() as there, counted() as more:
        sent(there, 5)
    assert more == {SpanFate.EXPORTED: 5}


def test_a_collector_is_spoken_to_in_tls_by_a_certificate_that_is_trusted_and_by_no_other(
    tmp_path: Path,
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with collector(authority.issue_cert("127.0.0.1")) as there, counted() as more:
        sent(there, 2, ca_file=tmp_path / "ca.pem")
        assert len(there.spans) == 2
        sent(there, 3)
        sent(there, 4, ca_file=tmp_path / "nowhere.pem")
        assert len(there.spans) == 2
    assert more == {SpanFate.EXPORTED: 2, SpanFate.REFUSED: 7}


def test_the_end_of_the_process_waits_for_nobody() -> None:
    """One that is overloaded, which the library tries again; one that is slow; and none at all."""
    with collector() as there:
        for there.status, there.seconds in ((503, 0.0), (200, 4.0)):
            assert sent(there, 5) < LONGEST_STOP
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert sent(Collector(endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}"), 5) < LONGEST_STOP


def test_a_flood_while_the_collector_hangs_is_bounded_and_costs_no_time() -> None:
    with collector() as there, counted() as more:
        there.seconds = 4.0
        spans = OtlpSpans(CollectorSettings(endpoint=there.endpoint, process="frafaldsvarsel-worker"))
        began = time.monotonic()
        for _ in range(50_000):
            spans.put(SPAN)
        assert time.monotonic() - began < 1.0
        assert len(spans._waiting) <= 4096
        assert ended(spans) < LONGEST_STOP
    assert more[SpanFate.DROPPED] > 40_000


def test_an_endpoint_that_names_the_path_is_taken_as_it_is() -> None:
    with collector() as there:
        there.endpoint += "/v1/traces/"
        sent(there)
    assert there.paths == ["/v1/traces"]


def test_what_is_set_for_the_machine_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor another collector, nor what that one asks for."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "600")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2,x-other=hunter2")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/nowhere.pem")
    with collector() as there:
        sent(there)
    assert len(there.spans) == 1
    assert "hunter2" not in str(there.heads)
