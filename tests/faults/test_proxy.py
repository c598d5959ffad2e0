"""The proxy forwards every byte, and misbehaves as it is told: over real sockets."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.faults.proxy import OFFSET_COMMIT, PRODUCE, CommitAnswer, Frames, KafkaAnswer, Proxy, Route, Way


@contextmanager
def server(answer: Callable[[bytes], bytes]) -> Iterator[int]:
    """A server that answers every chunk with `answer` of it."""
    taken: list[socket.socket] = []
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while chunk := connection.recv(65536):
                    connection.sendall(answer(chunk))

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                taken.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield listening.getsockname()[1]
        finally:
            # Each ends by itself, and is waited for: what it had open belongs to the test that opened it.
            for open_socket in (listening, *taken):
                with suppress(OSError):
                    open_socket.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(60)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with Proxy() as running:
        yield running


def _client(route: Route) -> socket.socket:
    return socket.create_connection(("127.0.0.1", route.port), timeout=60)


def _request(api: int, correlation: int, payload: bytes = b"") -> bytes:
    return struct.pack(">ihhi", 8 + len(payload), api, 1, correlation) + payload


def _answer(correlation: int, payload: bytes = b"") -> bytes:
    return struct.pack(">ii", 4 + len(payload), correlation) + payload


def _answers(chunk: bytes) -> bytes:
    """What a broker would say to the requests in `chunk`."""
    return b"".join(_answer(struct.unpack(">ihhi", head)[3], b"yes") for _, head in Frames(12).feed(chunk))


def _closed(client: socket.socket) -> bool:
    try:
        return client.recv(10) == b""
    except ConnectionResetError:
        return True


def test_every_byte_is_forwarded(proxy: Proxy) -> None:
    with server(bytes.upper) as port:
        route = proxy.add(Route("echo", ("127.0.0.1", port)))
        with _client(route) as client:
            client.sendall(b"x" * 100_000)
            got = b""
            while len(got) < 100_000:
                got += client.recv(65536)
            assert got == b"X" * 100_000


def test_a_blocked_way_holds_everything_until_it_is_open(proxy: Proxy) -> None:
    with server(bytes.upper) as port:
        route = proxy.add(Route("echo", ("127.0.0.1", port)))
        with _client(route) as client:
            proxy.set("echo", Way.BLOCK)
            client.sendall(b"hello")
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.recv(5)
            proxy.set("echo", Way.OPEN)
            client.settimeout(60)
            assert client.recv(5) == b"HELLO"


def test_a_deaf_way_forwards_and_brings_nothing_back(proxy: Proxy) -> None:
    heard: list[bytes] = []
    hearing = threading.Event()

    def hear(chunk: bytes) -> bytes:
        heard.append(chunk)
        hearing.set()
        return b"heard"

    with server(hear) as port:
        route = proxy.add(Route("echo", ("127.0.0.1", port)))
        proxy.set("echo", Way.DEAF)
        with _client(route) as client:
            client.sendall(b"hello")
            assert hearing.wait(60)
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.recv(5)
    assert heard == [b"hello"]


def test_refused_and_half_open_connections_serve_nobody(proxy: Proxy) -> None:
    with server(bytes.upper) as port:
        route = proxy.add(Route("echo", ("127.0.0.1", port)))
        proxy.set("echo", Way.REFUSE)
        with _client(route) as client:
            assert _closed(client)
        proxy.set("echo", Way.HALF_OPEN)
        with _client(route) as client:
            client.sendall(b"hello")
            client.settimeout(0.2)
            with pytest.raises(TimeoutError):
                client.recv(5)


def test_a_cut_ends_the_connections_that_there_are(proxy: Proxy) -> None:
    with server(bytes.upper) as port:
        route = proxy.add(Route("echo", ("127.0.0.1", port)))
        with _client(route) as client:
            client.sendall(b"a")
            assert client.recv(1) == b"A"
            assert proxy.cut("echo") == 1
            assert _closed(client)


def test_only_the_answer_to_the_chosen_request_is_swallowed(proxy: Proxy) -> None:
    heard: list[bytes] = []

    def hear(chunk: bytes) -> bytes:
        heard.append(chunk)
        return _answers(chunk)

    with server(hear) as port:
        route = proxy.add(Route("kafka", ("127.0.0.1", port), swallow=KafkaAnswer))
        proxy.swallow("kafka", api=PRODUCE)
        with _client(route) as client:
            client.sendall(_request(OFFSET_COMMIT, 7))
            assert client.recv(100) == _answer(7, b"yes")
            client.sendall(_request(PRODUCE, 8, b"records"))
            assert _closed(client)
        assert proxy.swallowed("kafka") == 1
        assert b"records" in b"".join(heard)
        with _client(route) as client:
            client.sendall(_request(PRODUCE, 1))
            assert client.recv(100) == _answer(1, b"yes")


def test_frames_are_found_wherever_the_chunks_are_cut() -> None:
    stream = b"".join(_request(number, number, b"p" * number) for number in range(30))
    for size in (1, 3, 7, 11, 12, 13, 50, len(stream)):
        frames = Frames(12)
        found = [
            struct.unpack(">ihhi", head)[1]
            for at in range(0, len(stream), size)
            for _, head in frames.feed(stream[at : at + size])
        ]
        assert found == list(range(30)), size


def test_the_answer_to_commit_is_swallowed_after_the_server_gave_it(proxy: Proxy) -> None:
    heard: list[bytes] = []

    def hear(chunk: bytes) -> bytes:
        heard.append(chunk)
        return b"done"

    with server(hear) as port:
        route = proxy.add(Route("database", ("127.0.0.1", port), swallow=CommitAnswer))
        proxy.swallow("database")
        with _client(route) as client:
            client.sendall(b"Q\x00\x00\x00\x0cSELECT\x00")
            assert client.recv(10) == b"done"
            client.sendall(b"Q\x00\x00\x00\x0bCOMMIT\x00")
            assert _closed(client)
    assert heard[-1].endswith(b"COMMIT\x00")
    assert proxy.swallowed("database") == 1
