"""The whole service on one machine: broker, database, mail catcher, log-in and our processes, kept between runs.

A child that dies is started again, as an orchestrator would. Everything lies in one folder, and nothing outlives us.
"""

import fcntl
import json
import logging
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg

from config.senders import base_senders
from config.settings import PREFIX, Settings, load
from config.units import load_units
from frafaldsvarsel import compose
from frafaldsvarsel.demo_people import demo_people, units_of
from frafaldsvarsel.embedded.catcher import Catcher
from frafaldsvarsel.embedded.jars import ensure_jars
from frafaldsvarsel.embedded.kafka import Broker
from frafaldsvarsel.embedded.ports import remembered_ports
from frafaldsvarsel.embedded.postgres import Database
from frafaldsvarsel.embedded.process import Plan, Process
from frafaldsvarsel.embedded.provider import CLIENT_ID, DemoProvider
from frafaldsvarsel.local_client import clients_file, ensure_client
from ops import topics
from publisher.local_keys import ensure_keys, read_sender

log = logging.getLogger(__name__)

_ARGUMENTS: Final = {"audit": ("--heal", "--watch", "20")}
_YIELDING: Final = {"notify": "5", "inbox": "5", "audit": "10", "canary": "10"}
"""On one machine a mail can wait for the books, and counting them for both."""
_UNAWAITED: Final = frozenset({"audit", "canary"})
"""The service takes messages without them."""
_READY_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 0.25
_REST_SECONDS: Final = (0.0, 0.5, 2.0, 5.0)
_CALM_SECONDS: Final = 30.0


class NotUp(RuntimeError):
    """The service did not come up; the message says which part and where its log is."""


@dataclass
class _Child:
    """One of our processes and how often it has died lately."""

    name: str
    process: Process | None = None
    started: float = 0.0
    deaths: int = 0
    rest_until: float = 0.0


