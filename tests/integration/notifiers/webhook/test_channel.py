"""The channel against endpoints that behave, and against some that do not."""

import asyncio
import hmac
import socket
import ssl
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from models.notifications.delivery import Scope, SendOutcome
from tests.http.server import Answer, Close, Drip, Endless, Endpoint, Raw, Refuse, Silence
from tests.integration.notifiers.hooks import NEW, OLD, a_channel, a_hook, signatures, write_secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    write_secrets(tmp_path / "secrets", OLD)
    return tmp_path / "secrets"


def server_tls(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def mark(secret: bytes, webhook_id: str, timestamp: str, body: bytes) -> str:
    """By the specification's own words, apart from the code."""
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.new(secret, content, sha256).digest()).decode()


async def test_an_endpoint_gets_the_frozen_bytes_under_a_signature_that_fits(secrets: Path) -> None:
    async with Endpoint() as endpoint:
        channel, hook = a_channel(secrets), a_hook(endpoint.url)
        before = int(time.time())
        attempt = await channel.send(hook)
        await channel.aclose()
    (request,) = endpoint.requests
    assert (attempt.outcome, attempt.code) == (SendOutcome.DELIVERED, 200)
    assert request.line == "POST /hook?unit=1 HTTP/1.1"
    assert request.body == hook.body.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == str(hook.id)
    assert before <= int(request.headers["webhook-timestamp"]) <= int(time.time())
    assert signatures(request) == [
        mark(OLD, str(hook.id), request.headers["webhook-timestamp"], request.body)
    ]
    assert "cookie" not in request.headers


async def test_every_attempt_carries_the_same_id_and_body_and_its_own_time(secrets: Path) -> None:
    async with Endpoint([Answer(500)]) as endpoint:
        hook = a_hook(endpoint.url)
        clock = iter([1_000.0, 2_000.0])
        channel = a_channel(secrets)
        channel._clock = lambda: next(clock)
        assert (await channel.send(hook)).outcome is SendOutcome.TRY_AGAIN
        await asyncio.sleep(0.01)
        assert (await channel.send(hook)).outcome is SendOutcome.DELIVERED
    first, second = endpoint.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert [one.headers["webhook-timestamp"] for one in (first, second)] == ["1000", "2000"]
    assert signatures(first) != signatures(second)


async def test_a_secret_is_exchanged_without_a_restart_and_without_a_gap(secrets: Path) -> None:
    async with Endpoint() as endpoint:
        channel = a_channel(secrets)
        for stand in ((OLD,), (NEW, OLD), (NEW,)):
            write_secrets(secrets, *stand)
            assert (await channel.send(a_hook(endpoint.url))).outcome is SendOutcome.DELIVERED
            request = endpoint.requests[-1]
            known = [request.headers["webhook-id"], request.headers["webhook-timestamp"], request.body]
            assert signatures(request) == [mark(one, *known) for one in stand]  # type: ignore[arg-type]


async def test_without_a_secret_nothing_is_sent(tmp_path: Path) -> None:
    async with Endpoint() as endpoint:
        attempt = await a_channel(tmp_path).send(a_hook(endpoint.url))
    assert attempt.outcome is SendOutcome.MISCONFIGURED
    assert attempt.detail == "prepare: no secret of the unit can be read"
    assert endpoint.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(secrets: Path, status: int) -> None:
    async with Endpoint() as other, Endpoint([Answer(status, (("Location", other.url),))]) as endpoint:
        attempt = await a_channel(secrets).send(a_hook(endpoint.url))
    assert (attempt.outcome, attempt.code) == (SendOutcome.MISCONFIGURED, status)
    assert other.connections == 0


async def test_a_wait_that_is_asked_for_is_kept_up_to_a_bound(secrets: Path) -> None:
    async with Endpoint([Answer(429, (("Retry-After", "86400"),))]) as endpoint:
        attempt = await a_channel(secrets, longest_retry_after_seconds=600).send(a_hook(endpoint.url))
    assert attempt.retry_after is not None
    assert attempt.retry_after.total_seconds() == 600


