"""A process's metrics and health over HTTP, from a thread of its own: it answers while the event loop is busy."""

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CollectorRegistry, make_wsgi_app

from infra.health import Health, sentence

_ASKED: Final[dict[str, Callable[[Health], bool]]] = {
    "livez": lambda health: health.is_alive,
    "readyz": lambda health: health.is_ready,
    "startupz": lambda health: health.is_started,
}
_TEXT: Final = (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"))


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Without the library's words: they repeat what came."""
        super().send_error(code, HTTPStatus(code).phrase, "")

    def log_message(self, *_: Any) -> None:
        """Nothing: a scrape is no news."""


class WatchServer:
    """Answers at ``/metrics``, ``/livez``, ``/readyz``, ``/startupz`` until it is stopped."""

    def __init__(self, port: int, registry: CollectorRegistry, health: Health) -> None:
        """Raises `OSError` when the port is taken. Port 0: any that is free, see `port`."""
        self._metrics = make_wsgi_app(registry)
        self._health = health
        # All addresses: who asks is another machine. No answer holds anything about a person.
        self._server = make_server("", port, self._answer, server_class=_Threads, handler_class=_Silent)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer no more, and give the port back."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, asked: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = asked.get("PATH_INFO", "").strip("/")
        if path == "metrics":
            shown: Iterable[bytes] = self._metrics(asked, start)
            return shown
        if path not in _ASKED:
            return _said(start, HTTPStatus.NOT_FOUND, "metrics, livez, readyz, startupz")
        good = _ASKED[path](self._health)
        return _said(
            start, HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE, sentence(self._health, path)
        )


def _said(start: StartResponse, status: HTTPStatus, text: str) -> Iterable[bytes]:
    start(f"{status.value} {status.phrase}", list(_TEXT))
    return [text.encode() + b"\n"]
