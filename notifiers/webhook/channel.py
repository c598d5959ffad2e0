"""Webhooks over HTTP: one attempt for each call, on a connection of its own, and a report of what came of it.

It follows no redirect, reads no more of an answer than its head, keeps no cookie and asks no proxy.
"""

import asyncio
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, TraceConfig
from aiohttp.abc import AbstractResolver
from yarl import URL

from infra.failpoints import Point, reach
from models.notifications.delivery import SendAttempt, SendOutcome
from notifiers.webhook import classify
from notifiers.webhook.classify import HttpStage, RequestFault
from notifiers.webhook.guard import AddressGuard
from notifiers.webhook.hook import Hook
from notifiers.webhook.secrets import NoSecret, SecretFiles
from notifiers.webhook.settings import WebhookSettings
from notifiers.webhook.sign import headers

AGENT: Final = "Frafaldsvarsel"
_KEPT: Final = 4096


@dataclass
class _Rest:
    """How long an endpoint that failed is left alone."""

    seconds: float = 0.0
    until: float = 0.0


class WebhookChannel:
    """Any number of calls at the same time."""

    def __init__(
        self,
        settings: WebhookSettings,
        secrets: SecretFiles,
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        resolver: Callable[[], AbstractResolver] | None = None,
    ) -> None:
        """`resolver`: another name server than the system's."""
        self._settings = settings
        self._secrets = secrets
        self._clock = clock
        self._steady = steady
        self._resolver = resolver
        self._context: ssl.SSLContext | None = None
        self._rests: dict[str, _Rest] = {}

    async def send(self, mail: Hook) -> SendAttempt:
        """One attempt. Raises nothing but cancellation."""
        rest = self._rests.get(mail.url)
        began = self._steady()
        left = 0.0 if rest is None else rest.until - began
        if left > 0:
            return SendAttempt(
                outcome=SendOutcome.TRY_AGAIN,
                detail="not tried: the endpoint failed just now",
                retry_after=timedelta(seconds=left),
            )
        reach(Point.HOOK_BEFORE)
        attempt = await self._attempt(mail)
        self._note(mail.url, attempt, began)
        return attempt

    async def aclose(self) -> None:
        """Nothing is kept open between attempts."""

    def _note(self, url: str, attempt: SendAttempt, began: float) -> None:
        if attempt.outcome in (SendOutcome.DELIVERED, SendOutcome.REFUSED):
            self._rests.pop(url, None)
            return
        if len(self._rests) >= _KEPT:
            self._rests.clear()
        rest = self._rests.setdefault(url, _Rest())
        if began < rest.until:
            return  # it was under way when another one failed: one outage, one rest
        settings = self._settings
        rest.seconds = min(max(settings.rest_seconds, 2 * rest.seconds), settings.longest_rest_seconds)
        rest.until = self._steady() + rest.seconds

    async def _attempt(self, hook: Hook) -> SendAttempt:
        secure = hook.url.startswith("https:")
        if not secure and not self._settings.plain_http:
            return classify.of_fault(RequestFault.PLAIN_HTTP)
        try:
            secrets = await asyncio.to_thread(self._secrets.of, hook.unit_id)
        except NoSecret:
            return classify.of_fault(RequestFault.UNSIGNED)
        if secure and self._context is None:
            try:
                self._context = await asyncio.to_thread(_tls, self._settings)
            except (OSError, ValueError):
                return classify.of_fault(RequestFault.BAD_CA)
        body = hook.body.encode()
        now = self._clock()
        signed = headers(secrets, webhook_id=str(hook.id), timestamp=int(now), body=body)
        return await self._post(hook.url, signed, body, now)

    async def _post(self, url: str, signed: dict[str, str], body: bytes, now: float) -> SendAttempt:
        guard = AddressGuard(self._settings.networks)
        stage = HttpStage.CONNECT

        async def connected(*_: Any) -> None:
            nonlocal stage
            stage = HttpStage.REQUEST

        async def sent(*_: Any) -> None:
            reach(Point.HOOK_SENT)

        trace = TraceConfig()
        trace.on_request_chunk_sent.append(sent)
        trace.on_connection_create_end.append(connected)
        connector = TCPConnector(
            ssl=self._context or False,
            socket_factory=guard.socket,
            resolver=None if self._resolver is None else self._resolver(),
            force_close=True,
            use_dns_cache=False,
            limit=1,
        )
        try:
            # Not on each step alone: the sum of many short waits has no bound.
            async with (
                asyncio.timeout(self._settings.total_seconds),
                ClientSession(
                    connector=connector,
                    timeout=ClientTimeout(
                        total=None,
                        connect=self._settings.connect_seconds,
                        sock_connect=self._settings.connect_seconds,
                        sock_read=self._settings.answer_seconds,
                    ),
                    cookie_jar=DummyCookieJar(),
                    trust_env=False,
                    auto_decompress=False,
                    trace_configs=[trace],
                ) as session,
                session.post(
                    URL(url, encoded=True),
                    data=body,
                    headers={"content-type": "application/json", "user-agent": AGENT, **signed},
                    allow_redirects=False,
                ) as response,
            ):
                reach(Point.HOOK_ANSWERED)
                status, asked = response.status, response.headers.get("retry-after")
                response.close()  # what else it says is not read, however long it is
        except (ClientError, OSError, ValueError) as fault:  # a TimeoutError is an OSError
            if guard.refused and stage is HttpStage.CONNECT:
                return classify.of_fault(RequestFault.FORBIDDEN)
            if isinstance(fault, ssl.SSLError | ClientError) and stage is HttpStage.CONNECT:
                self._context = None  # an authority's file that was mended is read again
            return classify.of_exception(stage, fault)
        longest = timedelta(seconds=self._settings.longest_retry_after_seconds)
        wait = classify.retry_after(asked, now=datetime.fromtimestamp(now, UTC), longest=longest)
        return classify.of_status(status, wait)


def _tls(settings: WebhookSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