@pytest.mark.parametrize(
    "act",
    [Close(), Silence(), Drip(), Raw(b"what a hook\r\n\r\n"), Raw(b"HTTP/1.1 200\r\nX: " + b"x" * 99999)],
    ids=lambda act: str(act)[:20],
)
async def test_a_request_that_may_have_been_taken_is_never_taken_for_a_no(secrets: Path, act: Any) -> None:
    async with Endpoint([act]) as endpoint:
        started = time.monotonic()
        attempt = await a_channel(secrets, answer_seconds=1, total_seconds=2).send(a_hook(endpoint.url))
        assert time.monotonic() - started < 30
        assert len(endpoint.requests) == 1
    assert (attempt.outcome, attempt.code) == (SendOutcome.INDETERMINATE, None), attempt


async def test_an_endless_answer_is_not_read(secrets: Path) -> None:
    async with Endpoint([Endless()]) as endpoint:
        attempt = await a_channel(secrets).send(a_hook(endpoint.url))
    assert attempt.outcome is SendOutcome.DELIVERED
    assert endpoint.written < 64 * 1024 * 1024


async def test_a_connection_that_ends_before_the_request_or_is_refused_harms_nothing(secrets: Path) -> None:
    async with Endpoint([Refuse()]) as endpoint:
        attempt = await a_channel(secrets).send(a_hook(endpoint.url))
    assert attempt.outcome in (SendOutcome.INDETERMINATE, SendOutcome.TRY_AGAIN)
    attempt = await a_channel(secrets).send(a_hook(endpoint.url))
    assert (attempt.outcome, attempt.scope) == (SendOutcome.TRY_AGAIN, Scope.MAIL)
    assert attempt.detail == "connect: connection refused"


async def test_a_name_that_nobody_knows_is_for_a_person_to_mend(secrets: Path) -> None:
    attempt = await a_channel(secrets).send(a_hook("http://no-such-host.invalid/hook"))
    # A machine without any name server cannot tell a wrong name from its own trouble.
    assert attempt.outcome in (SendOutcome.MISCONFIGURED, SendOutcome.TRY_AGAIN)
    assert attempt.detail == "connect: host name not found"


class TestTls:
    async def test_a_trusted_certificate(self, secrets: Path, authority: trustme.CA, ca_file: Path) -> None:
        async with Endpoint(tls=server_tls(authority)) as endpoint:
            channel = a_channel(secrets, ca_file=ca_file, plain_http=False)
            assert (await channel.send(a_hook(endpoint.url))).outcome is SendOutcome.DELIVERED

    @pytest.mark.parametrize("fault", ["unknown authority", "other name"])
    async def test_a_bad_certificate_gets_nothing(
        self, secrets: Path, authority: trustme.CA, ca_file: Path, fault: str
    ) -> None:
        context = server_tls(
            trustme.CA() if fault == "unknown authority" else authority,
            "other.example.dk" if fault == "other name" else "localhost",
        )
        async with Endpoint(tls=context) as endpoint:
            attempt = await a_channel(secrets, ca_file=ca_file).send(a_hook(endpoint.url))
        assert attempt.outcome is SendOutcome.MISCONFIGURED
        assert attempt.detail == "connect: certificate not trusted"
        assert endpoint.requests == []

    async def test_plain_http_is_refused_unless_it_was_allowed(self, secrets: Path) -> None:
        async with Endpoint() as endpoint:
            attempt = await a_channel(secrets, plain_http=False).send(a_hook(endpoint.url))
        assert attempt.outcome is SendOutcome.MISCONFIGURED
        assert attempt.detail == "prepare: the endpoint is without TLS"
        assert endpoint.connections == 0

    async def test_a_ca_file_that_is_missing_is_read_again_when_it_is_mended(
        self, secrets: Path, authority: trustme.CA, tmp_path: Path
    ) -> None:
        file = tmp_path / "ca.pem"
        async with Endpoint(tls=server_tls(authority)) as endpoint:
            channel = a_channel(secrets, ca_file=file)
            details = [(await channel.send(a_hook(endpoint.url))).detail]
            trustme.CA().cert_pem.write_to_path(str(file))
            await asyncio.sleep(0.01)
            details.append((await channel.send(a_hook(endpoint.url))).detail)
            authority.cert_pem.write_to_path(str(file))
            await asyncio.sleep(0.01)
            details.append((await channel.send(a_hook(endpoint.url))).detail)
        assert details == [
            "prepare: CA file not usable",
            "connect: certificate not trusted",
            "answer: 200",
        ]


