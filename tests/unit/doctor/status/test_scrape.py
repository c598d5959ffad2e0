"""Whatever answers at an address of the settings costs seconds at most, and hides nobody else."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from doctor.status.scrape import scrape

GOOD = b"# TYPE frafaldsvarsel_audit_round_timestamp_seconds gauge\nfrafaldsvarsel_audit_round_timestamp_seconds 5\n"
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def served(answer: Answer) -> Iterator[str]:
    """The address of somebody who answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Whatever the test wants; who asked may have gone."""
            try:
                answer(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def say(status: int, body: bytes, **headers: str) -> Answer:
    def answer(asked: BaseHTTPRequestHandler) -> None:
        asked.send_response(status)
        for name, value in headers.items():
            asked.send_header(name.replace("_", "-"), value)
        asked.send_header("Content-Length", str(len(body)))
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def drip(asked: BaseHTTPRequestHandler) -> None:
    """A byte now and then: no single wait is long."""
    asked.send_response(200)
    asked.end_headers()
    for _ in range(100):
        asked.wfile.write(b"#")
        time.sleep(0.05)


def flood(asked: BaseHTTPRequestHandler) -> None:
    asked.send_response(200)
    asked.end_headers()
    for _ in range(1000):
        asked.wfile.write(GOOD * 100)


PACKED = say(200, gzip.compress(GOOD * 10_000), Content_Encoding="gzip")


async def test_a_process_that_answers_is_read() -> None:
    with served(say(200, GOOD)) as address:
        pages, why = await scrape({"audit": address})
    assert list(pages) == ["audit"]
    assert why == {}


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (say(500, GOOD), "The answer was 500."),
        (say(302, b"", Location="http://127.0.0.1:1/secret"), "The answer was 302."),
        (say(200, b"frafaldsvarsel_audit_unaccounted{ 1\n"), "What answers there serves no metrics."),
        (PACKED, "The answer is packed, which was not asked for."),
        (drip, "There was no answer within 1 seconds."),
        (flood, "What answers there serves more than any process of the service does."),
    ],
    ids=["fault", "redirect", "nonsense", "packed", "drip", "flood"],
)  # fmt: skip
async def test_one_that_does_not_says_why_in_time_and_the_other_is_seen(answer: Answer, because: str) -> None:
    with served(answer) as bad, served(say(200, GOOD)) as good:
        began = time.monotonic()
        pages, why = await scrape({"bad": bad, "good": good}, seconds=1, most_bytes=1_000_000)
        took = time.monotonic() - began
    assert why == {"bad": because}
    assert list(pages) == ["good"]
    assert took < 4


async def test_nobody_there_is_said_without_the_address() -> None:
    pages, why = await scrape(
        {"worker": "http://127.0.0.1:1/geheim", "other": "http://nowhere.invalid/geheim"}
    )
    assert pages == {}
    assert why.keys() == {"worker", "other"}
    assert "geheim" not in str(why)
    assert "127.0.0.1" not in str(why)


async def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with served(say(200, GOOD)) as address:
        pages, _ = await scrape({"audit": address})
    assert list(pages) == ["audit"]
