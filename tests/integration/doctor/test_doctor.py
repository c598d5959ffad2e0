"""`frafaldsvarsel doctor` on a real broker and a real database, with troubles that were made on purpose."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner

from config.database_roles import DatabaseRole
from config.kafka import KafkaSettings
from config.settings import PREFIX
from config.topics import Topic
from frafaldsvarsel.commands import commands
from infra import topic_admin
from infra.topic_admin import Replication
from ledger.schema.apply_rights import bring_up
from models.events import probe_identity
from models.events.event_types import InputTopic
from ops.probe.events import message_id, next_run
from tests.fixtures.servers import running_broker
from tests.keys import made_keys
from tests.unit.frafaldsvarsel.wiring.environments import told

ONE: Final = Replication(factor=1, min_insync=1)


@pytest.fixture(scope="module")
def kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker of its own: topics are removed from it."""
    with running_broker(tmp_path_factory.mktemp("doctor-kafka"), jars) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        topic_admin.apply(settings, ONE)
        yield settings


@pytest.fixture
def environment(kafka: KafkaSettings, database: str, tmp_path: Path) -> dict[str, str]:
    """A service whose parts are all there, and none of its processes."""
    bring_up(database, visit_keys=made_keys().visits)
    values = {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
        "REPLICATION_FACTOR": "1",
        "MIN_INSYNC_REPLICAS": "1",
        "DATABASE_URL": database.replace("//postgres@", f"//{DatabaseRole.OPERATOR}@"),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": "9",
        "OIDC_ISSUER": "http://127.0.0.1:9",
    }
    return told(tmp_path) | {PREFIX + name: value for name, value in values.items()}


@dataclass
class Told:
    """What it said."""

    code: int
    answer: Any
    text: str

    def of(self, check: str) -> Any:
        """What is said of one thing that is looked at."""
        [one] = [one for one in self.answer["found"] if one["check"] == check]
        return one


def ask(environment: dict[str, str], *options: str) -> Told:
    done = CliRunner().invoke(commands("doctor"), ["doctor", "--json", *options], env=environment)
    assert done.stdout, done.output
    return Told(done.exit_code, json.loads(done.stdout), done.stdout)


def test_a_service_that_is_not_started_yet(environment: dict[str, str]) -> None:
    """Kafka, PostgreSQL, files and tables are fine; what does not run and does not answer is said."""
    found = ask(environment)
    fine = {one["check"] for one in found.answer["found"] if one["level"] == "fine"}
    expected = {
        *("settings", "reference-data", "key-ring", "senders", "channels", "api-clients", "holidays"),
        *("kafka", "topics", "copies", "rights", "lag", "retention", "postgresql", "schema", "outbox"),
        "database-rights",
        *("deliveries", "failed-notices", "endpoints", "reminders", "quarantine", "undecided", "overdue"),
        *("clocks", "disk", "kafka-certificate"),
    }
    assert expected - fine == set(), found.text
    levels = {one["check"]: one["level"] for one in found.answer["found"]}
    assert (levels["relay"], levels["log-in"], levels["audit"]) == ("fault", "fault", "unknown")
    assert {one["level"] for one in found.answer["found"] if one["check"] == "groups"} <= {
        "warning",
        "unknown",
    }
    assert found.code == 1


def test_a_topic_that_is_missing(kafka: KafkaSettings, environment: dict[str, str]) -> None:
    admin = AdminClient(kafka.librdkafka())
    for future in admin.delete_topics([Topic.REACTIONS]).values():
        future.result()
    try:
        found = ask(environment)
    finally:
        topic_admin.apply(kafka, ONE)
    assert "reactions is missing" in found.of("topics")["sentence"]
    assert found.of("topics")["level"] == "fault"
    assert "may not read" not in found.text
    assert found.of("rights")["level"] == "fault", "what cannot be seen cannot be written"


def test_a_worker_that_does_not_run_and_for_which_records_wait(
    kafka: KafkaSettings, environment: dict[str, str]
) -> None:
    async def send() -> None:
        producer = AIOKafkaProducer(**kafka.producer())
        await producer.start()
        try:
            await producer.send_and_wait(InputTopic.DROPOUT_RISKS, b"one", partition=0)
        finally:
            await producer.stop()

    before = datetime.now(UTC)
    asyncio.run(send())
    found = ask(environment)
    worker = [
        one for one in found.answer["found"] if one["check"] == "groups" and "worker" in one["sentence"]
    ]
    assert [(one["level"], one["sentence"]) for one in worker] == [
        ("fault", "No worker reads, and 1 record waits for it.")
    ]
    assert abs(datetime.fromisoformat(worker[0]["since"]) - before) < timedelta(seconds=5)


