"""A running interface with units, clients and tasks, and a client that calls it as a case system does."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from httpx2 import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from api.app import build
from api.dependencies import ApiDependencies
from api.mount import ApiMount
from api.problems import PREFIX
from config.api_clients import ApiClient, ClientRegister, ClientRight, KeptSecret
from crypto.client_secret_hash import hash_secret, new_secret
from crypto.key_purpose import KeyPurpose
from infra.postgres import Pool
from ledger.actions.chain_wait import NO_WAIT
from ledger.actions.perform import Rules
from ledger.queries.visit import ServedConnections
from models.eligibility.decision import Decision
from models.events.sensitive_fields import SensitiveFields, sealed_for
from models.ids import task_id, task_reference
from tests.factories import MADE_UP_CPR, uuid
from tests.integration.ledger.ledger_fixture import Books
from tests.keys import ServiceKeys, made_keys
from tests.unit.ledger.decisions import OTHER_UNIT, POLICY, UNIT, decided

RULES: Final = Rules(
    policy=POLICY, not_reached_after=lambda unit: 2, units=frozenset({UNIT, OTHER_UNIT, "unit-0173"})
)
ANSWERS: Final = {"0101": UNIT, "0147": UNIT, "0751": OTHER_UNIT}
"""Which unit answers for which municipality; none for the others."""
SECRET: Final = new_secret()
_KEPT: Final = KeptSecret(hash=hash_secret(SECRET))
TEXT: Final = "Har ikke været her siden mandag."


def api_client(name: str, *units: str, **changes: Any) -> ApiClient:
    """A client with every right and the tests' secret."""
    fields: dict[str, Any] = {
        "id": name,
        "name": f"Sagssystem {name}",
        "units": units or (UNIT,),
        "rights": tuple(ClientRight),
        "secrets": (_KEPT,),
        "requests_per_minute": 60_000,
    }
    return ApiClient.model_validate(fields | changes)


def write_clients(path: Path, *clients: ApiClient) -> None:
    """The clients' file."""
    lines = ",\n".join(client.model_dump_json() for client in clients)
    path.write_text(f'{{"clients": [{lines}]}}', encoding="utf-8")


@dataclass
class Service:
    """The application on its database."""

    url: str
    file: Path
    pool: Pool
    books: Books
    keyring: ServiceKeys = field(default_factory=made_keys)
    moved: timedelta = timedelta(0)
    """How far the application's clock is ahead."""
    ticks: float = 0
    """Seconds on the clock that the registers and the pace read."""

    def __post_init__(self) -> None:
        if not self.file.exists():
            write_clients(
                self.file,
                api_client("case-system"),
                api_client("other-system", OTHER_UNIT),
                api_client("both-system", UNIT, OTHER_UNIT),
            )
        self.parts = ApiDependencies(
            served=ServedConnections(self.pool, self.keyring.visits[-1]),
            clients=ClientRegister(self.file, RULES.units, clock=lambda: self.ticks),
            tags=self.keyring.tags(KeyPurpose.ACCESS),
            opener=self.keyring.opener,
            page_seal=self.keyring.pages,
            rules=RULES,
            municipalities=("0101", "0147", "0751", "0411"),
            unit_on=lambda code, day: ANSWERS.get(code),
            chained=NO_WAIT,
            clock=lambda: datetime.now(UTC) + self.moved,
            ticks=lambda: self.ticks,
        )
        self.use(self.parts)
        self._serial = count()

    def use(self, parts: ApiDependencies) -> None:
        """Go on with other parts."""
        self.parts = parts
        self.app = Starlette(routes=[ApiMount(build(parts))])

    def http(self, address: str = "192.0.2.1") -> AsyncClient:
        """A client without a token, that calls from `address`."""
        transport = ASGITransport(app=self.app, client=(address, 50_000))
        return AsyncClient(transport=transport, base_url="https://inbox.example" + PREFIX)

    async def caller(self, name: str = "case-system", **form: str) -> "Caller":
        """A client that has logged in."""
        http = self.http()
        response = await http.post(
            "/oauth2/token", data={"grant_type": "client_credentials", **form}, auth=(name, SECRET)
        )
        assert response.status_code == 200, response.text
        http.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
        return Caller(http)

    def message(self, name: str, **changes: Any) -> Decision:
        """A decision whose particulars are sealed as intake seals them."""
        decision = decided(name, **changes)
        message = decision.message
        particulars = SensitiveFields(
            cpr=MADE_UP_CPR, text=TEXT, contact={"name": "Karen Vejleder", "phone": "+45 11223344"}
        )
        purpose = sealed_for(message.sender, message.message_id, message.person_id)
        return decision.model_copy(
            update={
                "sealed": self.keyring.vault.seal(
                    particulars.model_dump_json().encode(), purpose, message.origin.appended_at
                )
            }
        )

    async def task(self, *, unit: str = UNIT, **changes: Any) -> str:
        """The reference of a new task of one message."""
        number = next(self._serial)
        person, enrolment = f"person-{number:019d}", f"enrolment {number}"
        await self.books.project(
            decisions=[
                self.message(f"message {number}", unit=unit, person=person, enrolment=enrolment, **changes)
            ]
        )
        return task_reference(UUID(str(task_id(person, uuid(enrolment), unit, 1))))


@dataclass
class Caller:
    """Calls with a token."""

    http: AsyncClient
    _keys: "count[int]" = field(default_factory=count)

    async def get(self, path: str, **query: Any) -> Response:
        """Read."""
        headers = query.pop("headers", {})
        return await self.http.get(path, params=query, headers=headers)

    async def etag(self, reference: str) -> str:
        """The task's version as it is."""
        return str((await self.get(f"/tasks/{reference}")).headers["ETag"])

    async def do(
        self,
        reference: str,
        deed: dict[str, Any],
        *,
        etag: str | None = "*",
        key: str | None = "",
        **more: Any,
    ) -> Response:
        """A deed: whatever the task's version, under a key of its own, unless said."""
        headers = {}
        if etag is not None:
            headers["If-Match"] = etag
        if key is not None:
            headers["Idempotency-Key"] = key or f"key-{next(self._keys)}"
        return await self.http.post(f"/tasks/{reference}/deeds", json={"deed": deed, **more}, headers=headers)

    async def open(self, reference: str, purpose: str = "contact_person", **more: Any) -> Response:
        """Open the particulars."""
        return await self.http.post(f"/tasks/{reference}/open", json={"purpose": purpose, **more})


def problem(response: Response) -> str:
    """The code of the problem that came."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    body = response.json()
    assert body["status"] == response.status_code
    assert body["title"]
    assert body["detail"]
    return str(body["type"]).removeprefix(f"{PREFIX}/problems/")
