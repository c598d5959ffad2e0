"""A heartbeat reaches the place that was set and no other, or it failed. Real HTTP, on the loopback."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ops.audit.heartbeat import Heartbeat, HeartbeatFailed


class Place(ThreadingHTTPServer):
    """Notes what it is asked for, and answers with the status that the path names."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, path: str) -> SecretStr:
        return SecretStr(f"http://127.0.0.1:{self.server_address[1]}/{path}")


class Handler(BaseHTTPRequestHandler):
    server: Place

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status = int(self.path.strip("/").split("-")[0])
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.server.url("200-elsewhere").get_secret_value())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing to say."""


@pytest.fixture
def place() -> Iterator[Place]:
    server = Place()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_is_touched_and_an_address_is_asked(tmp_path: Path, place: Place) -> None:
    file = tmp_path / "beat"
    assert Heartbeat(file, place.url("200")).beat()
    assert file.exists()
    assert place.asked == ["/200"]


def test_without_a_place_nothing_is_sent() -> None:
    assert Heartbeat().beat() is False


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(place: Place, status: int) -> None:
    with pytest.raises(HeartbeatFailed, match=str(status)):
        Heartbeat(url=place.url(str(status))).beat()
    assert place.asked == [f"/{status}"]


@pytest.mark.parametrize("status", [404, 500])
def test_any_answer_but_a_good_one_is_a_failure(place: Place, status: int) -> None:
    with pytest.raises(HeartbeatFailed, match=str(status)):
        Heartbeat(url=place.url(str(status))).beat()


def test_a_place_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = SecretStr(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(HeartbeatFailed, match="no answer"):
            Heartbeat(url=url).beat(seconds=0.2)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_only_http_is_spoken_and_no_failure_tells_the_address(url: str) -> None:
    with pytest.raises(HeartbeatFailed) as failed:
        Heartbeat(url=SecretStr(url)).beat()
    assert url not in str(failed.value)


def test_no_proxy_of_the_environment_gets_to_see_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert Heartbeat(url=place.url("200")).beat()
