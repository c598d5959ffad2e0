"""Story: somebody doubts the books; they are made once more from Kafka, and what was changed is found and mended."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from config.every_environment import EveryEnvironment
from config.settings import load
from config.topics import PERSON_PARTITIONS, Topic
from frafaldsvarsel.wiring.common import stream_mac
from infra.stream_mac import HEADER, StreamMac
from local.servers.mailbox import read_mails
from models.eligibility.person_record import PersonRecord
from streams.packed_record import unpack
from tests.acceptance.service import Up, command, rows, until
from tests.acceptance.story import CPR, OTHER_CPR, SCHOOL, event, history


def story() -> list[dict[str, object]]:
    """Two students: corrections, a move, a withdrawal, repeats, and one id used for both of them."""
    one, other = history(CPR), history(OTHER_CPR)
    message, study = one[0], one[3]
    data = dict(study["data"])  # type: ignore[call-overload]  # JSON
    corrected = event("enrolment.corrected", SCHOOL, "2026-08-20T10:00:00+02:00", **data)
    moved = event(
        "residence.registered",
        "REG-CPR",
        "2026-09-20T10:00:00+02:00",
        residence_id=str(uuid4()),
        municipality_code="0751",
        valid_from="2026-09-15",
    )
    again = {**event("dropout-risk.raised", SCHOOL, "2026-10-05T10:00:00+02:00"), "data": message["data"]}
    withdrawn = event(
        "dropout-risk.withdrawn",
        SCHOOL,
        "2026-10-06T10:00:00+02:00",
        institution_number=SCHOOL,
        message_id=str(again["id"]),
        reason="risk_over",
    )
    clash = {**other[0], "id": message["id"]}
    return [*one, *other, corrected, again, moved, withdrawn, message, study, clash]


@pytest.fixture(scope="module")
def told(up: Up, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    up.add_school()
    events = story()
    folder = tmp_path_factory.mktemp("files")
    # A move after the task was opened hands it over: so the move comes in a file of its own.
    for name, part in (("first", events[:8]), ("then", events[8:])):
        up.publish_and_settle(folder / f"{name}.jsonl", part)
    until("refusal", lambda: rows("quarantine", "list", "--kind", "conflict", data=up.data))
    until("no mail is due", lambda: not up.scalar("SELECT count(*) FROM deliveries WHERE status = 'due'"))
    return events


def execute(up: Up, *statements: str) -> None:
    with up.database() as connection:
        for statement in statements:
            connection.execute(statement.encode())


def rebuilt(up: Up, *arguments: str) -> tuple[int, dict[str, Any]]:
    ran = command("rebuild", *arguments, "--json", data=up.data)
    assert ran.stdout, ran.stderr
    return ran.returncode, json.loads(ran.stdout)


def differing(found: dict[str, Any]) -> dict[str, int]:
    return {table["table"]: table["differing"] for table in found["tables"] if table["differing"]}


def test_the_ledger_made_once_more_is_the_same(up: Up, told: list[dict[str, object]]) -> None:
    code, found = rebuilt(up, "ledger")
    assert differing(found) == {}
    assert code == 0
    tables = {table["table"]: table for table in found["tables"]}
    assert tables["receipts"]["live"] == tables["receipts"]["rebuilt"] == len(told)
    assert tables["repeats"]["live"] == 3
    assert tables["tasks"]["live"] >= 2
    assert tables["messages"]["live"] >= 3
    for table in tables.values():
        assert table["live_hash"] == table["rebuilt_hash"]
    assert found["removed"] == []
    assert up.scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'rebuilt'") == 0


@pytest.fixture
def unwatched(up: Up) -> Iterator[None]:
    """The service's own auditor rests: it would drive again what a test takes away, and the ledger would go on."""
    auditor = int(up.addresses["pids"]["audit"])
    os.kill(auditor, signal.SIGSTOP)
    yield
    os.kill(auditor, signal.SIGCONT)