REJECTED: Final = """
INSERT INTO receipts (topic, partition, "offset", appended_at, status, reason, sender, event_id)
VALUES ('dropout-risks', 0, %s, now() - interval '2 hours', 'rejected', 'unknown_key', '900101', 'e')
"""
TASK: Final = """
INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at)
VALUES (gen_random_uuid(), 'FV-AAAA-BBBB-CCCC', 'p', 'e', 'jc-0101', 'open', current_date - 9, now())
"""
DELIVERY: Final = """
INSERT INTO deliveries (id, task_id, occasion, cause_kind, cause_ref, cause, channel, unit_id, recipient, status,
                        due_at, deadline, attempts, created_at, ended_at)
SELECT gen_random_uuid(), t.id, 'new', 'event', %(number)s, %(number)s, 'email', %(unit)s, 'a@b.dk', %(status)s,
       now() - interval '20 minutes', now() + interval '1 day', 0, now() - interval '1 hour', %(ended)s FROM tasks t
"""


def test_what_waits_in_the_database(environment: dict[str, str], database: str) -> None:
    ended = datetime.now(UTC) - timedelta(hours=1)
    with psycopg.connect(database) as connection:
        connection.execute(REJECTED, (1,))
        connection.execute(REJECTED, (2,))
        connection.execute(TASK)
        for number, (unit, status, at) in enumerate(
            [
                ("jc-0101", "due", None),
                ("jc-0101", "refused", ended),
                ("jc-0101", "delivered", ended + timedelta(minutes=1)),
                ("jc-0147", "delivered", ended - timedelta(minutes=1)),
                ("jc-0147", "exhausted", ended),
            ]
        ):
            connection.execute(
                DELIVERY, {"number": f"0/{number}", "unit": unit, "status": status, "ended": at}
            )
        connection.execute(
            "INSERT INTO outbox (id, topic, key, value, due_at, sent_at)"
            " VALUES ('x', 'receipts', 'k', '', now() - interval '5 minutes', NULL),"
            " ('y', 'receipts', 'k', '', now() - interval '9 days', now())"
        )
    found = ask(environment)
    assert "(delivery 2, input 2)" in found.of("quarantine")["sentence"]
    assert found.of("quarantine")["level"] == "warning"
    assert "last mail to 1 unit was not taken: jc-0147" in found.of("failed-notices")["sentence"]
    assert "for 20 min no notifier" in found.of("deliveries")["sentence"]
    assert found.of("deliveries")["level"] == "fault"
    assert found.of("outbox")["level"] == "warning"
    assert "1 task at 1 unit is past" in found.of("overdue")["sentence"]
    assert "a@b.dk" not in found.text


RECEIPT_LEFT_OUT: Final = """
INSERT INTO receipts (topic, partition, "offset", appended_at, status, sender, event_id)
VALUES ('benefits', 0, %s, %s, 'accepted', '900101', %s)
"""
LEFT_OUT: Final = """
INSERT INTO applied (partition, "offset", origin_topic, origin_partition, origin_offset, person_id, changed, left_out)
VALUES (0, %s, 'benefits', 0, %s, 'p', 0, 'sender_bound')
"""