class _Rebinding(AbstractResolver):
    """A name server that gives a public address to whoever looks first, and ours to whoever connects."""

    asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        type(self).asked += 1
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


class TestAddresses:
    @pytest.mark.parametrize(
        "host", ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001"]
    )
    async def test_no_loopback_address_however_it_is_written(self, secrets: Path, host: str) -> None:
        async with Endpoint() as endpoint:
            channel = a_channel(secrets, networks=())
            attempt = await channel.send(a_hook(f"http://{host}:{endpoint.port}/hook"))
        assert attempt.outcome in (SendOutcome.MISCONFIGURED, SendOutcome.TRY_AGAIN)
        assert endpoint.connections == 0
        if host in ("localhost", "127.0.0.1", "[::1]"):
            assert attempt.detail == "prepare: the address is not public and was not named"

    async def test_the_address_that_is_connected_to_is_the_one_that_is_judged(self, secrets: Path) -> None:
        """DNS rebinding: what a name meant a moment ago is worth nothing."""
        async with Endpoint() as endpoint:
            url = f"http://fag.example.dk:{endpoint.port}/hook"
            refused = await a_channel(secrets, networks=(), resolver=_Rebinding).send(a_hook(url))
            assert endpoint.connections == 0
            taken = await a_channel(secrets, resolver=_Rebinding).send(a_hook(url))
        assert refused.detail == "prepare: the address is not public and was not named"
        assert taken.outcome is SendOutcome.DELIVERED
        assert _Rebinding.asked == 2


async def test_an_endpoint_that_fails_is_left_alone_for_a_while_and_the_others_are_not(
    secrets: Path,
) -> None:
    steady = [100.0]
    async with Endpoint([Answer(503)] * 2) as bad, Endpoint() as good:
        channel = a_channel(secrets, rest_seconds=10, longest_rest_seconds=15)
        channel._steady = lambda: steady[0]
        assert (await channel.send(a_hook(bad.url))).code == 503
        resting = await channel.send(a_hook(bad.url))
        assert resting.detail == "not tried: the endpoint failed just now"
        assert resting.retry_after is not None
        assert resting.retry_after.total_seconds() == 10
        assert (await channel.send(a_hook(good.url))).outcome is SendOutcome.DELIVERED
        assert bad.connections == 1
        steady[0] += 10.1
        assert (await channel.send(a_hook(bad.url))).code == 503
        steady[0] += 14
        assert (await channel.send(a_hook(bad.url))).code is None  # fifteen seconds this time
        steady[0] += 1.1
        assert (await channel.send(a_hook(bad.url))).outcome is SendOutcome.DELIVERED
        assert (await channel.send(a_hook(bad.url))).outcome is SendOutcome.DELIVERED


async def test_calls_that_fail_together_are_one_failure_and_one_rest(secrets: Path) -> None:
    steady = [100.0]
    async with Endpoint([Answer(503)] * 4) as bad:
        channel = a_channel(secrets, rest_seconds=10, longest_rest_seconds=300)
        channel._steady = lambda: steady[0]
        failed = await asyncio.gather(*(channel.send(a_hook(bad.url)) for _ in range(4)))
        assert [attempt.code for attempt in failed] == [503] * 4
        steady[0] += 10.1
        assert (await channel.send(a_hook(bad.url))).outcome is SendOutcome.DELIVERED


async def test_nothing_that_a_person_reads_repeats_the_address_or_the_secret(secrets: Path) -> None:
    async with Endpoint([Close()]) as endpoint:
        channel = a_channel(secrets)
        attempt = await channel.send(a_hook(endpoint.url))
    assert str(endpoint.port) not in repr(attempt)
    assert "whsec" not in repr(attempt) + repr(channel.__dict__)
