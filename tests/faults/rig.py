"""The real service on real servers, each behind a proxy: what a cell loads, injures, heals and waits for.

The judge and the load reach the servers on ways of their own, so what they see and say is never part of a fault.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

import psycopg
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._listoffsets import OffsetSpec

from config.days_off import load_days_off
from config.law import load_law
from config.senders import base_senders
from config.settings import PREFIX, Settings, load
from config.tables import DATA
from config.topics import TOPICS, Topic
from config.units import DEFAULT_WORKING_DAYS, load_react_by, load_units
from frafaldsvarsel.embedded.cluster import Cluster
from frafaldsvarsel.embedded.kafka import Broker
from frafaldsvarsel.embedded.ports import remembered_ports
from frafaldsvarsel.embedded.postgres import SOCKET, Database
from ledger.run import TOPICS as PROJECTED
from models.events import InputTopic
from ops import topics
from publisher.keys import read_key
from publisher.local_keys import ensure_keys
from streams.settings import GROUP
from tests.faults.children import Children
from tests.faults.disk import remove_disk, small_disk
from tests.faults.judge import Rules
from tests.faults.load import SENDERS, Keys, Load, Sent
from tests.faults.proxy import CommitAnswer, KafkaAnswer, Proxy, Route
from tests.faults.relay import Relay
from tests.unit.models.histories import plain_law

KAFKA: Final = "kafka"
DATABASE: Final = "database"
SMTP: Final = "smtp"
WORKERS: Final = ("worker-1", "worker-2")
LEDGERS: Final = ("ledger-1", "ledger-2")
NOTIFIERS: Final = ("notify-1", "notify-2")
SESSION_SECONDS: Final = 6
LEASE_SECONDS: Final = 8
_QUIET: Final = {"log_level": 0}
_READ: Final = [*map(str, InputTopic), str(Topic.PERSON_EVENTS)]
_POLL_SECONDS: Final = 0.15
_TRIES: Final = 20


class NotDrained(AssertionError):
    """Something is still under way after all patience; the message says what."""


BOUNCES: Final = "bounce@frafaldsvarsel.example"
"""Where mails come back to: into the folder `maildir`."""


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
    """`with Rig(folder) as rig` starts everything; nodes=3 is a cluster, whose clients go without a proxy."""

    def __init__(
        self, data: Path, jars: Path, *, nodes: int = 1, small_disks: bool = False, seed: int = 1
    ) -> None:
        self.data = data.resolve()
        self.nodes = nodes
        self.seed = seed
        self.small_disks = small_disks
        self._jars = jars
        self._stack = ExitStack()
        self.markers: set[tuple[str, int, int]] = set()
        """Offsets that hold no record, but a transaction's marker or nothing any more: nobody commits them."""
        self.patience = 150.0
        """Seconds until what is still under way counts as stuck."""
        self.environment_more: dict[str, str] = {}
        """Settings that differ from the usual, without the prefix; for processes that are started from now on."""
        self._admins: list[AdminClient] = []

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
        ensure_keys(self.data, [sender for sender in base_senders() if sender.number in SENDERS])
        topics.apply(
            self.settings.kafka, topics.Replication(factor=self.nodes, min_insync=min(self.nodes, 2))
        )
        self._clients()
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
        self.broker = Broker(
            self.data / "kafka",
            self._jars,
            ports={"broker": ports["broker"], "controller": ports["controller"]},
            settings={
                "listeners": f"BROKER://127.0.0.1:{ports['broker']},DIRECT://{self.direct},"
                f"CONTROLLER://127.0.0.1:{ports['controller']}",
                "advertised.listeners": f"BROKER://{self.reached},DIRECT://{self.direct}",
                "listener.security.protocol.map": "BROKER:PLAINTEXT,DIRECT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name": "DIRECT",
            },
        )
        route = Route(KAFKA, ("127.0.0.1", ports["broker"]), swallow=KafkaAnswer, port=ports["proxy"])
        self.proxy.add(route)
        self.broker.start()
        self._stack.callback(lambda: self.broker.stop())
        self.broker.wait_ready()

    def _clients(self) -> None:
        reach: dict[str, str | int | float | bool] = {"bootstrap.servers": self.direct, **_QUIET}
        self.admin = self._new_admin()
        self.producer = Producer(
            reach | {"linger.ms": 5, "enable.idempotence": True, "message.timeout.ms": 120_000}
        )
        service_key = read_key(self.data / "keys" / "service.public.json")
        self.signing = {number: read_key(self.data / "keys" / f"{number}.key.json") for number in SENDERS}
        keys = Keys(signing=lambda number: self.signing[number], service=service_key)
        senders = {sender.number: sender for sender in base_senders()}
        self.load = Load(senders, keys, seed=self.seed, first=self.seed % 1000 * 1000)
        react_by = load_react_by(DATA)
        today = datetime.now(UTC).date()
        units = load_units(DATA)
        self.rules = Rules(
            law=plain_law(load_law(DATA)),
            days={unit: react_by.days(unit, today) for unit in units},
            usual_days=DEFAULT_WORKING_DAYS,
            days_off=load_days_off(DATA),
            addresses={unit: found.email for unit, found in units.items()},
        )

    def _new_admin(self) -> AdminClient:
        # The old ones are kept: one that is thrown away with a question open takes the interpreter with it.
        self._admins.append(AdminClient({"bootstrap.servers": self.direct, **_QUIET}))
        return self._admins[-1]

    def environment(self) -> dict[str, str]:
        """What every process of the service is told."""
        port = self.proxy.routes[DATABASE].port
        return self._environment(self.reached, f"postgresql://postgres@127.0.0.1:{port}/faults")

    @property
    def settings(self) -> Settings:
        """The same service as the judge reaches it: past the proxies."""
        told = self._environment(self.direct, self.database.url_of("faults"))
        # So that the audit of a cell reads what is new, and not the log of all the cells before it.
        return load(told | {PREFIX + "AUDIT_FILE": str(self.data / "audit.sqlite")})

    def _environment(self, bootstrap: str, database: str) -> dict[str, str]:
        keys = self.data / "keys"
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "REPLICATION_FACTOR": str(self.nodes),
            "MIN_INSYNC_REPLICAS": str(min(self.nodes, 2)),
            "DATABASE_URL": database,
            "KEYRING_FILE": str(keys / "service.key.json"),
            "SENDERS_DIR": str(self.data / "senders"),
            "SESSION_TIMEOUT_SECONDS": str(SESSION_SECONDS),
            "SMTP_HOST": "localhost",
            "SMTP_PORT": str(self.proxy.routes[SMTP].port),
            "SMTP_CA_FILE": str(self.data / "relay.pem"),
            "SMTP_TIMEOUT_SECONDS": "2",
            "SMTP_ANSWER_TIMEOUT_SECONDS": "4",
            "DATABASE_TIMEOUT_SECONDS": "4",
            "MAIL_LEASE_SECONDS": str(LEASE_SECONDS),
            "MAIL_RETRY_SECONDS": "1",
            "MAIL_FROM": "frafaldsvarsel@frafaldsvarsel.example",
            "BOUNCE_ADDRESS": BOUNCES,
            "BOUNCE_MAILDIR": str(self.data / "maildir"),
            "INBOX_URL": "https://frafaldsvarsel.example",
        } | self.environment_more
        return {PREFIX + name: held for name, held in told.items()}

    def forget_audit(self) -> None:
        """Take the auditor's notes away: it begins anew, with nothing held against the log."""
        for file in self.data.glob("audit.sqlite*"):
            file.unlink()

    def connect(self) -> psycopg.Connection[Any]:
        """A connection past the proxy."""
        return psycopg.connect(self.database.url_of("faults"), autocommit=True)

    def publish(self, records: Iterable[Sent], *, timestamp_ms: int = 0) -> None:
        """As the senders' libraries do: until every record is acknowledged. The broker puts its own time on it."""
        waiting = list(records)
        for _ in range(_TRIES):
            waiting = self._send(waiting, timestamp_ms)
            if not waiting:
                return
            time.sleep(1)  # as a sender does: what was refused is sent again
        raise AssertionError(f"the load could not be published: {len(waiting)} records are left")

    def _send(self, records: Iterable[Sent], timestamp_ms: int) -> list[Sent]:
        """Those that the broker has refused."""
        refused: list[Sent] = []

        def told(sent: Sent) -> Callable[[object, object], None]:
            def answered(error: object, _: object) -> None:
                if error is not None:
                    refused.append(sent)

            return answered

        for sent in records:
            ready = sent.ready
            headers: list[tuple[str, str | bytes | None]] = [*ready.headers]
            while True:
                try:
                    self.producer.produce(
                        ready.topic,
                        ready.value,
                        ready.key,
                        headers=headers,
                        on_delivery=told(sent),
                        timestamp=timestamp_ms,
                    )
                    break
                except BufferError:
                    self.producer.poll(0.05)
        left = self.producer.flush(120)
        assert left == 0, f"the load could not be published: {left} records are under way"
        return refused

    def ends(self, names: Iterable[str]) -> dict[tuple[str, int], int]:
        """One after the last offset of every partition."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = dict.fromkeys(places(names), latest)
        for patience in range(20, -1, -1):
            try:
                answers = self.admin.list_offsets(asked, request_timeout=10)
                return {(place.topic, place.partition): one.result().offset for place, one in answers.items()}
            except KafkaException:
                if not patience:
                    raise
                # librdkafka keeps the epoch of a leader from before its restart, and asks with it for ever.
                self.admin = self._new_admin()
                time.sleep(0.5)
        raise AssertionError("unreachable")

    def committed(self) -> dict[tuple[str, int], int]:
        """How far the workers' group has come, by Kafka's own account."""
        wanted = ConsumerGroupTopicPartitions(GROUP, places(_READ))
        found = self.admin.list_consumer_group_offsets([wanted], request_timeout=10)[GROUP].result()
        return {(place.topic, place.partition): max(place.offset, 0) for place in found.topic_partitions}

    def under_way(self) -> str:
        """What is not yet through, in a few words; empty when everything is."""
        try:
            ends = self.ends([*_READ, *map(str, PROJECTED)])
            committed = self.committed()
            behind = sum(
                (*place, offset) not in self.markers
                for place, at in committed.items()
                for offset in range(at, ends[place])
            )
            if behind:
                return f"{behind} records are not committed by the workers"
            with self.connect() as connection:
                rows = connection.execute("SELECT topic, partition, next_offset FROM position").fetchall()
                position = {(topic, partition): offset for topic, partition, offset in rows}
                behind = sum(
                    max(0, ends[place] - position.get(place, 0))
                    for place in ends
                    if place[0] in set(map(str, PROJECTED))
                )
                if behind:
                    return f"{behind} records are not in the ledger"
                for what, query in _WAITING.items():
                    found = connection.execute(query).fetchone()
                    if found and found[0]:
                        return f"{found[0]} {what}"
        except (KafkaException, psycopg.Error) as error:
            self.admin = self._new_admin()  # it may ask a node that is none, for ever
            return f"a server does not answer: {type(error).__name__}"
        return ""

    def drain(self, *, since: float | None = None) -> float:
        """Wait until everything published is through; the seconds from `since` (or now) until then."""
        began = time.monotonic()
        start = began if since is None else since
        while waiting := self.under_way():
            if time.monotonic() - began > self.patience:
                raise NotDrained(f"after {self.patience:.0f} seconds: {waiting}")
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


_WAITING: Final = {
    "records are in the outbox": "SELECT count(*) FROM outbox WHERE sent_at IS NULL",
    "conflicts are open": "SELECT count(*) FROM repeats WHERE kind = 'conflict' AND resolved_at IS NULL",
    "notices are due": "SELECT count(*) FROM deliveries WHERE status = 'due'",
}


def places(names: Iterable[str]) -> list[TopicPartition]:
    """Every partition of the topics."""
    partitions = {spec.name: spec.partitions for spec in TOPICS}
    return [TopicPartition(name, part) for name in names for part in range(partitions[name])]


def read(bootstrap: str, bounds: Mapping[tuple[str, int], tuple[int, int]]) -> Sequence[Any]:
    """Every committed record within the bounds (first, end), by another client than the service's."""
    wanted = {place: limits for place, limits in bounds.items() if limits[1] > limits[0]}
    found: list[Any] = []
    if not wanted:
        return found
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "faults-judge",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            **_QUIET,
        }
    )
    consumer.assign([TopicPartition(topic, part, first) for (topic, part), (first, _) in wanted.items()])
    left = set(wanted)
    deadline = time.monotonic() + 60
    try:
        while left:
            if time.monotonic() > deadline:
                raise NotDrained(f"{len(left)} partitions could not be read")
            for message in consumer.consume(2000, timeout=0.2):
                place = (str(message.topic()), int(message.partition() or 0))
                if message.error() is not None:
                    left.discard(place)
                elif (message.offset() or 0) < wanted[place][1]:
                    found.append(message)
    finally:
        consumer.close()
    return found
