"""The trail on real PostgreSQL and Kafka: what its database's owner does to it is found, and a restore can be said."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Final

import psycopg
import pytest

from config.kafka import KafkaSettings
from crypto.new_keys import new_signing_key
from infra import topic_admin
from infra.metrics import Metrics
from infra.postgres import SyncConnection
from infra.topic_admin import Replication
from local.servers.kafka import Broker
from ops.trail.keeper import Keeper, verify
from ops.trail.metrics import BROKEN, TRAIL_METRICS
from ops.trail.restart import NothingToRestart, restart_chain
from ops.trail.signed_root import RootSigner
from ops.trail.sinks import FileSink, Sink, SinkAway, TopicSink, gather
from ops.trail.store import chain_end, link, take
from ops.trail.verify import TrailFault, TrailFinding, TrailReader

KEY: Final = new_signing_key("trail-1")
KEYS: Final = {"trail-1": KEY}
APPEND: Final = "INSERT INTO audit (kind, detail) VALUES ('opened', jsonb_build_object('number', %s::int))"
AS_OWNER: Final = "SET session_replication_role = replica"
"""What only the server's superuser can do: pass by the triggers."""


@pytest.fixture
def url(ledger_url: str) -> str:
    return ledger_url


@pytest.fixture
def connection(url: str) -> Iterator[SyncConnection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def kafka(broker: Broker) -> KafkaSettings:
    settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
    topic_admin.apply(settings, Replication(factor=1, min_insync=1))
    return settings


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Kept:
    """A keeper with a clock of its own."""

    def __init__(self, connection: SyncConnection, *sinks: Sink) -> None:
        self.connection, self.sinks, self.clock, self.shown = (
            connection,
            sinks,
            Clock(),
            Metrics(TRAIL_METRICS),
        )
        self.begin()

    def begin(self) -> None:
        """As a process that starts."""
        self.keeper = Keeper(
            connection=self.connection,
            signer=RootSigner(KEY),
            keys=KEYS,
            sinks=self.sinks,
            read_whole=lambda before: (),
            shown=self.shown,
            clock=self.clock,
            sign_every=timedelta(minutes=1),
            verify_every=timedelta(hours=24),
        )

    def minute(self) -> None:
        self.clock.now += timedelta(minutes=1)
        self.keeper.round()

    @property
    def broken(self) -> float | None:
        return self.shown.registry.get_sample_value(BROKEN.name)

    def findings(self) -> set[TrailFault]:
        signed = gather(self.sinks, KEYS).roots
        return {one.fault for one in verify(self.connection, self.clock.now, TrailReader(signed))}


def write(connection: SyncConnection, *numbers: int) -> None:
    for number in numbers:
        connection.execute(APPEND, (number,))


@pytest.fixture
def kept(connection: SyncConnection, tmp_path: Path) -> Kept:
    """A trail of nine rows, signed at three, six and nine."""
    kept = Kept(connection, FileSink(tmp_path / "roots"))
    for first in (1, 4, 7):
        write(connection, *range(first, first + 3))
        kept.minute()
    assert not kept.findings()
    assert kept.broken == 0
    return kept


TAMPERINGS: Final[dict[str, tuple[str, ...]]] = {
    "a row flipped": ("UPDATE audit SET detail = '{\"number\": 99}' WHERE detail ->> 'number' = '5'",),
    "a row's time flipped": ("UPDATE audit SET at = at - interval '1 day' WHERE detail ->> 'number' = '5'",),
    "a row deleted": ("DELETE FROM audit WHERE detail ->> 'number' = '5'",),
    "a row and its link deleted": (
        "DELETE FROM trail WHERE n = 5",
        "DELETE FROM audit WHERE detail ->> 'number' = '5'",
    ),
    "a link deleted": ("DELETE FROM trail WHERE n = 5",),
    "two rows reordered": (
        "ALTER TABLE trail DROP CONSTRAINT trail_pkey",
        "UPDATE trail SET n = 11 - n WHERE n IN (5, 6)",
    ),
    "the end cut off": (
        "DELETE FROM trail WHERE n > 7",
        "DELETE FROM audit WHERE (detail ->> 'number')::int > 7",
    ),
    "all of it": ("DELETE FROM trail", "DELETE FROM audit"),
    "a row emptied by nobody": (
        "UPDATE audit SET detail = '{}', salt = NULL, erased_by = id WHERE detail ->> 'number' = '5'",
    ),
    "300 rows deleted and 129 renamed": (
        "DELETE FROM audit WHERE (detail ->> 'number')::int < 4",
        "UPDATE audit SET kind = 'looked_at' WHERE (detail ->> 'number')::int > 4",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_what_the_owner_of_the_database_does_is_found(
    kept: Kept, what: str, connection: SyncConnection
) -> None:
    connection.execute(AS_OWNER)
    for statement in TAMPERINGS[what]:
        connection.execute(statement.encode())
    assert kept.findings()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET detail = '{}'",
        "DELETE FROM audit",
        "TRUNCATE audit CASCADE",
        "UPDATE audit SET detail = '{}', salt = NULL, erased_by = (SELECT max(id) FROM audit) WHERE id < 3",
        "UPDATE trail SET root = leaf",
        "DELETE FROM trail",
        "TRUNCATE trail",
    ],
)
def test_the_trail_only_grows(kept: Kept, statement: str, connection: SyncConnection) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        connection.execute(statement.encode())
    assert not kept.findings()


def test_a_rewritten_trail_with_a_chain_that_fits_is_found_by_the_signed_root(
    kept: Kept, connection: SyncConnection
) -> None:
    connection.execute(AS_OWNER)
    connection.execute("DELETE FROM trail")
    connection.execute("UPDATE audit SET detail = '{}' WHERE detail ->> 'number' = '2'")
    link(connection, kept.clock.now - timedelta(days=1))
    assert kept.findings() == {TrailFault.ROOT_DIFFERS}


def test_a_keeper_that_runs_signs_nothing_over_a_history_that_was_rewritten_meanwhile(
    kept: Kept, connection: SyncConnection
) -> None:
    """With a chain that fits in itself: only the root that was signed before tells."""
    connection.execute(AS_OWNER)
    connection.execute("DELETE FROM trail")
    connection.execute("UPDATE audit SET kind = 'looked_at' WHERE detail ->> 'number' = '2'")
    connection.execute("SET session_replication_role = origin")
    write(connection, 80)
    kept.minute()
    assert kept.broken == 1
    assert [one.n for one in gather(kept.sinks, KEYS).roots] == [3, 6, 9]
    # Also where no place outside can be read: the keeper knows what it has signed.
    kept.keeper.sinks = [Away()]
    kept.minute()
    assert kept.broken == 1


def test_a_whole_reading_rings_and_holds_up_no_link(kept: Kept, connection: SyncConnection) -> None:
    go, found = Event(), TrailFinding(TrailFault.ROW_CHANGED, 1, 1)

    def read_whole(before: datetime) -> list[TrailFinding]:
        assert go.wait(30)
        return [found]

    kept.begin()
    kept.keeper.read_whole = read_whole
    write(connection, 81)
    kept.minute()
    assert (chain_end(connection)[0], kept.broken) == (10, 0)
    go.set()
    while kept.broken == 0:
        kept.minute()
    assert kept.broken == 1


def test_roots_of_an_earlier_key_still_count(kept: Kept, connection: SyncConnection) -> None:
    connection.execute(AS_OWNER)
    connection.execute("DELETE FROM trail WHERE n > 6")
    connection.execute("DELETE FROM audit WHERE (detail ->> 'number')::int > 6")
    new = new_signing_key("trail-2")
    kept.begin()
    kept.keeper.signer, kept.keeper.keys = RootSigner(new), {**KEYS, "trail-2": new}
    kept.minute()
    assert kept.broken == 1


def test_an_erasure_empties_a_row_and_says_so(kept: Kept, connection: SyncConnection) -> None:
    with connection.transaction():
        ((emptied,),) = connection.execute("SELECT id FROM audit WHERE detail ->> 'number' = '5'").fetchall()
        ((because,),) = connection.execute(
            "INSERT INTO audit (kind, detail) VALUES ('person_erased', jsonb_build_object('emptied', "
            "jsonb_build_array(%s::bigint))) RETURNING id",
            (emptied,),
        ).fetchall()
        connection.execute(
            "UPDATE audit SET detail = '{}', salt = NULL, task_id = NULL, erased_by = %s WHERE id = %s",
            (because, emptied),
        )
    kept.minute()
    assert not kept.findings()
    assert connection.execute("SELECT salt, detail FROM audit WHERE id = %s", (emptied,)).fetchall() == [
        (None, {})
    ]


def test_a_row_that_becomes_visible_late_is_linked(kept: Kept, connection: SyncConnection, url: str) -> None:
    """Its transaction began before rows that are chained already."""
    with psycopg.connect(url) as slow:
        slow.execute(APPEND, (50,))
        write(connection, 51, 52)
        kept.minute()
        slow.commit()
    kept.minute()
    assert not kept.findings()
    order = [
        number
        for (number,) in connection.execute(
            "SELECT (a.detail ->> 'number')::int FROM trail t JOIN audit a ON a.id = t.audit_id ORDER BY t.n"
        )
    ]
    assert order[-3:] == [51, 52, 50]


def test_many_who_write_at_once_lose_no_link(connection: SyncConnection, url: str, tmp_path: Path) -> None:
    kept = Kept(connection, FileSink(tmp_path / "roots"))

    def writer(first: int) -> None:
        with psycopg.connect(url) as own:
            for number in range(first, first + 60):
                write(own, number)
                if number % 7 == 0:
                    own.rollback()
                own.commit()

    with ThreadPoolExecutor(6) as pool:
        writing = [pool.submit(writer, 1000 * one) for one in range(6)]
        while not all(one.done() for one in writing):
            kept.keeper.round()
        for one in writing:
            one.result()
    kept.minute()
    assert not kept.findings()
    ((rows, links),) = connection.execute(
        "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM trail)"
    ).fetchall()
    assert rows == links > 300


def test_only_one_keeps_the_chain(connection: SyncConnection, url: str) -> None:
    assert take(connection)
    with psycopg.connect(url, autocommit=True) as other:
        assert not take(other)
        connection.close()
        assert any(take(other) for _ in range(100))


def test_a_keeper_signs_nothing_over_a_break_until_people_have_said_it(
    kept: Kept, connection: SyncConnection
) -> None:
    """An older copy is restored: the last three rows are gone, and others come in their place."""
    connection.execute(AS_OWNER)
    connection.execute("DELETE FROM trail WHERE n > 6")
    connection.execute("DELETE FROM audit WHERE (detail ->> 'number')::int > 6")
    connection.execute("SET session_replication_role = origin")
    write(connection, 60, 61, 62, 63)
    kept.begin()
    kept.minute()
    assert kept.broken == 1
    assert kept.findings() == {TrailFault.ROOT_DIFFERS}
    kept.minute()
    signed = len(gather(kept.sinks, KEYS).roots)
    assert signed == 3
    lost = restart_chain(
        connection,
        kept.sinks,
        RootSigner(KEY),
        by="ops",
        because="restored",
        now=kept.clock.now,
    )
    assert lost == 3
    kept.minute()
    assert kept.broken == 0
    assert not kept.findings()
    write(connection, 64)
    kept.minute()
    assert len(gather(kept.sinks, KEYS).roots) > signed + 1
    with pytest.raises(NothingToRestart):
        restart_chain(connection, kept.sinks, RootSigner(KEY), by="ops", because="again", now=kept.clock.now)


class Away:
    """A place that does not answer."""

    name = "topic"

    def write(self, line: bytes) -> None:
        raise SinkAway("no answer")

    def latest(self) -> list[bytes]:
        raise SinkAway("no answer")

    def whole(self) -> Iterator[bytes]:
        raise SinkAway("no answer")


def test_with_one_place_away_the_other_has_the_root(connection: SyncConnection, tmp_path: Path) -> None:
    file = FileSink(tmp_path / "roots")
    kept = Kept(connection, Away(), file)
    write(connection, 1)
    kept.minute()
    gathered = gather([Away(), file], KEYS)
    assert [one.n for one in gathered.roots] == [1]
    assert gathered.away == ["topic"]


def test_with_every_place_away_the_chain_grows_and_the_root_is_signed_later(
    connection: SyncConnection, tmp_path: Path
) -> None:
    kept = Kept(connection, Away())
    write(connection, 1)
    kept.minute()
    assert chain_end(connection)[0] == 1
    kept.keeper.sinks = [FileSink(tmp_path / "roots")]
    kept.minute()
    assert [one.n for one in gather(kept.keeper.sinks, KEYS).roots] == [1]


def test_the_topic_keeps_what_was_signed_and_nothing_that_others_write_counts(
    connection: SyncConnection, kafka: KafkaSettings
) -> None:
    topic = TopicSink(kafka)
    kept = Kept(connection, topic)
    write(connection, 1, 2)
    topic.write(
        b'{"n": 900, "root": "' + b"0" * 64 + b'", "at": "2027-01-01T00:00:00Z", "signature": "e30..AA"}'
    )
    kept.minute()
    gathered = gather([TopicSink(kafka)], KEYS)
    assert [one.n for one in gathered.roots] == [2]
    assert gathered.not_ours == 1
    assert not kept.findings()


def test_a_line_that_a_crash_has_cut_off_hides_no_other(connection: SyncConnection, tmp_path: Path) -> None:
    path = tmp_path / "roots"
    kept = Kept(connection, FileSink(path))
    write(connection, 1)
    kept.minute()
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    write(connection, 2)
    kept.minute()
    assert [one.n for one in gather(kept.sinks, KEYS).roots] == [1, 2]


def test_the_time_of_a_row_is_chained_whatever_zone_the_server_has(
    kept: Kept, connection: SyncConnection
) -> None:
    connection.execute("SET TIME ZONE 'America/New_York'")
    assert not kept.findings()
