"""An OTLP collector over HTTP that keeps what it is sent and behaves as badly as it is told to. For tests only."""

import gzip
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True)
class Received:
    """A span as it came, ids in hexadecimal."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    said: dict[str, str | int]
    links: tuple[tuple[str, str], ...]
    began_ns: int
    ended_ns: int
    failed: bool


@dataclass
class Collector:
    """What has come, and what to answer."""

    endpoint: str = ""
    status: int = 200
    seconds: float = 0.0
    """It waits so long before each answer."""
    rejects: int = 0
    """So many spans of each request it says not to have taken."""
    endless: bool = False
    """Whether its answers have no end."""
    bodies: list[bytes] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    @property
    def spans(self) -> list[Received]:
        """Every span of every request."""
        return [span for body in list(self.bodies) for span in _spans(body)]


@contextmanager
def collector(certificate: trustme.LeafCert | None = None) -> Iterator[Collector]:
    """Listen on a free port, with TLS where there is a certificate."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(kept.seconds)
            kept.heads.append(dict(self.headers))
            kept.paths.append(self.path)
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            if kept.status == 200:
                kept.bodies.append(content)
            answer = ExportTraceServiceResponse()
            answer.partial_success.rejected_spans = kept.rejects
            said = answer.SerializeToString() if kept.status == 200 else b""
            if kept.endless:
                self.send_response(kept.status)
                self.end_headers()
                with suppress(OSError):
                    while True:
                        self.wfile.write(bytes(1 << 20))
                return
            self.send_response(kept.status)
            if kept.status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.endpoint = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _spans(body: bytes) -> Iterator[Received]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = {one.key: one.value.string_value for one in resource.resource.attributes}["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Received(
                    service=service,
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    said={
                        one.key: one.value.int_value
                        if one.value.HasField("int_value")
                        else one.value.string_value
                        for one in span.attributes
                    },
                    links=tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    began_ns=span.start_time_unix_nano,
                    ended_ns=span.end_time_unix_nano,
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                )
