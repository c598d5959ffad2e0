"""Anna of Copenhagen before the real application, and made-up people whose CPR she may look up."""

from dataclasses import dataclass

import httpx2
from psycopg.types.json import Jsonb

from inbox.dependencies import InboxDependencies
from infra.postgres import Connection
from models.ids import task_reference
from tests.integration.ledger.task_rows import add_task

ADDRESS = "http://127.0.0.1:1"
COPENHAGEN, AARHUS = "jc-0101", "jc-0751"
CPR = "0101011234"
"""Made up: no such number was issued on that day."""
NOBODY = "0202021234"
"""As made up."""


@dataclass
class Desk:
    """Anna of Copenhagen before the real application, and a look behind it."""

    person: httpx2.AsyncClient
    connection: Connection
    parts: InboxDependencies
    token: str

    async def task(self, cpr: str = CPR, **changes: object) -> str:
        """Adds one; returns its reference."""
        fields = {"unit_id": COPENHAGEN, "person_id": self.parts.pseudonyms.person_id(cpr)} | changes
        return task_reference(await add_task(self.connection, **fields))

    async def search(
        self, typed: str, *, token: str | None = None, purpose: str = "contact_person"
    ) -> httpx2.Response:
        """What the form sends."""
        sent = {"q": typed, "purpose": purpose, "form_token": self.token if token is None else token}
        return await self.person.post("/opgaver/soeg", data=sent)

    async def noted(self) -> list[tuple[object, ...]]:
        """What stands of searches: whose task, by whom, and the pseudonym where there is no task."""
        found = await self.connection.execute(
            "SELECT t.reference, a.detail ->> 'by_id', a.detail ->> 'person_id' FROM audit a "
            "LEFT JOIN tasks t ON t.id = a.task_id WHERE a.kind = 'found_by_cpr' ORDER BY a.id"
        )
        return await found.fetchall()


async def looks(desk: Desk, number: int, *, by: str = "anna", minutes_ago: int = 1) -> None:
    """So many that `by` has opened, a while ago."""
    await desk.connection.execute(
        "INSERT INTO audit (at, kind, detail) "
        "SELECT now() - make_interval(mins => %s) - n * interval '1 ms', 'opened', %s FROM generate_series(1, %s) n",
        (minutes_ago, Jsonb({"by_id": by, "via": "page", "units": [COPENHAGEN]}), number),
    )
