"""The real service on real servers, each behind a proxy: what a cell loads, injures, heals and waits for.

The judge and the load reach the servers on ways of their own, so what they see and say is never part of a fault.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import psycopg

from config.command_environments import role_of
from config.database_roles import DatabaseRole
from config.every_environment import EveryEnvironment
from config.key_environment import least_keys
from config.reference.days_off import days_off_of
from config.reference.law import law_of
from config.reference.units import DEFAULT_WORKING_DAYS, react_by_of, units_of
from config.senders import base_senders
from config.settings import PREFIX, load, variables_of
from config.topics import PERSON_PARTITIONS, TOPICS
from infra import topic_admin
from ledger.schema.apply_rights import bring_up
from local.environment import ROLES, settings_of, visits_of
from local.servers.cluster import Cluster
from local.servers.ports import remembered_ports
from local.servers.postgres import SOCKET, Database
from publisher.key_files import ensure_keys
from publisher.keys import read_key
from streams.settings import GROUP
from tests.faults import rights
from tests.faults.admin import Admin, AdminError, At
from tests.faults.brokers import one_broker, trusting
from tests.faults.children import Children
from tests.faults.client_certificates import ClientCertificates
from tests.faults.disk import remove_disk, small_disk
from tests.faults.kafka_log import NotDrained, places
from tests.faults.process_settings import usual
from tests.faults.proxy import CommitAnswer, KafkaAnswer, Proxy, Route
from tests.faults.publish import Publisher
from tests.faults.reference_rules import Rules
from tests.faults.relay import Relay
from tests.faults.under_way import READ, under_way
from tests.faults.workload import SENDERS, Keys, Load, Sent
from tests.reference import SHIPPED
from tests.unit.models.eligibility.histories import plain_law

EnvironmentT = TypeVar("EnvironmentT")
KAFKA: Final = "kafka"
DATABASE: Final = "database"
SMTP: Final = "smtp"
WORKERS: Final = ("worker-1", "worker-2")
LEDGERS: Final = ("ledger-1", "ledger-2")
NOTIFIERS: Final = ("notify-1", "notify-2")
_POLL_SECONDS: Final = 0.15
_TRIES: Final = 20
_TRUSTED_ANEW: Final = b"Created new SERVER SSL engine builder"
_THREADS_THAT_TRUST: Final = 2
_TRUST_SECONDS: Final = 60.0
_LONGEST_DRAIN_SECONDS: Final = 75.0


class NoDisk(RuntimeError):
    """This machine lets nobody make a disk that is small."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Where everything stood when a cell began: what came later is the cell's."""

    ends: Mapping[tuple[str, int], int]
    audit: int
    began: datetime
    logs: Mapping[Path, int]


