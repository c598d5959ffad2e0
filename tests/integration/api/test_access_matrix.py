"""Every endpoint of the document × every right × own and foreign unit × no log-in: made from the document itself."""

from dataclasses import dataclass
from typing import Any, Final

import pytest

from api.app import build
from config.api_clients import ClientRight
from crypto.client_secret_hash import new_secret
from tests.integration.api.callers import SECRET, Service, api_client, write_clients
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
_TOKEN: Final = "/oauth2/token"
BODIES: Final[dict[str, dict[str, Any]]] = {
    "/tasks/{reference}/deeds": {"deed": {"kind": "take"}},
    "/tasks/{reference}/open": {"purpose": "contact_person"},
}


@dataclass(frozen=True)
class Endpoint:
    """One of the document's."""

    method: str
    path: str
    right: str | None
    """None: for everybody."""

    @property
    def of_a_task(self) -> bool:
        return "{reference}" in self.path


def endpoints(service: Service) -> list[Endpoint]:
    """All of them, but the token's, which is tried with its own tests."""
    found = []
    for path, methods in build(service.parts).openapi()["paths"].items():
        for method, described in methods.items():
            if method not in _METHODS or path == _TOKEN:
                continue
            scopes = [scope for one in described.get("security", ()) for scope in one.get("client", ())]
            assert len(scopes) <= 1, path
            found.append(Endpoint(method, path, scopes[0] if scopes else None))
    assert len(found) > 9
    return found


async def ask(service: Service, endpoint: Endpoint, reference: str, token: str | None) -> tuple[int, str]:
    headers = {"Idempotency-Key": "key-1", "If-Match": "*"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    path = endpoint.path.replace("{reference}", reference).replace("{code}", "no-such-task")
    body = BODIES.get(endpoint.path) if endpoint.method == "post" else None
    async with service.http() as http:
        answer = await http.request(endpoint.method, path, headers=headers, json=body)
    return answer.status_code, answer.text


async def token(service: Service, client: str) -> str:
    async with service.http() as http:
        answer = await http.post(_TOKEN, data={"grant_type": "client_credentials"}, auth=(client, SECRET))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


@pytest.fixture
def clients(service: Service) -> dict[tuple[str, str], str]:
    """A client for each right and unit, by both."""
    made = {
        (right.value, unit): f"client-{number}-{unit}"
        for number, right in enumerate(ClientRight)
        for unit in (UNIT, OTHER_UNIT)
    }
    write_clients(
        service.file, *(api_client(name, unit, rights=(right,)) for (right, unit), name in made.items())
    )
    service.ticks += 60
    return made


async def test_nobody_gets_anything_without_a_token_that_holds(
    service: Service, clients: dict[tuple[str, str], str]
) -> None:
    reference = await service.task()
    good = await token(service, clients[ClientRight.READ, UNIT])
    for endpoint in endpoints(service):
        for bad in (None, "", "x", new_secret(), good[:-2], good.swapcase()):
            status, text = await ask(service, endpoint, reference, bad)
            assert status == (401 if endpoint.right else 200), (endpoint, bad)
            assert reference not in text


async def test_a_right_opens_its_endpoints_and_no_others(
    service: Service, clients: dict[tuple[str, str], str]
) -> None:
    reference = await service.task()
    for right in ClientRight:
        held = await token(service, clients[right, UNIT])
        for endpoint in endpoints(service):
            status, text = await ask(service, endpoint, reference, held)
            if endpoint.right in (None, right):
                assert status == 200, (endpoint, right, text)
            else:
                assert status == 403, (endpoint, right, text)
                assert reference not in text


async def test_another_units_client_finds_nothing_and_changes_nothing(
    service: Service, clients: dict[tuple[str, str], str]
) -> None:
    reference = await service.task()
    tried = 0
    for right in ClientRight:
        held = await token(service, clients[right, OTHER_UNIT])
        for endpoint in endpoints(service):
            if endpoint.right != right:
                continue
            status, text = await ask(service, endpoint, reference, held)
            assert status == (404 if endpoint.of_a_task else 200), (endpoint, text)
            assert reference not in text
            tried += 1
    assert tried > 5
    assert await service.books.rows("SELECT count(*) FROM acts") == [(0,)]
    assert await service.books.rows(
        "SELECT count(*) FROM audit WHERE kind IN ('opened', 'looked_at', 'found_by_cpr')"
    ) == [(0,)]