@dataclass
class Service:
    """Everything that `up` runs."""

    data: Path
    jars: Path | None = None
    workers: int = 1
    audit: bool = True
    """Whether an auditor runs beside it, and drives again what it misses."""
    canary: bool = True
    """Whether a canary is sent every minute."""
    grace_seconds: float = 30.0
    """How long a process may take to end before it is killed, by which nothing is lost."""
    say: Callable[[str], None] = lambda _: None
    _children: dict[str, _Child] = field(default_factory=dict, init=False)
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self.data = self.data.resolve()
        self.data.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def running(self) -> Iterator["Service"]:
        """Start everything, and stop it in the end, whatever happened."""
        try:
            self._start()
            yield self
        finally:
            self._stop()

    @property
    def settings(self) -> Settings:
        """What the processes are started with."""
        return load(self._environment())

    @property
    def mail_pages(self) -> str:
        """Where a person reads the mails."""
        return self._catcher.pages_url

    @property
    def inbox_pages(self) -> str:
        """Where a unit's people work."""
        return f"http://127.0.0.1:{self._inbox_port}/"

    @property
    def api(self) -> str:
        """Where case systems ask."""
        return f"{self.inbox_pages}api/v1"

    def pids(self) -> dict[str, int]:
        """The processes by name, for whoever wants to kill one."""
        known = {
            name: child.process.pid for name, child in self._children.items() if child.process is not None
        }
        servers = {
            "broker": self._broker.pid,
            "database": self._database.pid,
            "mail_catcher": self._catcher.pid,
            "provider": self._provider.pid,
        }
        return known | {name: pid for name, pid in servers.items() if pid is not None}

    def _start(self) -> None:
        self._hold = (self.data / "lock").open("w")
        try:
            fcntl.flock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotUp(
                f"A service runs in {self.data} already; stop it, or choose another folder."
            ) from None
        self.say("broker, database, mail catcher")
        self._broker = Broker(self.data / "kafka", ensure_jars() if self.jars is None else self.jars)
        self._database = Database(self.data / "postgres")
        self._catcher = Catcher(self.data / "catcher")
        people = demo_people([(unit_id, unit.name) for unit_id, unit in load_units().items()])
        secret = self.data / "keys" / "inbox.secret"
        self._provider = DemoProvider(self.data / "provider", people, client_secret_file=secret)
        self._inbox_port = remembered_ports(self.data / "inbox.ports.json", ("inbox",))["inbox"]
        servers = (self._broker, self._database, self._catcher, self._provider)
        with ThreadPoolExecutor() as pool:
            starting = [pool.submit(one.start) for one in servers]
            ensure_keys(self.data, base_senders())
            ensure_client(self.data, units_of(people), self.api)
            for one in starting:
                one.result()
        self._catcher.wait_ready()
        self._provider.wait_ready()
        self._broker.wait_ready()
        self.say("topics")
        settings = self.settings
        topics.apply(settings.kafka, compose.replication(settings))
        opening = threading.Thread(target=self._broker.open_groups, daemon=True, name="groups")
        opening.start()
        self.say("processes")
        names = [*(f"worker-{number}" for number in range(2, self.workers + 1))]
        watching = [name for name, wanted in (("audit", self.audit), ("canary", self.canary)) if wanted]
        self._children = {
            name: _Child(name) for name in ("worker", *names, "ledger", "notify", "inbox", *watching)
        }
        for child in self._children.values():
            self._launch(child)
        opening.join()
        self._await_ready()
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="watch")
        self._watcher.start()
        self._write_addresses()

    def _stop(self) -> None:
        self._stopping.set()
        if hasattr(self, "_watcher"):
            self._watcher.join()
        with self._lock:
            processes = [child.process for child in self._children.values() if child.process is not None]
        servers = [
            getattr(self, name)
            for name in ("_provider", "_catcher", "_database", "_broker")
            if hasattr(self, name)
        ]
        # The processes first: each finishes what it has begun, and needs the servers for it.
        for together in (processes, servers):
            with ThreadPoolExecutor() as pool:
                for stopping in [pool.submit(one.stop) for one in together]:
                    stopping.result()
        self._hold.close()

    def _environment(self) -> dict[str, str]:
        """The settings of every process; what tells one from another is added at its launch."""
        keys = self.data / "keys"
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self._broker.bootstrap,
            "REPLICATION_FACTOR": "1",
            "MIN_INSYNC_REPLICAS": "1",
            "DATABASE_URL": self._database.url,
            "KEYRING_FILE": str(keys / "service.key.json"),
            "SENDERS_DIR": str(self.data / "senders"),
            "WORKER_DATA_DIR": str(self.data / "worker"),
            "SESSION_TIMEOUT_SECONDS": "6",
            "GRACE_SECONDS": "20",
            "AUDIT_FILE": str(self.data / "audit.notes"),
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(self._catcher.smtp_port),
            "SMTP_CA_FILE": str(self._catcher.ca_file),
            "MAIL_FROM": "frafaldsvarsel@frafaldsvarsel.example",
            "INBOX_URL": self.inbox_pages.rstrip("/"),
            "INBOX_PORT": str(self._inbox_port),
            "OIDC_ISSUER": self._provider.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET_FILE": str(keys / "inbox.secret"),
            "API_CLIENTS_FILE": str(clients_file(self.data)),
        }
        values["CANARY_KEYS_DIR"] = str(keys)
        if self.canary:
            values["CANARY_SECONDS"] = "60"
        return {PREFIX + name: value for name, value in values.items()}

    def _launch(self, child: _Child) -> None:
        kind, _, number = child.name.partition("-")
        ready = self._ready_file(child.name)
        ready.unlink(missing_ok=True)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environment = self._environment() | {
            PREFIX + "READY_FILE": str(ready),
            PREFIX + "INSTANCE": f"up-{number or 1}",
        }
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
        child.process = Process(
            Plan(
                argv=[
                    *_nice(kind),
                    sys.executable,
                    "-m",
                    "frafaldsvarsel",
                    kind,
                    *_ARGUMENTS.get(kind, ()),
                ],
                log=self.data / "logs" / f"{child.name}.log",
                env=inherited | environment,
                grace_seconds=self.grace_seconds,
            )
        )
        child.started = time.monotonic()

    def _ready_file(self, name: str) -> Path:
        return self.data / f"{name}.ready"

    def _await_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        for child in self._children.values():
            if child.name in _UNAWAITED:
                continue
            while not self._ready_file(child.name).exists():
                process = child.process
                if process is not None and process.exit_code is not None:
                    raise NotUp(
                        f"{child.name} ended with exit code {process.exit_code}. {process.log_tail()}"
                    )
                if time.monotonic() > deadline:
                    tail = "" if process is None else process.log_tail()
                    raise NotUp(f"{child.name} was not ready in {_READY_SECONDS:.0f} seconds. {tail}")
                time.sleep(0.05)

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self._look_after()
            except Exception as error:  # whatever it was, the others must still be looked after
                log.error("%s; trying again", error)
                self._stopping.wait(_REST_SECONDS[-1])

    def _look_after(self) -> None:
        changed = self._revive_servers()
        with self._lock:
            for child in self._children.values():
                changed |= self._revive(child)
        if changed:
            self._write_addresses()

    def _revive(self, child: _Child) -> bool:
        now = time.monotonic()
        if child.process is not None and child.process.exit_code is not None:
            code = child.process.wait()
            child.process = None
            calm = now - child.started > _CALM_SECONDS
            child.deaths += 1
            rest = 0.0 if calm else _REST_SECONDS[min(child.deaths - 1, len(_REST_SECONDS) - 1)]
            child.rest_until = now + rest
            log.warning("%s ended with exit code %d; starting it again", child.name, code)
        if child.process is None and now >= child.rest_until and not self._stopping.is_set():
            self._launch(child)
            return True
        return False

    def _revive_servers(self) -> bool:
        changed = False
        for name, server in (
            ("broker", self._broker),
            ("database", self._database),
            ("mail catcher", self._catcher),
            ("OpenID provider", self._provider),
        ):
            if server.pid is None and not self._stopping.is_set():
                log.warning("the %s ended; starting it again", name)
                server.stop()
                server.start()
                if isinstance(server, Catcher | DemoProvider):
                    server.wait_ready()
                changed = True
        return changed

    def _write_addresses(self) -> None:
        addresses = {
            "bootstrap_servers": self._broker.bootstrap,
            "database_url": self._database.url,
            "smtp": f"localhost:{self._catcher.smtp_port}",
            "smtp_ca_file": str(self._catcher.ca_file),
            "mail_catcher": self._catcher.pages_url,
            "inbox": self.inbox_pages,
            "api": self.api,
            "mails": str(self.data / "catcher" / "mail"),
            "keys": str(self.data / "keys"),
            "senders": str(self.data / "senders"),
            "logs": str(self.data / "logs"),
            "environment": self._environment(),
            "pids": self.pids(),
        }
        file = self.data / "addresses.json"
        part = file.with_name("addresses.json.part")
        part.write_text(json.dumps(addresses, indent=1) + "\n", encoding="utf-8")
        part.replace(file)

    def source_of(self, number: str) -> str:
        """The CloudEvents ``source`` of a sender."""
        return read_sender(self.data, number).source

    def database(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection to the ledger, for whoever counts."""
        return psycopg.connect(self._database.url, autocommit=True)


def _nice(kind: str) -> tuple[str, ...]:
    """The words before a command that lower its priority, where the machine has them."""
    nice = shutil.which("nice")
    return () if nice is None or kind not in _YIELDING else (nice, "-n", _YIELDING[kind])