class Rig:
    """`with Rig(folder) as rig` starts everything; nodes=3 is a cluster, whose clients go without a proxy.

    `users`: each kind of process has a certificate, a name and a password at the broker, and no right but its own.
    """

    def __init__(
        self,
        data: Path,
        jars: Path,
        *,
        nodes: int = 1,
        small_disks: bool = False,
        users: bool = False,
        seed: int = 1,
    ) -> None:
        self.data = data.resolve()
        self.nodes = nodes
        self.seed = seed
        self.small_disks = small_disks
        self.users = users
        self._kafka_ca = self.data / "kafka.pem"
        self._jars = jars
        self._stack = ExitStack()
        self.markers: set[tuple[str, int, int]] = set()
        """Offsets that hold no record, but a transaction's marker or nothing any more: nobody commits them."""
        self.people_partitions = PERSON_PARTITIONS
        """How many those topics have that have grown."""
        self.patience = 150.0
        """Seconds until what is still under way counts as stuck."""
        self.environment_more: dict[str, str] = {}
        """Settings that differ from the usual, without the prefix; for processes that are started from now on."""

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _open(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        if self.small_disks:
            self._make_disks()
        self.proxy = self._stack.enter_context(Proxy())
        self.relay = self._stack.enter_context(Relay())
        self.relay.write_ca(self.data / "relay.pem")
        self._start_kafka()
        self.database = Database(self.data / "postgres")
        self.database.start()
        self._stack.callback(lambda: self.database.stop())
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE faults")
        socket = Path(self.database.url.rpartition("host=")[2].replace("%2F", "/")) / SOCKET
        self.proxy.add(Route(DATABASE, socket, swallow=CommitAnswer))
        self.proxy.add(Route(SMTP, ("127.0.0.1", self.relay.server.port)))
        ensure_keys(self.data, [sender for sender in base_senders(SHIPPED) if sender.number in SENDERS])
        bring_up(self.database.url_of("faults"), visit_keys=visits_of(self.data))
        topic_admin.apply(
            self.settings.kafka,
            topic_admin.Replication(factor=self.nodes, min_insync=min(self.nodes, 2)),
            mac_required=True,
        )
        self._clients()
        if self.users:
            for user in rights.RIGHTS:
                rights.let_in(self.admin, user)
                rights.give(self.admin, user)
        self.children = Children(self.data, self.environment)
        self._stack.callback(self.children.stop)
        for folder in ("failpoints", "maildir/new", "maildir/cur", "maildir/tmp"):
            (self.data / folder).mkdir(parents=True, exist_ok=True)
        self.children.start(*WORKERS, *LEDGERS, *NOTIFIERS)

    def _make_disks(self) -> None:
        for name in ("kafka", "postgres"):
            if not small_disk(self.data / name):
                raise NoDisk("only root may mount a small disk")
            self._stack.callback(remove_disk, self.data / name)

    def _start_kafka(self) -> None:
        if self.nodes > 1:
            self.cluster = Cluster(self.data / "kafka", self._jars, nodes=self.nodes)
            self.cluster.start()
            self._stack.callback(self.cluster.stop)
            self.cluster.wait_ready()
            self.direct = self.reached = self.cluster.bootstrap
            return
        names = ("broker", "controller", "direct", "proxy")
        ports = remembered_ports(self.data / "ports.json", names)
        self.direct, self.reached = f"127.0.0.1:{ports['direct']}", f"127.0.0.1:{ports['proxy']}"
        ca, trusted = None, None
        if self.users:
            self.certificates = ClientCertificates(self.data / "clients", rights.RIGHTS)
            ca, trusted = self._kafka_ca, self.certificates.store()
        self.broker = one_broker(self.data / "kafka", self._jars, ports, ca=ca, clients=trusted)
        route = Route(KAFKA, ("127.0.0.1", ports["broker"]), port=ports["proxy"])
        if not self.users:  # nobody reads in what is encrypted
            route.swallow = KafkaAnswer
        self.proxy.add(route)
        self.broker.start()
        self._stack.callback(lambda: self.broker.stop())
        self.broker.wait_ready()

    def _clients(self) -> None:
        self.admin = Admin(self.direct)
        self._stack.callback(self.admin.close)
        self._publisher = Publisher(self.direct)
        service_key = read_key(self.data / "keys" / "service.public.json")
        self.signing = {number: read_key(self.data / "keys" / f"{number}.key.json") for number in SENDERS}
        keys = Keys(signing=lambda number: self.signing[number], service=service_key)
        senders = {sender.number: sender for sender in base_senders(SHIPPED)}
        self.load = Load(senders, keys, seed=self.seed, first=self.seed % 1000 * 1000)
        react_by = react_by_of(SHIPPED)
        today = datetime.now(UTC).date()
        units = units_of(SHIPPED)
        self.rules = Rules(
            law=plain_law(law_of(SHIPPED)),
            days={unit: react_by.on(unit, today) for unit in units},
            usual_days=DEFAULT_WORKING_DAYS,
            days_off=days_off_of(SHIPPED),
            addresses={unit: found.email for unit, found in units.items()},
            above=frozenset(row.email for row in SHIPPED.recipients.rows),
        )

    def environment(self, kind: str) -> dict[str, str]:
        """What the service's processes of this kind are told."""
        port = self.proxy.routes[DATABASE].port
        role = ROLES.get(kind, DatabaseRole.OPERATOR)
        told = self._environment(self.reached, f"postgresql://{role}@127.0.0.1:{port}/faults")
        if self.users:
            login = {
                "SECURITY": "SASL_SSL",
                "CA_FILE": str(self._kafka_ca),
                "USERNAME": kind,
                "PASSWORD": rights.password(kind),
            }
            if kind in rights.RIGHTS:
                login["CERTIFICATE_FILE"] = str(self.certificates.certificate(kind))
                login["KEY_FILE"] = str(self.certificates.key(kind))
            told |= {f"{PREFIX}KAFKA_{name}": held for name, held in login.items()}
        read = settings_of(kind)
        return least_keys(read, told, variables_of(read))

    @property
    def settings(self) -> EveryEnvironment:
        """The same service as the judge reaches it: past the proxies."""
        return self.told(EveryEnvironment)

    def told(self, kind: type[EnvironmentT]) -> EnvironmentT:
        """The same as one process, or one command, reads it."""
        told = self._environment(self.direct, self.database.url_of("faults", role_of(kind)))
        # So that the audit of a cell reads what is new, and not the log of all the cells before it.
        told |= {PREFIX + "AUDIT_FILE": str(self.data / "audit.sqlite")}
        return load(kind, least_keys(kind, told, variables_of(kind)))

    def _environment(self, bootstrap: str, database: str) -> dict[str, str]:
        told = usual(self.data, nodes=self.nodes, smtp_port=self.proxy.routes[SMTP].port)
        told |= {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "DATABASE_URL": database} | self.environment_more
        return {PREFIX + name: held for name, held in told.items()}

    def forget_audit(self) -> None:
        """Take the auditor's notes away: it begins anew, with nothing held against the log."""
        for file in self.data.glob("audit.sqlite*"):
            file.unlink()

    def connect(self) -> psycopg.Connection[Any]:
        """A connection past the proxy."""
        return psycopg.connect(self.database.url_of("faults"), autocommit=True)

    def trust(self) -> None:
        """Tell the broker which certificates of clients are good from now on; who is connected stays so."""
        log = self.data / "kafka" / "broker.log"
        before = log.read_bytes().count(_TRUSTED_ANEW)
        self.admin.alter_broker(self.broker.node_id, trusting(self.certificates.store()))
        # The broker has said yes before it has done it, for one of its threads after the other.
        deadline = time.monotonic() + _TRUST_SECONDS
        while (now := log.read_bytes().count(_TRUSTED_ANEW)) < before + _THREADS_THAT_TRUST:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{now - before} of the broker's parts trust anew")
            time.sleep(_POLL_SECONDS)

    def publish(self, records: Iterable[Sent], *, timestamp_ms: int = 0) -> None:
        """As the senders' libraries do: until every record is acknowledged. The broker puts its own time on it."""
        self._publisher.publish(records, timestamp_ms)

    def ends(self, names: Iterable[str]) -> dict[At, int]:
        """One after the last offset of every partition."""
        asked = places(names, self.people_partitions)
        for _ in range(_TRIES):
            with suppress(AdminError):
                return self.admin.ends(asked)
            time.sleep(0.5)
        return self.admin.ends(asked)

    def committed(self) -> dict[At, int]:
        """How far the workers' group has come, by Kafka's own account."""
        return self.admin.committed(GROUP, places(READ, self.people_partitions))

    def drain(self, *, since: float | None = None) -> float:
        """Wait until everything published is through; the seconds from `since` (or now) until then."""
        began = moved = time.monotonic()
        start, last = began if since is None else since, ""
        while waiting := under_way(self):
            now = time.monotonic()
            # On a slow machine it takes its time: patience is for what does not move, within bounds.
            moved, last = (moved if waiting == last else now), waiting
            if now - moved > self.patience or now - began > max(self.patience, _LONGEST_DRAIN_SECONDS):
                raise NotDrained(f"after {now - began:.0f} seconds: {waiting}")
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - start

    def mark(self) -> Marks:
        """Remember where everything stands."""
        self.relay.take()
        with self.connect() as connection:
            row = connection.execute("SELECT coalesce(max(id), 0), now() FROM audit").fetchone()
        assert row is not None
        return Marks(
            ends=self.ends([spec.name for spec in TOPICS]),
            audit=row[0],
            began=row[1],
            logs={file: file.stat().st_size for file in self.logs()},
        )

    def logs(self) -> list[Path]:
        """The logs of the service, and of the servers that could repeat what they were told."""
        return [*sorted((self.data / "logs").glob("*.log*")), self.data / "postgres" / "postgres.log"]
