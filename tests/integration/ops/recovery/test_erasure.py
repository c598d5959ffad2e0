"""An erasure on the log and in the requests: tombstones for exactly the person's records, by two people."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from aiokafka import AIOKafkaProducer

from config.database_roles import DatabaseRole
from config.kafka import KafkaSettings
from config.topics import OWN_KEYS, PERSON_PARTITIONS, Topic
from crypto.stream_keys import new_stream_keyring
from infra import topic_admin
from infra.kafka_record import KafkaRecord
from infra.partition_reader import PartitionReader
from infra.postgres import SyncConnection
from infra.stream_mac import StreamMac
from infra.topic_admin import Replication
from ledger.schema.apply_rights import bring_up
from ledger.store.erasures import hashed
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause
from models.eligibility.person_record import PersonRecord
from models.events.person_event import PersonEvent
from models.operator import Operator
from ops.recovery import erasure_again, erasure_search
from ops.recovery import erasure_requests as requests
from ops.recovery.erasure_log import ErasureLog
from ops.recovery.erasure_pages import WAL, in_pages
from ops.recovery.requests import CannotApprove, RequestKind, approve
from ops.recovery.requests import ask as ask_two
from streams.batch_producer import BatchProducer, partition_of
from streams.processors import add_decided, add_person_event
from tests.factories import LAW, background, risk
from tests.fixtures.servers import running_broker

FACT_OF: Final = """
INSERT INTO person_facts (partition, "offset", person_id, kind, name, sender, registered_at, rank, appended_at,
    origin_topic, origin_partition, origin_offset, known_at)
VALUES (0, 1, %s, 'enrolment', 'e', '280051', now(), 0, now(), 'enrolments', 0, 1, now())
"""
MAC: Final = StreamMac(new_stream_keyring().tags(), datetime(2020, 1, 1, tzinfo=UTC))
OLD, NEW, NEIGHBOUR = "oldoldoldoldoldoldoldold01", "newnewnewnewnewnewnewnew01", "neighbourneighbourneighb01"
ANNE, BO = Operator("anne", "asked for by the person"), Operator("bo", "seen by the lawyer")


@pytest.fixture(scope="module")
def kafka(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker of its own, on which records must have a MAC."""
    with running_broker(tmp_path_factory.mktemp("erasure-kafka"), jars) as broker:
        settings = KafkaSettings(bootstrap_servers=broker.bootstrap)
        topic_admin.apply(settings, Replication(factor=1, min_insync=1), mac_required=True)
        yield settings


async def worker(kafka: KafkaSettings, events: list[PersonEvent]) -> None:
    """What intake and match write of them, twice, as after a crash."""
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    output = BatchProducer(producer, MAC)
    people: dict[str, PersonRecord] = {}
    for offset, event in enumerate(events):
        record = people.get(event.person_id) or PersonRecord(person_id=event.person_id)
        step = apply(record, event, Cause(partition=0, offset=offset), LAW)
        people[event.person_id] = step.record
        for _ in range(2):
            add_person_event(event, output)
            for said in step.said:
                add_decided(said, _partition(event.person_id), output)
    await output.flush()
    await producer.stop()


def _partition(person: str) -> int:
    return partition_of(person, PERSON_PARTITIONS)


async def standing(kafka: KafkaSettings, topic: str) -> dict[bytes, KafkaRecord]:
    """Of each key the last record that is ours, as compaction would leave it."""
    found: dict[bytes, KafkaRecord] = {}
    async with PartitionReader(kafka) as reader:
        for partition in range(PERSON_PARTITIONS):
            first, end = await reader.bounds(topic, partition)
            async for records in reader.read(topic, partition, first, end):
                ours, foreign = MAC.split(records)
                assert not foreign
                found |= {record.key or b"": record for record in ours}
    return {key: record for key, record in found.items() if record.value is not None}


