"""The inbox as people meet it: its own process, a real database, and the OpenID provider of the demo."""

import asyncio
import os
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import psycopg

from config.api_clients import ApiClient, ClientRight, KeptSecret
from config.reference.units import units_of
from config.senders import base_senders
from config.settings import PREFIX
from crypto.client_secret_hash import hash_secret, new_secret
from frafaldsvarsel.wiring import ledger as ledger_wiring
from infra.health import Health
from infra.watch_server import WatchServer
from ledger.schema.migrate import migrate
from local.demo_users import demo_people
from local.servers.ports import remembered_ports
from local.servers.process import Process, ProcessPlan
from local.servers.provider import DemoProvider
from models.calendar import copenhagen_date
from publisher.key_files import ensure_keys
from tests.browser.releases import release
from tests.browser.world import COPENHAGEN, World, an_autumn, now
from tests.keys import stored_keys
from tests.paths import ROOT
from tests.reference import SHIPPED, copy_reference
from tests.service_metrics import troubled

API_SECRET: Final = new_secret()


@dataclass(frozen=True)
class Place:
    """Where the inbox is, and what it was started with."""

    address: str
    environment: Mapping[str, str]
    database: str
    data: Path


@contextmanager
def inbox(data: Path, database: str) -> Iterator[Place]:
    """Provider and inbox, up until the block ends; `database` is empty and becomes an autumn. Beside it a service in
    trouble serves its metrics, but for its worker, which is away."""
    with ExitStack() as serving:
        servers = {name: WatchServer(0, served, Health()) for name, served in troubled().items()}
        for one in servers.values():
            serving.callback(one.stop)
        pages = {name: f"http://127.0.0.1:{one.port}/metrics" for name, one in servers.items()}
        with _inbox(data, database, {"worker": "http://127.0.0.1:1/metrics"} | pages) as place:
            yield place


@contextmanager
def _inbox(data: Path, database: str, metrics: Mapping[str, str]) -> Iterator[Place]:
    ensure_keys(data, base_senders(SHIPPED))
    secret = data / "keys" / "inbox.secret"
    people = demo_people([(unit_id, unit.name) for unit_id, unit in units_of(SHIPPED).items()])
    provider = DemoProvider(data / "provider", people, client_secret_file=secret)
    port = remembered_ports(data / "ports.json", ("inbox",))["inbox"]
    address = f"http://127.0.0.1:{port}"
    provider.start()
    try:
        provider.wait_ready()
        # Soon, whatever the day: managers see the warning, and axe with them.
        law_ends = copenhagen_date(now()) + timedelta(days=30)
        clients = data / "clients.json"
        client = ApiClient(
            id="case-system",
            name="Case system",
            units=(COPENHAGEN,),
            rights=tuple(ClientRight),
            secrets=(KeptSecret(hash=hash_secret(API_SECRET)),),
        )
        clients.write_text(
            '{"clients": [' + client.model_dump_json(exclude_none=True) + "]}", encoding="utf-8"
        )
        environment = {
            PREFIX + name: value
            for name, value in {
                "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
                "DATABASE_URL": database,
                "KEYS_DIR": str(data / "keys" / "service" / "inbox"),
                "SENDERS_DIR": str(data / "senders"),
                "REFERENCE_DIR": str(copy_reference(data / "reference", law_ends)),
                "INBOX_URL": address,
                "INBOX_PORT": str(port),
                "OIDC_ISSUER": provider.issuer,
                "OIDC_CLIENT_SECRET_FILE": str(secret),
                "API_CLIENTS_FILE": str(clients),
                "OPERATOR_METRICS_ADDRESSES": ",".join(f"{name}={page}" for name, page in metrics.items()),
                "READY_FILE": str(data / "inbox.ready"),
            }.items()
        }
        # In a thread: Playwright has a loop of its own in this one.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: asyncio.run(_fill(database, data))).result()
        process = _start(data, environment)
        try:
            yield Place(address, environment, database, data)
        finally:
            process.stop()
    finally:
        provider.stop()


def _start(data: Path, environment: Mapping[str, str]) -> Process:
    root = ROOT
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = Process(
        ProcessPlan(
            argv=[sys.executable, "-m", "frafaldsvarsel", "inbox"],
            log=data / "inbox.log",
            env={**inherited, **environment, "PYTHONPATH": str(root)},
        )
    )
    deadline = time.monotonic() + 60
    while not (data / "inbox.ready").exists():
        process.check_running("The inbox")
        if time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(process.log_tail())
        time.sleep(0.05)
    return process


async def _fill(database: str, data: Path) -> None:
    await migrate(database)
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        world = World(connection, stored_keys(data).vault, ledger_wiring.rules(SHIPPED), now())
        await an_autumn(world)
    release(database)
