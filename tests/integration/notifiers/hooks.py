"""Webhooks, their channel and their secrets, for the notifier's tests."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID, uuid4

from aiohttp.abc import AbstractResolver

from notifiers.webhook.channel import WebhookChannel
from notifiers.webhook.hook import Hook, body_of
from notifiers.webhook.secrets import SecretFiles
from notifiers.webhook.settings import WebhookSettings
from tests.http.server import Request
from tests.integration.notifiers.builders import UNIT

OLD, NEW = bytes(range(24)), bytes(range(32))
LOOPBACK = ip_network("127.0.0.0/8")


def text_of(secret: bytes) -> str:
    return f"whsec_{b64encode(secret).decode()}"


def write_secrets(directory: Path, *secrets: bytes, unit: str = UNIT) -> None:
    directory.mkdir(exist_ok=True)
    (directory / unit).write_text("".join(f"{text_of(one)}\n" for one in secrets), encoding="ascii")


def a_hook(url: str, *, unit_id: str = UNIT, id: UUID | None = None) -> Hook:
    body = body_of("task.new", datetime(2026, 10, 2, tzinfo=UTC), {"task": "FV-7K3M-92QD-0001", "unit": UNIT})
    return Hook(id=id or uuid4(), url=url, unit_id=unit_id, body=body)


def a_channel(
    secrets: Path, *, resolver: Callable[[], AbstractResolver] | None = None, **changes: object
) -> WebhookChannel:
    values: dict[str, object] = {
        "networks": (LOOPBACK,),
        "plain_http": True,
        "connect_seconds": 30,
        "answer_seconds": 30,
        "total_seconds": 60,
        "rest_seconds": 0.001,
        "longest_rest_seconds": 0.001,
    }
    settings = WebhookSettings.model_validate({**values, **changes})
    return WebhookChannel(settings, SecretFiles(secrets), resolver=resolver)


def signatures(request: Request) -> list[str]:
    return request.headers["webhook-signature"].split(" ")
