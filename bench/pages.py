"""How long the inbox takes to answer a browser: real requests of people who are logged in, to the real process.

A request's time is that of one person at a time, from its first byte to the last of the answer. The processor's time
is that of the inbox and of its connections' servers; the share says how much of it the database had.
"""

import asyncio
import http.client
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import psycopg

from bench.many_tasks import WHO, units
from config.database_roles import DatabaseRole
from config.environments import InboxEnvironment
from config.key_folder import HeldKeys
from config.reference.checks.all import sound_reference
from config.sections.keys import intake_keys, visit_keys
from config.senders import base_senders
from config.settings import PREFIX, load
from crypto.intake_vault import IntakeVault
from crypto.key_purpose import KeyHolder
from frafaldsvarsel.wiring.inbox import inbox_parts
from inbox.rights import Right, Rights, Role
from infra.postgres import Connection
from ledger.queries.task_list import Filter
from ledger.schema.apply_rights import bring_up
from local.servers.ports import remembered_ports
from local.servers.process import Process, ProcessPlan
from models.events.sensitive_fields import SensitiveFields, sealed_for
from publisher.key_files import ensure_keys

_CALLS: Final = 100
_LOOKS: Final = 30
"""Of two pages: nobody looks more people up within an hour than the pages allow."""
_READY_SECONDS: Final = 60
_CPR: Final = "0101011234"
"""Made up: no such number was issued on that day."""
_NAME: Final = "frafaldsvarsel-inbox"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is logged in."""

    name: str
    units: tuple[str, ...]
    cookie: str
    token: str


class Reader:
    """Asks for pages and takes the times."""

    def __init__(self, port: int, pid: int, database: psycopg.Connection[Any]) -> None:
        self._port = port
        self._pid = pid
        self._database = database
        self.slowest = 0.0

    def say(
        self,
        name: str,
        person: Visitor,
        path: Callable[[], str],
        form: Callable[[], str] | None,
        calls: int = _CALLS,
    ) -> None:
        """One line about a page. `form`: what is posted to it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        headers = {"Cookie": f"frafaldsvarsel={person.cookie}"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        clock, inbox, servers = [], [], []
        for call in range(calls + 10):
            where, body = path(), None if form is None else form()
            before = self._processor()
            began = time.perf_counter()
            connection.request("GET" if form is None else "POST", where, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            taken = (time.perf_counter() - began) * 1000
            after = self._processor()
            if answer.status not in (200, 303):
                raise RuntimeError(f"{where.partition('?')[0]} answered {answer.status}")
            # The first ones prepare statements on each of the connections.
            if call >= 10:
                clock.append(taken)
                inbox.append((after[0] - before[0]) * 1000)
                servers.append((after[1] - before[1]) * 1000)
        connection.close()
        both = [one + other for one, other in zip(inbox, servers, strict=True)]
        cuts, processor = quantiles(clock, n=100), quantiles(both, n=100)
        self.slowest = max(self.slowest, cuts[94])
        sys.stdout.write(
            f"{name + ', ' + person.name:44} clock p50 {cuts[49]:6.1f} p95 {cuts[94]:6.1f}   "
            f"processor p50 {processor[49]:6.1f} p95 {processor[94]:6.1f} ms, "
            f"{100 * sum(servers) / sum(both):3.0f} % in the database\n"
        )
        sys.stdout.flush()

    def _processor(self) -> tuple[float, float]:
        """Seconds that the inbox and the servers of its connections have had so far."""
        return _had(self._pid), sum(map(_had, self._servers()))

    def _servers(self) -> list[int]:
        found = self._database.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = %s", (_NAME,)
        )
        return [pid for (pid,) in found.fetchall()]


def _had(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        return 0.0


async def ask_for_pages(folder: Path, database: str) -> None:
    """Every page, for the case worker of a large unit, the manager of a small one and one who sees all.

    First as the inbox's own role, to which the database shows the rows of the visit alone; then as a superuser, whom
    nothing limits: the same code on the same rows.
    """
    ensure_keys(folder, base_senders(sound_reference()))
    migrate = HeldKeys(folder / "keys" / "service" / KeyHolder.MIGRATE, KeyHolder.MIGRATE)
    await asyncio.to_thread(bring_up, database, visit_keys=visit_keys(migrate))
    for role, url in (
        ("as the inbox", database.replace("//postgres@", f"//{DatabaseRole.INBOX}@")),
        ("as a superuser", database),
    ):
        sys.stdout.write(f"{role}:\n")
        await _ask_all(folder, url, database)


async def _ask_all(folder: Path, url: str, database: str) -> None:
    port = remembered_ports(folder / "ports.json", ("inbox",))["inbox"]
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DATABASE_URL": url,
        "KEYS_DIR": str(folder / "keys" / "service" / "inbox"),
        "SENDERS_DIR": str(folder / "senders"),
        "INBOX_URL": f"http://127.0.0.1:{port}",
        "INBOX_PORT": str(port),
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "OIDC_CLIENT_SECRET": "made-up",
        "READY_FILE": str(folder / "inbox.ready"),
        "TRAIL_WAIT_SECONDS": "0",  # nobody keeps the chain
    }
    environment = {PREFIX + name: value for name, value in values.items()}
    intake = HeldKeys(folder / "keys" / "service" / KeyHolder.INTAKE, KeyHolder.INTAKE)
    intake_vault = intake_keys(intake).vault
    people, references = await _prepare(load(InboxEnvironment, environment), intake_vault, database)
    with _inbox(folder, environment) as process, psycopg.connect(database, autocommit=True) as connection:
        reader = Reader(port, process.pid, connection)
        for person in people:
            await asyncio.to_thread(_ask, reader, person, references[person.units[0]])
        sys.stdout.write(f"the slowest page's p95: {reader.slowest:.0f} ms\n")


def _ask(reader: Reader, person: Visitor, references: list[str]) -> None:
    chance = random.Random(1)
    for each in Filter:
        reader.say(f"list {each}", person, lambda each=each: f"/opgaver?vis={each}", None)  # type: ignore[misc]
    reader.say("is the list still so", person, lambda: "/opgaver/nyt?vis=open", None)
    reader.say("one task", person, lambda: f"/opgaver/{chance.choice(references)}", None)
    reader.say("search by reference", person, lambda: f"/opgaver?q={chance.choice(references)[:7]}", None)
    reader.say(
        "search by CPR",
        person,
        lambda: "/opgaver/soeg",
        lambda: urlencode({"form_token": person.token, "q": _CPR, "purpose": "case_record"}),
        _LOOKS,
    )
    reader.say(
        "open the person",
        person,
        lambda: f"/opgaver/{chance.choice(references)}/person",
        lambda: urlencode({"form_token": person.token, "purpose": "contact_person"}),
        _LOOKS,
    )
    reader.say("the manager's weeks", person, lambda: "/overblik", None)


async def _prepare(
    settings: InboxEnvironment, vault: IntakeVault, database: str
) -> tuple[list[Visitor], dict[str, list[str]]]:
    """Log people in, and let the CPR be somebody's."""
    parts = inbox_parts(settings, sound_reference())
    everybody = units()
    held = {"big": everybody[:1], "small": (everybody[42],), "all": everybody}
    people, references = [], {}
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        for name, theirs in held.items():
            rights = Rights(held=(Right(role=Role.MANAGER, units=theirs),))
            cookie = await parts.sessions.open(
                connection, user_id=f"{WHO} {uuid4()}", user_name="Anna", rights=rights
            )
            session = await parts.sessions.find(connection, cookie)
            if session is None:
                raise RuntimeError("the session is not there")
            people.append(Visitor(name, theirs, cookie, session.form_token))
            found = await connection.execute(
                "SELECT reference FROM tasks WHERE unit_id = %s AND status = 'open' ORDER BY id LIMIT 500",
                (theirs[0],),
            )
            references[theirs[0]] = [reference for (reference,) in await found.fetchall()]
            await _seal(connection, vault, references[theirs[0]])
            await connection.execute(
                "UPDATE tasks SET person_id = %s WHERE reference = ANY(%s)",
                (parts.pseudonyms.person_id(_CPR), references[theirs[0]][:2]),
            )
    return people, references


async def _seal(connection: Connection, vault: IntakeVault, references: list[str]) -> None:
    """What can be opened, in the messages of these tasks."""
    found = await connection.execute(
        "SELECT m.sender, m.message_id, m.person_id FROM messages m JOIN tasks t ON t.id = m.task_id "
        "WHERE t.reference = ANY(%s)",
        (references,),
    )
    content = SensitiveFields(cpr=_CPR, text="Kommer sjældent.", contact={"phone": "+45 70 10 20 30"})
    written = content.model_dump_json().encode()
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "UPDATE messages SET sealed = %s WHERE (sender, message_id, person_id) = (%s, %s, %s)",
            [
                (vault.seal(written, sealed_for(*key), datetime.now(UTC)), *key)
                for key in await found.fetchall()
            ],
        )


@contextmanager
def _inbox(folder: Path, environment: dict[str, str]) -> Iterator[Process]:
    root = Path(__file__).resolve().parents[1]
    (folder / "inbox.ready").unlink(missing_ok=True)
    process = Process(
        ProcessPlan(
            argv=[sys.executable, "-m", "frafaldsvarsel", "inbox"],
            log=folder / "inbox.log",
            env={**environment, "PATH": "", "PYTHONPATH": str(root)},
        )
    )
    try:
        process.wait_for(folder / "inbox.ready", "The inbox", _READY_SECONDS)
        yield process
    finally:
        process.stop()
