"""HEAD is GET without a body, and the interface's own address says where everything is."""

import pytest

from api.app import document
from api.problems import PREFIX
from tests.integration.api.callers import Service


async def test_head_answers_as_get_does_without_a_body(service: Service) -> None:
    reference = await service.task()
    caller = await service.caller()
    read = [path for path, found in document()["paths"].items() if "get" in found]
    assert len(read) > 7
    for path in [*read, "/openapi.json", "/tasks?filter=everything", "/nowhere"]:
        address = path.format(reference=reference, code="away")
        got, head = await caller.http.get(address), await caller.http.head(address)
        assert head.status_code == got.status_code, address
        assert head.headers == got.headers, address
        assert got.content, address
        assert head.content == b"", address


async def test_head_costs_a_token_too_and_knows_the_version_that_one_has(service: Service) -> None:
    reference = await service.task()
    nobody, caller = service.http(), await service.caller()
    assert (await nobody.head(f"/tasks/{reference}")).status_code == 401
    known = {"If-None-Match": await caller.etag(reference)}
    assert (await caller.http.head(f"/tasks/{reference}", headers=known)).status_code == 304


async def test_where_there_is_get_allow_names_head(service: Service) -> None:
    http = service.http()
    assert (await http.delete("/tasks")).headers["Allow"] == "HEAD, GET"
    refused = await http.head("/oauth2/token")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["", "/"])
async def test_the_interfaces_own_address_leads_to_everything_without_a_token(
    service: Service, path: str
) -> None:
    http = service.http()
    answer = await http.get(f"https://inbox.example{PREFIX}{path}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    places = answer.json()
    assert places["tasks"] == f"{PREFIX}/tasks"
    for name, address in places.items():
        found = await http.get(f"https://inbox.example{address}")
        expected = {"openapi": 200, "problems": 200, "token": 405}.get(name, 401)
        assert found.status_code == expected, name
