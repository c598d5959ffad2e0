"""Brings spans to an OTLP collector, by a thread of its own. Loaded only where traces are on.

A collector that is away, slow or refuses costs spans, which are counted, and nothing else: the queue is bounded, a
batch is tried for five seconds, and the end of the process waits two seconds for the last ones.
"""

import logging
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import requests
from google.protobuf.message import DecodeError
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode
from prometheus_client import Counter

from infra.metrics import TRACE_SPANS
from infra.traces import Span, SpanName

log = logging.getLogger(__name__)

_PATH: Final = "/v1/traces"
_QUEUE: Final = 4096
_BATCH: Final = 512
_ROUND_SECONDS: Final = 1.0
"""One batch a round: so a flood of records costs the process no more than that, and the rest is dropped."""
_TIMEOUT_SECONDS: Final = 5.0
_STOP_SECONDS: Final = 2.0
_MOST_BYTES: Final = 64 * 1024
"""Of an answer."""
_KINDS: Final = {
    SpanName.INTAKE: SpanKind.CONSUMER,
    SpanName.MATCH: SpanKind.CONSUMER,
    SpanName.BOOK: SpanKind.CONSUMER,
    SpanName.DELIVER: SpanKind.CLIENT,
}
_HEADS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "user-agent",
    }
)
"""Of each request, beside those of the settings."""
_SCOPE: Final = InstrumentationScope("frafaldsvarsel")


class SpanFate(StrEnum):
    """What became of a span."""

    EXPORTED = "exported"
    DROPPED = "dropped"
    """The queue was full, or the process ended."""
    REFUSED = "refused"
    """The collector was away, too slow, or did not take it."""


SPANS: Final = Counter(TRACE_SPANS.name, TRACE_SPANS.about, TRACE_SPANS.labels, registry=None)
for _fate in SpanFate:
    SPANS.labels(_fate)


class NotTakenError(Exception):
    """The collector answered with a redirect, or with what is no answer to spans."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorSettings:
    """Where the spans go."""

    endpoint: str
    """Base address, such as ``https://collector.example:4318``; ``/v1/traces`` is added where it is not there."""
    headers: Mapping[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    process: str
    """``service.name``."""
    instance: str | None = None


class OtlpSpans:
    """The queue and its thread. `put` is what `infra.traces.Traces` tells."""

    def __init__(self, settings: CollectorSettings) -> None:
        said = {"service.name": settings.process, "service.instance.id": settings.instance}
        self._resource = Resource({name: value for name, value in said.items() if value is not None})
        self._rejected = 0
        session = requests.Session()
        session.trust_env = False  # no proxy, and no password out of ~/.netrc
        session.stream = True  # `_look` reads the answer, and not more of it than it must
        session.hooks["response"].append(self._look)
        self._heads = _HEADS | {name.lower() for name in settings.headers}
        session.auth = self._strip
        roots = settings.ca_file or ssl.get_default_verify_paths().cafile
        self._exporter = OTLPSpanExporter(
            endpoint=_address(settings.endpoint),
            certificate_file=None if roots is None else str(roots),
            headers=dict(settings.headers),
            timeout=_TIMEOUT_SECONDS,
            compression=Compression.Gzip,
            session=session,
        )
        session.cert = None  # one of the environment's, which would name the machine to our collector
        self._waiting: deque[Span] = deque()
        self._stopping, self._given_up = threading.Event(), threading.Event()
        self._is_away = False
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def put(self, span: Span) -> None:
        """Take a span, or count it as dropped. Never waits."""
        if len(self._waiting) >= _QUEUE or self._stopping.is_set():
            SPANS.labels(SpanFate.DROPPED).inc()
        else:
            self._waiting.append(span)

    def stop(self) -> None:
        """Bring what waits, for two seconds at most; the rest is counted as dropped."""
        self._stopping.set()
        self._thread.join(_STOP_SECONDS)
        self._given_up.set()
        # Wakes a batch that waits for its next attempt. A request that hangs ends with the process.
        self._exporter.shutdown()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        SPANS.labels(SpanFate.DROPPED).inc(len(self._waiting))

    def _run(self) -> None:
        while not self._stopping.wait(_ROUND_SECONDS):
            self._export()
        while self._waiting and not self._given_up.is_set():
            self._export()

    def _export(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        if not batch:
            return
        self._rejected = 0
        try:
            done = self._exporter.export([self._readable(span) for span in batch]) is SpanExportResult.SUCCESS
        except Exception as fault:  # the thread must live: nobody would empty the queue
            log.error("traces: %s", type(fault).__name__)
            done = False
        rejected = min(self._rejected, len(batch)) if done else len(batch)
        SPANS.labels(SpanFate.REFUSED).inc(rejected)
        SPANS.labels(SpanFate.EXPORTED).inc(len(batch) - rejected)
        if done == self._is_away:
            self._is_away = not done
            log.warning(
                "traces: %s", "the collector takes them again" if done else "the collector takes none"
            )

    def _strip(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """The library adds what stands in the environment: a password for another collector, perhaps."""
        for name in [name for name in request.headers if name.lower() not in self._heads]:
            del request.headers[name]
        return request

    def _look(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """The library takes a redirect for success, and does not read what a collector has rejected."""
        content = response.raw.read(_MOST_BYTES + 1, decode_content=True)
        if 300 <= response.status_code < 400 or len(content) > _MOST_BYTES:
            response.close()
            raise NotTakenError
        if response.status_code == requests.codes.ok:
            with suppress(DecodeError):  # what cannot be read rejects nothing
                answer = ExportTraceServiceResponse.FromString(content)
                self._rejected = max(0, answer.partial_success.rejected_spans)

    def _readable(self, span: Span) -> ReadableSpan:
        return ReadableSpan(
            name=span.name,
            context=_context(span.trace, span.id),
            parent=None if span.parent is None else _context(span.trace, span.parent),
            resource=self._resource,
            attributes={str(name): value for name, value in span.said.items()},
            links=[Link(_context(link.trace, link.span)) for link in span.links],
            kind=_KINDS.get(span.name, SpanKind.INTERNAL),
            status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
            start_time=span.began_ns,
            end_time=span.ended_ns,
            instrumentation_scope=_SCOPE,
        )


def _context(trace: int, span: int) -> SpanContext:
    return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _address(endpoint: str) -> str:
    base = endpoint.rstrip("/")
    return base if base.endswith(_PATH) else base + _PATH
