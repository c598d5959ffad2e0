"""What does not fit the OpenAPI document is said in the caller's words."""

import json

import pytest
from starlette.requests import Request
from starlette.types import Message

from api.body import read_body
from api.problems import ProblemRaised
from api.schemas import ActionRequest


def request(body: object) -> Request:
    """A POST with the body as JSON."""

    async def receive() -> Message:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", b"application/json")]}
    return Request(scope, receive)


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        (
            {"deed": {"kind": "close", "ending": "lapsed"}},
            "#/deed/ending",
            "Input should be 'contact_made' or 'not_reached'",
        ),
        (
            {"deed": {"kind": "take"}, "worker": {"id": "0101011234", "name": "A"}},
            "#/worker/id",
            "holds a number that could be somebody's CPR",
        ),
    ],
)
async def test_a_fault_names_values_and_nothing_of_our_code(body: object, pointer: str, detail: str) -> None:
    with pytest.raises(ProblemRaised) as refused:
        await read_body(ActionRequest, request(body))
    assert [(one.pointer, one.detail) for one in refused.value.errors or ()] == [(pointer, detail)]
