"""The whole service on one machine: broker, database, mail catcher, log-in and our processes, kept between runs.

A child that dies is started again, and whoever asks meanwhile waits for it. All lies in a folder; nothing outlives us.
"""

import fcntl
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from config.command_environments import role_of
from config.database_roles import DatabaseRole
from config.every_environment import EveryEnvironment
from config.reference import units as reference_units
from config.reference.checks.all import sound_reference
from config.senders import base_senders
from config.settings import EnvironmentT, load
from frafaldsvarsel.api_client_setup import ensure_client
from frafaldsvarsel.wiring.common import replication
from infra import topic_admin
from infra.postgres import SyncConnection
from local.demo_users import demo_people, units_of
from local.environment import DATABASE, ROLES, bring_up_database, process_environment, settings_of
from local.made_up_law import confirmed_tables
from local.servers.jars import ensure_jars
from local.servers.kafka import Broker
from local.servers.mail_catcher import Catcher
from local.servers.ports import remembered_ports, write_whole
from local.servers.postgres import Database
from local.servers.process import READY_SECONDS, Server
from local.servers.provider import DemoProvider
from local.supervisor import REST_SECONDS, Children, NotUp, stop_together
from models.calendar import copenhagen_date
from publisher.key_files import ensure_keys, read_sender

log = logging.getLogger(__name__)

__all__ = ["NotUp", "Service"]

_LOOK_SECONDS: Final = 0.25
_BACK_SECONDS: Final = READY_SECONDS + 60
"""How long whoever asks waits for a server that is being started again."""