async def test_exactly_the_persons_records_get_a_tombstone_of_ours(kafka: KafkaSettings) -> None:
    """Under all numbers and both copies, on the right partitions. Done again, nothing is left to do."""
    events = [
        one.model_copy(update={"person_id": person})
        for person in (OLD, NEW, NEIGHBOUR)
        for one in (*background(), risk())
    ]
    await worker(kafka, events)
    people = (OLD, NEW)
    async with ErasureLog(kafka, MAC) as log:
        origin = await log.cut_off(people, "request-1")
        assert abs(datetime.now(UTC) - origin.appended_at) < timedelta(minutes=5)
        await log.tell_match(people, origin, "request-1")
        later = risk().model_copy(
            update={
                "person_id": NEW,
                "origin": risk().origin.model_copy(
                    update={"appended_at": origin.appended_at + timedelta(seconds=1)}
                ),
            }
        )
        await worker(kafka, [later])
        assert await log.bury(people, origin.appended_at) > 4 * len(events) / 3
        assert await log.bury(people, origin.appended_at) == 0
    left = {topic: await standing(kafka, topic) for topic in OWN_KEYS}
    values = [record.value or b"" for topic in OWN_KEYS for record in left[topic].values()]
    assert sum(OLD.encode() in value for value in values) == 1  # the erasing event
    of_new = [value for value in values if NEW.encode() in value]
    assert all(
        b"person.erased" in value or b"request-1" in value or later.event_id.encode() in value
        for value in of_new
    )
    neighbours = [value for value in values if NEIGHBOUR.encode() in value]
    assert len(neighbours) == 2 * (len(events) // 3) + 2


async def test_the_topic_of_erasures_names_nobody(kafka: KafkaSettings) -> None:
    async with ErasureLog(kafka, MAC) as log:
        origin = await log.cut_off((OLD,), "request-2")
    async with PartitionReader(kafka) as reader:
        read = [
            record
            async for records in reader.read(Topic.ERASURES, 0, origin.offset, origin.offset + 1)
            for record in records
        ]
    assert OLD.encode() not in (read[0].value or b"")
    assert hashed(OLD).encode() in (read[0].value or b"")
    assert MAC.fault(read[0]) is None
    assert read[0].origin.appended_at == origin.appended_at


def test_one_asks_and_another_approves(ledger_url: str) -> None:
    """Both stand in the trail; the person does not, and is known no more when it is done."""
    number = uuid4()
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute("INSERT INTO person_joins (person_id, joined_to) VALUES (%s, %s)", (OLD, NEW))
        assert requests.ask(connection, number, OLD, "GDPR art. 17", ANNE) == [NEW, OLD]
        assert requests.approved(connection) == []
        with pytest.raises(CannotApprove, match="yourself"):
            approve(connection, number, ANNE)
        approve(connection, number, BO)
        with pytest.raises(CannotApprove, match="no such request"):
            approve(connection, number, Operator("cy", "once more"))
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("UPDATE erasure_requests SET people = %s", ([NEIGHBOUR],))
        other = uuid4()
        ask_two(connection, other, RequestKind.ERASURE, ["GDPR art. 17"], ANNE)
        approve(connection, other, BO)
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute(requests.ASK, (other, [NEIGHBOUR], "GDPR art. 17"))
        (one,) = requests.approved(connection)
        assert (one.people, one.origin) == ((NEW, OLD), None)
        assert not requests.has_forgotten(connection, one.people, datetime.now(UTC))
        trail = connection.execute("SELECT kind, detail FROM audit ORDER BY id").fetchall()
        assert [(kind, detail["by"]) for kind, detail in trail] == [
            ("requested", "anne"),
            ("approved", "bo"),
            ("requested", "anne"),
            ("approved", "bo"),
        ]
        assert not any(OLD in str(detail) or NEW in str(detail) for _, detail in trail)
        requests.done(connection, number)
        assert requests.approved(connection) == []
        assert connection.execute("SELECT people FROM erasure_requests").fetchall() == [(None,)]


def test_retention_alone_asks_in_the_name_of_a_rule(database: str) -> None:
    """Or one operator could erase anybody, and say that a rule had approved it."""
    bring_up(database)
    asked: dict[str, Any] = {"ground": "class facts", "rules": "facts-1", "before": datetime.now(UTC)}

    def as_role(role: DatabaseRole) -> SyncConnection:
        return psycopg.connect(database.replace("//postgres@", f"//{role}@"), autocommit=True)

    with as_role(DatabaseRole.OPERATOR) as operator:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="two people decide it"):
            requests.ask_by_rule(operator, uuid4(), [OLD], **asked)
        requests.ask(operator, number := uuid4(), OLD, "GDPR art. 17", ANNE)
        assert requests.approved(operator) == []
    with as_role(DatabaseRole.RETENTION) as night:
        requests.ask_by_rule(night, uuid4(), [NEIGHBOUR], **asked)
        assert [(one.people, one.by_rule) for one in requests.approved(night)] == [((NEIGHBOUR,), True)]
        assert number not in [one.id for one in requests.approved(night)]


def test_a_person_with_an_open_task_is_not_erased(ledger_url: str) -> None:
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at) "
            "VALUES (gen_random_uuid(), 'FV-1', %s, '', 'unit-0101', 'open', now(), now())",
            (OLD,),
        )
        with pytest.raises(requests.CannotErase, match="FV-1"):
            requests.ask(connection, uuid4(), OLD, "GDPR art. 17", ANNE)
        assert connection.execute("SELECT count(*) FROM erasure_requests").fetchone() == (0,)


def test_a_number_that_is_joined_after_the_request_is_seen_before_the_cut_off(ledger_url: str) -> None:
    """What the erased number has forwarded to it would stay."""
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        requests.ask(connection, uuid4(), OLD, "GDPR art. 17", ANNE)
        connection.execute("UPDATE erasure_requests SET approved_at = now(), approved_by = 'BRITT'")
        (one,) = requests.approved(connection)
        requests.refuse_if_changed(connection, one)
        connection.execute("INSERT INTO person_joins (person_id, joined_to) VALUES (%s, %s)", (OLD, NEW))
        with pytest.raises(requests.CannotErase, match="another number"):
            requests.refuse_if_changed(connection, one)
        assert requests.approved(connection) == [], "it can never be carried out"
        requests.ask(connection, uuid4(), OLD, "GDPR art. 17", ANNE)
        connection.execute(
            "UPDATE erasure_requests SET approved_at = now(), approved_by = 'BRITT' WHERE done_at IS NULL"
        )
        (anew,) = requests.approved(connection)
        requests.refuse_if_changed(connection, anew)