def test_a_migration_that_nobody_has_applied(environment: dict[str, str], database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("DELETE FROM migrations WHERE name = '0016_left_out.sql'")
        connection.execute("INSERT INTO migrations VALUES ('9999_of_the_future.sql')")
    found = [one for one in ask(environment).answer["found"] if one["check"] == "schema"]
    assert [(one["level"]) for one in found] == ["fault", "warning"]
    assert "1 migration to be applied: 0016_left_out.sql." in found[0]["sentence"]


def test_a_database_without_tables_and_one_that_is_read_only(
    environment: dict[str, str], database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    found = ask(environment)
    assert "read-only" in found.of("postgresql")["sentence"]
    assert "of another version" in found.of("quarantine")["sentence"]
    assert found.of("schema")["level"] == "unknown"


def test_since_when_a_read_only_database_was_not_written_and_who_is_over_its_bound(
    environment: dict[str, str], database: str
) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=7)
    bring_up(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("INSERT INTO audit (at, kind) VALUES (%s, 'task_opened')", (at,))
        for offset in range(3):
            connection.execute(RECEIPT_LEFT_OUT, (offset, at, f"e{offset}"))
            connection.execute(LEFT_OUT, (offset, offset))
        connection.execute(RECEIPT_LEFT_OUT, (9, at, "e9"))
        connection.execute(LEFT_OUT.replace("sender_bound", "record_full"), (9, 9))
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    found = ask(environment)
    assert datetime.fromisoformat(found.of("postgresql")["since"]) == at
    assert "3 events of sender 900101 have no effect" in found.of("sender-bounds")["sentence"]
    assert datetime.fromisoformat(found.of("sender-bounds")["since"]) == at
    assert found.of("sender-bounds")["page"] == "docs/runbooks/sender-over-bound.md"


def test_postgresql_away(environment: dict[str, str]) -> None:
    url = "postgresql://somebody:geheim@127.0.0.1:9/ledger"
    found = ask({**environment, PREFIX + "DATABASE_URL": url})
    assert (found.code, found.of("postgresql")["level"]) == (1, "fault")
    assert found.of("quarantine")["sentence"] == "It cannot be looked at: see postgresql."
    assert (found.of("kafka")["level"], found.of("topics")["level"]) == ("fine", "fine")
    assert found.of("clocks")["level"] == "fine", "Kafka and this machine can still be compared"
    assert "geheim" not in found.text


def test_kafka_away(environment: dict[str, str]) -> None:
    found = ask({**environment, PREFIX + "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"})
    assert (found.code, found.of("kafka")["level"]) == (1, "fault")
    assert {found.of(one)["level"] for one in ("topics", "copies", "rights", "lag", "groups")} == {"unknown"}
    assert {found.of(one)["level"] for one in ("postgresql", "schema", "quarantine")} == {"fine"}


def test_servers_that_take_a_connection_and_say_nothing_cost_seconds(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        port = silent.getsockname()[1]
        hanging = {
            "DATABASE_URL": f"postgresql://u:p@127.0.0.1:{port}/d",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}",
            "SMTP_PORT": str(port),
            "OIDC_ISSUER": f"http://127.0.0.1:{port}",
        }
        began = time.monotonic()
        found = ask(environment | {PREFIX + name: value for name, value in hanging.items()})
        took = time.monotonic() - began
    assert took < 40
    assert {found.of(one)["level"] for one in ("kafka", "postgresql", "relay", "log-in")} == {"fault"}
    assert {found.of(one)["level"] for one in ("settings", "senders", "disk")} == {"fine"}


def test_settings_that_are_wrong_do_not_hide_the_rest(environment: dict[str, str]) -> None:
    environment.pop(PREFIX + "SENDERS_DIR")
    found = ask({**environment, PREFIX + "SMTP_PORT": "mail", PREFIX + "NOSUCH": "1"})
    wrong = [one["sentence"] for one in found.answer["found"] if one["check"] == "settings"]
    assert [PREFIX + "SENDERS_DIR is missing." in wrong, len(wrong)] == [True, 3]
    assert {found.of(one)["level"] for one in ("senders", "relay")} == {"unknown"}
    assert {found.of(one)["level"] for one in ("kafka", "postgresql", "key-ring")} == {"fine"}


CANARY: Final = """
INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, law_version, registered_at,
                      appended_at, origin_topic, origin_partition, origin_offset, decision)
VALUES (%s, %s, 'p', 1, 'obliged', 'obliged', 'v', %s, %s, 'dropout-risks', 0, 0, '{}')
"""


def test_a_broker_that_is_behind_is_seen_by_the_canaries(environment: dict[str, str], database: str) -> None:
    """The one that was the quickest counts: the others may have waited."""
    interval = timedelta(seconds=60)
    moment = next_run(datetime.now(UTC), interval) - 3 * interval
    with psycopg.connect(database) as connection:
        for back, behind in ((0, timedelta(seconds=-20)), (1, timedelta(seconds=95))):
            at = moment - back * interval
            connection.execute(CANARY, (probe_identity.INSTITUTION, message_id(at), at, at - behind))
    found = ask({**environment, PREFIX + "CANARY_SECONDS": "60"})
    assert found.of("clocks")["sentence"] == "The brokers' clock is 95 s behind the canary's."
    assert found.of("clocks")["level"] == "fault"
    assert found.of("canary")["sentence"] == "No canary came home within a day."