@dataclass
class Service:
    """Everything that `up` runs."""

    data: Path
    jars: Path | None = None
    workers: int = 1
    beside: Sequence[str] = ("audit", "canary", "lag", "trail")
    """Who watches it: an auditor that also drives again what it misses, a canary every minute, the lag, the trail."""
    pages: bool = True
    """Whether the inbox can be visited, with somebody to log people in."""
    patient: bool = True
    """Whether `running` waits until everything is up, and ends with one after the other. Otherwise it waits until
    messages are taken, see `wait_ready`, and everything ends at once: what has not come to rest comes again."""
    grace_seconds: float = 30.0
    """How long a process may take to end before it is killed, by which nothing is lost."""
    say: Callable[[str], None] = lambda _: None
    _servers: dict[str, Server] = field(default_factory=dict, init=False)
    _watcher: threading.Thread | None = field(default=None, init=False)
    _stopping: threading.Event = field(default_factory=threading.Event, init=False)
    _reviving: threading.Lock = field(default_factory=threading.Lock, init=False)
    """Held while a server is started again: none is half started for whoever holds it."""
    _answered: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.data = self.data.resolve()
        self.data.mkdir(parents=True, exist_ok=True)
        self._children = Children(self.data, self.grace_seconds, self._childs_environment)

    @contextmanager
    def running(self) -> Iterator["Service"]:
        """Start everything, and stop it in the end, whatever happened."""
        try:
            self._start()
            if self.patient:
                self.wait_ready()
            yield self
        finally:
            self._stop()

    @property
    def settings(self) -> EveryEnvironment:
        """What the processes are started with; whatever it names is there."""
        return self.told(EveryEnvironment)

    def told(self, kind: type[EnvironmentT]) -> EnvironmentT:
        """The same as one process, or one command, reads it."""
        self._await_servers()
        return load(kind, self._environment(role_of(kind), kind))

    @property
    def mail_pages(self) -> str:
        """Where a person reads the mails."""
        self._await_servers()
        return self._catcher.pages_url

    @property
    def inbox_pages(self) -> str:
        """Where a unit's people work."""
        return f"http://127.0.0.1:{self._inbox_port}/"

    @property
    def api(self) -> str:
        """Where case systems ask."""
        return f"{self.inbox_pages}api/v1"

    @property
    def metrics_pages(self) -> dict[str, str]:
        """Where each process that is watched serves its metrics, by its name."""
        ports = self._children.metrics_ports
        return {name: f"http://127.0.0.1:{port}/metrics" for name, port in ports.items()}

    def pids(self) -> dict[str, int]:
        """The processes by name, for whoever wants to kill one."""
        servers = {name: server.pid for name, server in self._servers.items()}
        return self._children.pids() | {name: pid for name, pid in servers.items() if pid is not None}

    def wait_ready(self) -> None:
        """Until everything is up, and from then on looked after; raises `NotUp`. More than once does nothing."""
        if self._watcher is not None:
            return
        self._children.wait_ready()
        if self.pages:
            self._provider.wait_ready()
        self._write_addresses()
        self._watcher = threading.Thread(target=self._watch, daemon=True, name="watch")
        self._watcher.start()

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
        tables = confirmed_tables(self.data / "reference", copenhagen_date(datetime.now(UTC)))
        reference = sound_reference(tables)
        people = demo_people(
            [(unit_id, unit.name) for unit_id, unit in reference_units.units_of(reference).items()]
        )
        secret = self.data / "keys" / "inbox.secret"
        self._provider = DemoProvider(self.data / "provider", people, client_secret_file=secret)
        self._inbox_port = remembered_ports(self.data / "inbox.ports.json", ("inbox",))["inbox"]
        workers = ["worker", *(f"worker-{number}" for number in range(2, self.workers + 1))]
        others = ["ledger", "notify", *(["inbox"] if self.pages else []), *self.beside]
        self._children.metrics_ports = remembered_ports(self.data / "metrics.ports.json", workers + others)
        self._servers = {"broker": self._broker, "database": self._database, "mail_catcher": self._catcher}
        if self.pages:
            self._servers["provider"] = self._provider
        with ThreadPoolExecutor() as pool:
            starting = {name: pool.submit(one.start) for name, one in self._servers.items()}
            ensure_keys(self.data, base_senders(reference))
            ensure_client(self.data, units_of(people), self.api)
            starting["mail_catcher"].result()
            self._catcher.wait_ready()
            starting["broker"].result()
            self._broker.wait_ready()
            self._answered = self._broker.pid
            self.say("topics")
            settings = load(EveryEnvironment, self._environment(DatabaseRole.OPERATOR))
            topic_admin.apply(settings.kafka, replication(settings.replication), mac_required=True)
            self.say("processes")
            self._children.start(workers)
            for one in starting.values():
                one.result()
            bring_up_database(self.data, self._database)
        self._children.start(others)

    def _stop(self) -> None:
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        servers = list(self._servers.values())
        if self.patient:
            # The processes first: each finishes what it has begun, and needs the servers for it.
            self._children.stop()
            stop_together(servers)
        else:
            with ThreadPoolExecutor() as pool:
                ended = pool.submit(self._children.stop)
                stop_together(servers)
                ended.result()
        self._hold.close()

    def _childs_environment(self, kind: str) -> dict[str, str]:
        return self._environment(ROLES.get(kind), settings_of(kind))

    def _environment(self, role: DatabaseRole | None, kind: type[Any] | None = None) -> dict[str, str]:
        return process_environment(
            self.data,
            broker=self._broker,
            database=self._database,
            role=role,
            catcher=self._catcher,
            provider=self._provider if self.pages else None,
            inbox_pages=self.inbox_pages,
            canary="canary" in self.beside,
            metrics_pages=self.metrics_pages,
            reference=self.data / "reference",
            kind=kind,
        )

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            try:
                self._look_after()
            except Exception as error:  # whatever it was, the others must still be looked after
                log.error("%s; trying again", error)
                self._stopping.wait(REST_SECONDS[-1])

    def _look_after(self) -> None:
        before, failed = self._told, list[Exception]()
        ways: list[Callable[[], object]] = [partial(self._revive, *one) for one in self._servers.items()]
        for revive in (*ways, self._children.revive):
            try:
                revive()
            except Exception as error:  # one that does not come back must not keep the others away
                failed.append(error)
        if self.pids() != before:
            self._write_addresses()
        if failed:
            raise failed[0]

    def _revive(self, name: str, server: Server) -> None:
        if server.pid is not None or self._stopping.is_set():
            return
        log.warning("the %s ended; starting it again", name.replace("_", " "))
        with self._reviving:
            server.stop()
            server.start()
            if isinstance(server, Catcher | DemoProvider):
                server.wait_ready()

    @property
    def _looked_after(self) -> bool:
        return self._watcher is not None and not self._stopping.is_set()

    def _await_servers(self) -> None:
        """Until none is away. Where nobody looks after them none comes back, and there is nothing to wait for."""
        deadline = time.monotonic() + _BACK_SECONDS
        while self._looked_after and (away := self._away()):
            if time.monotonic() > deadline:
                raise NotUp(f"{', '.join(away)} did not come back in {_BACK_SECONDS:.0f} seconds.")
            time.sleep(0.05)

    def _away(self) -> list[str]:
        with self._reviving:
            away = [name for name, server in self._servers.items() if server.pid is None]
        if not away and (pid := self._broker.pid) != self._answered:
            if not self._broker.answers():
                return ["broker"]
            self._answered = pid
        return away

    def _write_addresses(self) -> None:
        self._told = self.pids()
        addresses = {
            "bootstrap_servers": self._broker.bootstrap,
            "database_url": self._database.url,
            "smtp": f"localhost:{self._catcher.smtp_port}",
            "smtp_ca_file": str(self._catcher.ca_file),
            "mail_catcher": self._catcher.pages_url,
            **({"inbox": self.inbox_pages, "api": self.api} if self.pages else {}),
            "mails": str(self.data / "catcher" / "mail"),
            "keys": str(self.data / "keys"),
            "senders": str(self.data / "senders"),
            "logs": str(self.data / "logs"),
            "metrics": self.metrics_pages,
            "environment": self._environment(DatabaseRole.OPERATOR),
            "database_urls": {role: self._database.url_of(DATABASE, role) for role in DatabaseRole},
            "pids": self._told,
        }
        write_whole(self.data / "addresses.json", json.dumps(addresses, indent=1) + "\n")

    def source_of(self, number: str) -> str:
        """The CloudEvents ``source`` of a sender."""
        return read_sender(self.data, number).source

    def database(self) -> SyncConnection:
        """A connection to the ledger, for whoever counts."""
        return self._database.connect(lambda: self._looked_after, _BACK_SECONDS)