def test_a_rule_takes_nobody_about_whom_a_message_has_come_since(ledger_url: str) -> None:
    """A task with messages on both sides of the moment would stay by halves."""
    before = datetime(2026, 10, 1, tzinfo=UTC)
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        requests.ask_by_rule(connection, uuid4(), [OLD], ground="a law", rules="1", before=before)
        (one,) = requests.approved(connection)
        add_message(connection, OLD, before - timedelta(seconds=1))
        requests.refuse_if_changed(connection, one)
        add_message(connection, OLD, before)
        with pytest.raises(requests.CannotErase, match="since"):
            requests.refuse_if_changed(connection, one)
        assert requests.approved(connection) == [], "retention judges anew"


def add_message(connection: psycopg.Connection[Any], person: str, at: datetime) -> None:
    connection.execute(
        "INSERT INTO messages (sender, message_id, person_id, revision, outcome, reason, law_version, registered_at, "
        "appended_at, "
        "origin_topic, origin_partition, origin_offset, decision) "
        "VALUES ('280051', gen_random_uuid(), %s, 1, 'undecided', 'x', '2025-07-01', %s, %s, 'dropout-risks', 0, "
        "extract(epoch FROM %s::timestamptz), '{}')",
        (person, at, at, at),
    )


async def test_a_restored_log_is_told_again_whom_the_topic_names(kafka: KafkaSettings) -> None:
    """Match's topic knows the person without a gravestone, as a backup of before would; the cut-off is that of then."""
    person, other = "restoredrestoredrestored01", "neverneverneverneverneve01"
    producer = AIOKafkaProducer(**kafka.producer())
    await producer.start()
    output = BatchProducer(producer, MAC)
    for name in (person, other):
        value = PersonRecord(person_id=name, applied=1).model_dump_json().encode()
        output.add(Topic.PEOPLE, _partition(name), name.encode(), value)
    await output.flush()
    await producer.stop()
    before = datetime(2026, 1, 1, tzinfo=UTC)
    async with ErasureLog(kafka, MAC) as log:
        await log.cut_off((person,), "request-3", before)
    said = await erasure_again.said_erasures(kafka, MAC)
    (one,) = erasure_again.lacking(said, await erasure_again.cut_offs(kafka, MAC))
    assert (one.request, one.people, one.origin.appended_at) == ("request-3", (person,), before)


def test_what_is_left_of_a_person_is_found_in_every_column(ledger_url: str, tmp_path: Path) -> None:
    """In a table, in a dump across the pieces in which it is read, in raw segments; what is not read is told."""
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO audit (kind, detail) VALUES ('found_by_cpr', jsonb_build_object('person_id', %s::text))",
            (OLD,),
        )
        connection.execute(FACT_OF, (OLD,))
        found = erasure_search.in_tables(connection, OLD)
        assert {table: number for table, number in found.rows.items() if number} == {
            "audit": 1,
            "person_facts": 1,
        }
        assert found.not_read == []
    dump = tmp_path / "dump"
    dump.write_bytes(b"x" * ((1 << 20) - 5) + OLD.encode() + b"y" * 40 + OLD.encode())
    assert erasure_search.in_file(dump, OLD) == 2
    (tmp_path / "decisions-3").mkdir()
    (tmp_path / "decisions-3" / "0.log").write_bytes(OLD.encode())
    assert erasure_search.in_segments(tmp_path, OLD) == {"decisions": 1}


def test_what_is_deleted_stands_in_pages_until_they_are_written_anew(ledger_url: str) -> None:
    """And in statistics until the next ANALYZE; no query shows either of them."""
    person = f"pages{uuid4().hex}"
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        ((folder,),) = connection.execute("SHOW data_directory").fetchall()
        connection.cursor().executemany(
            FACT_OF.replace("(0, 1,", "(0, %s,"), [(n, person if n < 30 else NEIGHBOUR) for n in range(40)]
        )
        connection.execute("ANALYZE person_facts")

        def found() -> dict[str, int]:
            connection.execute("CHECKPOINT")
            return in_pages(connection, Path(folder), person)

        assert found().keys() >= {"person_facts", "pg_statistic", WAL}
        connection.execute("DELETE FROM person_facts WHERE person_id = %s", (person,))
        assert erasure_search.in_tables(connection, person).rows["person_facts"] == 0
        assert found().keys() >= {"person_facts", "pg_statistic", WAL}
        connection.execute("VACUUM FULL person_facts")
        connection.execute("ANALYZE person_facts")
        connection.execute("VACUUM FULL pg_statistic")
        # ANALYZE leaves the samples of a table that is empty as they were.
        assert found().keys() <= {WAL}