def test_tampered_rows_are_found_by_table_and_mended_and_nothing_is_sent(
    up: Up, told: list[dict[str, object]], unwatched: None
) -> None:
    mails = len(read_mails(up.data / "catcher"))
    before = rows("tasks", data=up.data)
    decisions = rows("decisions", data=up.data)
    trail = up.scalar("SELECT count(*) FROM audit")
    execute(
        up,
        "UPDATE tasks SET react_by = react_by + 30 WHERE status = 'open'",
        "UPDATE messages SET outcome = 'not_obliged' WHERE outcome = 'obliged'",
        "DELETE FROM repeats WHERE kind = 'duplicate'",
        "DELETE FROM applied WHERE partition = (SELECT min(partition) FROM applied)",
        'INSERT INTO receipts (topic, partition, "offset", appended_at, status) VALUES '
        "('benefits', 0, 999999, now(), 'accepted')",
        "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE occasion = 'handed_over')",
        "DELETE FROM deliveries WHERE occasion = 'handed_over'",
    )
    code, found = rebuilt(up, "ledger")
    assert code == 1
    assert set(differing(found)) == {"tasks", "messages", "repeats", "applied", "receipts", "deliveries"}
    assert differing(found)["receipts"] == 1
    shown = command("rebuild", "ledger", data=up.data)
    assert shown.returncode == 1
    assert "benefits/0/999999" in shown.stderr
    code, found = rebuilt(up, "ledger", "--apply", "--as", "drift-1")
    assert code == 0
    assert found["applied"]
    code, found = rebuilt(up, "ledger")
    assert (code, differing(found)) == (0, {})
    after = rows("tasks", data=up.data)
    for name in ("task_id", "status", "react_by", "opened_at", "message_ids"):
        assert [task[name] for task in after] == [task[name] for task in before]
    assert rows("decisions", data=up.data) == decisions
    assert up.scalar("SELECT count(*) FROM audit") > trail
    assert up.scalar("SELECT detail ->> 'by' FROM audit WHERE kind = 'ledger_rebuilt'") == "drift-1"
    (notice,) = rows("quarantine", "list", "--kind", "delivery", data=up.data)
    assert "rebuild" in notice["detail"]  # it may have been sent: a person decides
    assert up.scalar("SELECT count(*) FROM deliveries WHERE status = 'due'") == 0
    assert len(read_mails(up.data / "catcher")) == mails


def test_what_retention_has_removed_is_said_and_taken_as_it_stands(
    up: Up, told: list[dict[str, object]]
) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap(up), "log_level": 0})
    gone = [TopicPartition(Topic.RECEIPTS, partition, -1) for partition in range(4)]
    for future in admin.delete_records(gone).values():
        future.result(20)
    code, found = rebuilt(up, "ledger")
    assert differing(found) == {}
    assert code == 0
    assert {one["topic"] for one in found["removed"]} == {"receipts"}
    assert sum(one["taken_over"] for one in found["removed"]) == len(told)
    assert "could not be rebuilt" in command("rebuild", "ledger", data=up.data).stderr


def bootstrap(up: Up) -> str:
    known: str = up.addresses["bootstrap_servers"]
    return known


def test_the_peoples_records_made_once_more_are_the_same(up: Up, told: list[dict[str, object]]) -> None:
    code, found = rebuilt(up, "people")
    assert (code, found["differing"], found["people"]) == (0, 0, 2)
    assert found["held_hash"] == found["rebuilt_hash"]


def test_a_record_that_was_tampered_with_is_found_and_mended(up: Up, told: list[dict[str, object]]) -> None:
    partition, key, headers, value = newest_record(up)
    record = PersonRecord.model_validate_json(unpack(value))
    short = (
        record.model_copy(update={"events": record.events[:1]})
        .model_dump_json(exclude_defaults=True)
        .encode()
    )
    write_record(up, partition, key, short, headers)
    code, found = rebuilt(up, "people")
    assert (code, found["differing"]) == (0, 0)  # its MAC is another record's: it has no effect
    unsigned = [(name, said) for name, said in headers if name != HEADER]
    write_record(up, partition, key, short, mac_of(up).headers(Topic.PEOPLE, partition, key, short, unsigned))
    code, found = rebuilt(up, "people")
    assert (code, found["differences"]) == (1, {"events": 1})
    assert found["held_hash"] != found["rebuilt_hash"]
    code, found = rebuilt(up, "people", "--apply")
    assert (code, found["written"]) == (0, 1)
    code, found = rebuilt(up, "people")
    assert (code, found["differing"]) == (0, 0)


def write_record(up: Up, partition: int, key: bytes, value: bytes, headers: Any) -> None:
    producer = Producer({"bootstrap.servers": bootstrap(up), "log_level": 0})
    producer.produce(Topic.PEOPLE, key=key, partition=partition, value=value, headers=list(headers))
    producer.flush(20)


def mac_of(up: Up) -> StreamMac:
    """Whoever has the service's own key can do this."""
    environment = up.addresses["environment"]
    return stream_mac(load(EveryEnvironment, environment).stream)


def newest_record(up: Up) -> tuple[int, bytes, Any, bytes]:
    consumer = Consumer({"bootstrap.servers": bootstrap(up), "group.id": f"look-{uuid4()}", "log_level": 0})
    try:
        for partition in range(PERSON_PARTITIONS):
            place = TopicPartition(Topic.PEOPLE, partition)
            first, end = consumer.get_watermark_offsets(place, timeout=20)
            if end > first:
                consumer.assign([TopicPartition(Topic.PEOPLE, partition, end - 1)])
                message = consumer.poll(20)
                assert message is not None
                assert message.error() is None
                return partition, message.key() or b"", message.headers() or [], message.value() or b""
    finally:
        consumer.close()
    raise AssertionError("no person has a record")
