"""What a request says of its own length is never trusted, and never a fault of ours."""

from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from api.limits import MOST_BYTES, Limits


async def _taken(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("taken")(scope, receive, send)


async def status(length: str, body: bytes = b"") -> int:
    """Of the answer to a body that is said to be so long."""
    told: list[Message] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", length.encode())]}
    await Limits(_taken)(scope, receive, send)
    return int(told[0]["status"])


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("0", 200),
        (str(MOST_BYTES), 200),
        ("0000000016", 200),
        (str(MOST_BYTES * 10), 413),
        ("9" * 5_000, 413),
        ("\u0663", 413),
        ("-1", 413),
        ("1e3", 413),
        ("", 413),
    ],
)
async def test_a_length_of_any_form_is_answered(length: str, expected: int) -> None:
    assert await status(length) == expected


async def test_a_body_that_is_longer_than_it_says_is_not_taken() -> None:
    assert await status("1", b"x" * (MOST_BYTES + 1)) == 413
