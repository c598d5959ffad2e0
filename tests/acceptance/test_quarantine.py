"""Story: a school's key is missing, so its message is refused; the key comes, and the message still becomes a task."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from config.kafka import KafkaSettings
from local.servers.mailbox import read_mails
from models.dead_letter import place_of
from models.operator import Operator
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Selection
from ops.recovery.rejected_payloads import Bytes, RejectedPayloads
from ops.recovery.replay import Replayer
from ops.recovery.replay_plan import Again
from tests.acceptance.service import REGISTER_SECONDS, Up, command, rows, until
from tests.acceptance.story import CPR, OTHER_CPR, SCHOOL, history, write
from tests.keys import stored_keys

WORDS = "Svarer ikke på beskeder."


def listed(up: Up, *filters: str) -> list[dict[str, Any]]:
    return rows("quarantine", "list", *filters, data=up.data)


def replayed(up: Up, *arguments: str) -> list[dict[str, Any]]:
    if "--yes" in arguments and "--because" not in arguments:
        arguments = (*arguments, "--because", "en gang til")
    if "--yes" in arguments:
        # Asked by one, approved by another.
        command("quarantine", "replay", *arguments, "--json", data=up.data)
        for waiting in rows("requests", "list", data=up.data):
            approval = ("requests", "approve", waiting["id"], "--because", "set", "--as", "drift-2")
            assert command(*approval, data=up.data).returncode == 0
    ran = command("quarantine", "replay", *arguments, "--json", data=up.data)
    assert ran.returncode in (0, 1), ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def trail(up: Up) -> list[tuple[str, dict[str, Any]]]:
    with up.database() as connection:
        return connection.execute(
            "SELECT kind, detail FROM audit WHERE kind LIKE 'quarantine%' ORDER BY id"
        ).fetchall()


def kafka(up: Up) -> KafkaSettings:
    return KafkaSettings(bootstrap_servers=up.addresses["bootstrap_servers"])


def _accepted_twins(up: Up, events: list[dict[str, object]]) -> set[str] | None:
    """Where the school's two records stand accepted."""
    ids = {str(one["id"]) for one in events if one["sender"] == SCHOOL}
    found = {
        f"{one['topic']}/{one['partition']}/{one['offset']}"
        for one in rows("receipts", "--status", "accepted", data=up.data)
        if one["message_id"] in ids
    }
    return found if len(found) == 2 else None


def _ids(found: list[dict[str, Any]]) -> list[str]:
    return [part for one in found for part in ("--id", one["id"])]


def enter_school(up: Up) -> str:
    """Add the school, and take its key out of the register; returns the entry as it should be."""
    up.add_school()
    entry = up.data / "senders" / f"{SCHOOL}.json"
    whole = entry.read_text()
    put(entry, json.dumps(json.loads(whole) | {"keys": []}))
    return whole


def put(entry: Path, text: str) -> None:
    part = entry.with_suffix(".part")
    part.write_text(text)
    part.replace(entry)
    time.sleep(REGISTER_SECONDS)


@pytest.fixture(scope="module")
def refused(up: Up, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Of four records the school's two are refused. Then its key is entered."""
    whole = enter_school(up)
    events = history()
    up.publish(tmp_path_factory.mktemp("files") / "autumn.jsonl", events, "--no-check")
    found = until("two refused", lambda: got if len(got := listed(up)) == 2 else None)
    put(up.data / "senders" / f"{SCHOOL}.json", whole)
    (message,) = [one for one in found if one["id"].startswith("dropout-risks/")]
    return {"message": message, "event": events[0], "events": events, "all": found}


def test_what_was_refused_is_listed_by_kind_reason_sender_time_and_id(
    up: Up, refused: dict[str, Any]
) -> None:
    message = refused["message"]
    assert {one["reason"] for one in refused["all"]} == {"unknown_key"}
    assert {one["state"] for one in refused["all"]} == {"open"}
    assert message["sender"] == SCHOOL
    assert message["kind"] == "input"
    assert len(listed(up, "--reason", "unknown_key", "--sender", SCHOOL, "--kind", "input")) == 2
    assert listed(up, "--reason", "not_json") == []
    assert listed(up, "--sender", "0563") == []
    assert listed(up, "--kind", "delivery") == []
    assert listed(up, "--until", message["since"].replace(" ", "T")) == [
        one for one in refused["all"] if one["since"] < message["since"]
    ]
    assert [one["id"] for one in listed(up, "--id", message["id"])] == [message["id"]]
    assert message["id"] in command("quarantine", "list", data=up.data).stdout


def test_showing_it_is_in_the_audit_trail_before_it_is_opened(up: Up, refused: dict[str, Any]) -> None:
    identity = refused["message"]["id"]
    assert command("quarantine", "show", identity, data=up.data).returncode == 2  # without a reason
    assert trail(up) == []
    shown = command(
        "quarantine", "show", identity, "--because", "nøgle mangler", "--as", "drift-1", data=up.data
    )
    assert shown.returncode == 0, shown.stderr
    assert refused["event"]["id"] in shown.stdout
    assert WORDS not in shown.stdout  # sealed for the stream alone
    assert "unknown_key" in shown.stdout
    assert CPR not in shown.stdout + shown.stderr  # it travels sealed
    ((kind, detail),) = trail(up)
    assert kind == "quarantine_opened"
    assert detail == {
        "thing": "input",
        "id": identity,
        "reason": "unknown_key",
        "by": "drift-1",
        "because": "nøgle mangler",
        "login": "shared:frafaldsvarsel_operator",
    }
    (as_json,) = rows("quarantine", "show", identity, "--because", "igen", data=up.data)
    assert json.loads(as_json["value"])["id"] == refused["event"]["id"]
    assert as_json["gone"] is None


def test_an_opening_that_cannot_be_written_down_does_not_happen(up: Up, refused: dict[str, Any]) -> None:
    """The trail is made unwritable: nothing is shown."""
    with up.database() as connection:
        connection.execute(
            "ALTER TABLE audit ADD CONSTRAINT shut CHECK (kind <> 'quarantine_opened') NOT VALID"
        )
        try:
            shown = command("quarantine", "show", refused["message"]["id"], "--because", "x", data=up.data)
        finally:
            connection.execute("ALTER TABLE audit DROP CONSTRAINT shut")
    assert shown.returncode != 0
    assert refused["event"]["id"] not in shown.stdout


def test_a_replay_says_first_what_would_happen_and_then_makes_the_task(
    up: Up, refused: dict[str, Any]
) -> None:
    before = len(rows("receipts", data=up.data))
    dry = replayed(up, "--reason", "unknown_key")
    assert [(one["prospect"], one["replayed"]) for one in dry] == [("accepted", False)] * 2
    assert len(rows("receipts", data=up.data)) == before
    assert command("quarantine", "replay", "--yes", data=up.data).returncode == 2  # nothing selected
    done = replayed(up, "--reason", "unknown_key", "--because", "nøgle oprettet", "--yes")
    assert [one["replayed"] for one in done] == [True, True]
    (task,) = until("task", lambda: rows("tasks", "--unit", "jc-0561", data=up.data))
    assert task["message_ids"] == [refused["event"]["id"]]
    until("mail", lambda: read_mails(up.data / "catcher"))
    assert listed(up) == []
    history = {one["id"]: one for one in listed(up, "--all")}
    entry = history[refused["message"]["id"]]
    assert entry["state"] == "replayed"
    assert entry["because"] == "nøgle oprettet"
    (accepted,) = [
        one
        for one in rows("receipts", "--message", refused["event"]["id"], data=up.data)
        if one["status"] == "accepted"
    ]
    assert entry["replayed_as"] == f"dropout-risks/{accepted['partition']}/{accepted['offset']}"
    assert task["appended_at"] == accepted["appended_at"] > refused["message"]["since"].replace("T", " ")


def test_replayed_twice_it_is_one_task_and_one_mail(up: Up, refused: dict[str, Any]) -> None:
    identity = refused["message"]["id"]
    (again,) = replayed(up, "--id", identity, "--yes")
    assert (again["prospect"], again["replayed"]) == ("decided", False)
    (forced,) = replayed(up, "--id", identity, "--yes", "--force")
    assert forced["replayed"]
    until(
        "duplicate",
        lambda: [one for one in rows("receipts", data=up.data) if one["repeat"] == "duplicate"],
    )
    assert len(rows("tasks", data=up.data)) == 1
    assert len(read_mails(up.data / "catcher")) == 1


def test_a_replay_cut_off_after_the_brokers_took_it_is_replayed_again_without_effect(
    up: Up, refused: dict[str, Any], tmp_path: Path
) -> None:
    """The process dies between Kafka's answer and the database: the entry says `begun`, and nothing is doubled."""
    entry = up.data / "senders" / f"{SCHOOL}.json"
    whole = entry.read_text()
    put(entry, json.dumps(json.loads(whole) | {"keys": []}))
    events = history(OTHER_CPR)
    published = command(
        "publish",
        str(write(tmp_path / "more.jsonl", events)),
        "--keys",
        str(up.data / "keys"),
        "--no-check",
    )
    assert published.returncode == 0
    until("two refused", lambda: len(listed(up)) == 2)
    put(entry, whole)
    payloads = RejectedPayloads(kafka(up), stored_keys(up.data).opener)
    with up.database() as connection:
        things = dead_letters.dead_letters(connection, Selection())
        found = payloads.refused(
            {dead_letter.place: dead_letter.since for dead_letter in things}, datetime.now(UTC)
        )
        operator = Operator("drift-1", None)
        replayer = Replayer(connection, kafka(up), operator)
        for dead_letter in things:
            content = found[dead_letter.place]
            assert isinstance(content, Bytes)
            dead_letters.begin(connection, dead_letter, operator)
            topic, partition, _ = dead_letter.place
            replayer.write(Again(topic, partition, dead_letter.sender, content))
    payloads.close()
    assert [one["state"] for one in listed(up)] == ["begun", "begun"]
    until("second task", lambda: len(rows("tasks", data=up.data)) == 2)
    found = until("receipts of the replay", lambda: _accepted_twins(up, events))
    done = replayed(up, "--sender", SCHOOL, "--yes")
    assert [(one["prospect"], one["replayed"]) for one in done] == [("duplicate", True)] * 2
    assert {one["replayed_as"] for one in done} == found  # noted, and not written a second time
    again = replayed(up, *_ids(done), "--yes", "--force")
    assert [one["replayed"] for one in again] == [True, True]  # written a second time all the same
    up.settle()
    assert len(rows("tasks", data=up.data)) == 2
    assert len(until("mails", lambda: m if len(m := read_mails(up.data / "catcher")) >= 2 else None)) == 2


def test_what_would_be_refused_again_is_not_replayed_and_is_dismissed_with_a_reason(up: Up) -> None:
    producer = Producer({"bootstrap.servers": kafka(up).bootstrap_servers, "log_level": 0})
    producer.produce("benefits", value=f"Ring til {CPR}\x1b[2J".encode(), key=b"0563")
    producer.flush(20)
    (dead_letter,) = until("refused", lambda: listed(up, "--reason", "not_json"))
    (dry,) = replayed(up, "--id", dead_letter["id"])
    assert (dry["prospect"], dry["why"]) == ("refused", "not_json")
    (payloads,) = replayed(up, "--id", dead_letter["id"], "--yes")
    assert not payloads["replayed"]
    shown = command("quarantine", "show", dead_letter["id"], "--because", "hvad er det", data=up.data)
    assert "\x1b" not in shown.stdout
    assert "\\x1b[2J" in shown.stdout
    dry_dismissal = command(
        "quarantine", "dismiss", "--id", dead_letter["id"], "--because", "ikke en hændelse", data=up.data
    )
    assert dry_dismissal.returncode == 0
    assert [one["id"] for one in listed(up)] == [dead_letter["id"]]
    dismissed = command(
        "quarantine",
        "dismiss",
        "--id",
        dead_letter["id"],
        "--because",
        "ikke en hændelse",
        "--as",
        "drift-2",
        "--yes",
        data=up.data,
    )
    assert dismissed.returncode == 0, dismissed.stderr
    assert listed(up) == []
    (entry,) = listed(up, "--all", "--reason", "not_json")
    assert (entry["state"], entry["because"], entry["decided_by"]) == (
        "dismissed",
        "ikke en hændelse",
        "drift-2",
    )
    assert trail(up)[-1][0] == "quarantine_dismissed"
    assert CPR not in json.dumps(trail(up))
    assert place_of(dead_letter["id"])[0] == "benefits"
    for log in (up.data / "logs").glob("*.log"):
        assert CPR not in log.read_text()


def test_a_conflict_is_listed_and_shown_and_no_replay_would_help(
    up: Up, refused: dict[str, Any], tmp_path: Path
) -> None:
    raised = refused["event"]
    other = raised | {"data": raised["data"] | {"severity": "low"}}
    published = command(
        "publish", str(write(tmp_path / "other.jsonl", [other])), "--keys", str(up.data / "keys")
    )
    assert published.returncode == 0, published.stderr
    (conflict,) = until("conflict", lambda: listed(up, "--kind", "conflict"))
    assert (conflict["reason"], conflict["message_id"]) == ("id_conflict", raised["id"])
    (dry,) = replayed(up, "--kind", "conflict", "--yes", "--force")
    assert (dry["prospect"], dry["replayed"]) == ("conflict", False)
    (shown,) = rows("quarantine", "show", conflict["id"], "--because", "hvad er anderledes", data=up.data)
    assert json.loads(shown["value"])["data"]["severity"] == "low"


def test_bytes_that_retention_has_removed_are_said_to_be_gone(up: Up, refused: dict[str, Any]) -> None:
    """Last: it empties the topic, as 365 days would."""
    admin = AdminClient({"bootstrap.servers": kafka(up).bootstrap_servers, "log_level": 0})
    places = [TopicPartition("rejected", partition, -1) for partition in range(4)]
    for future in admin.delete_records(places).values():
        future.result(20)
    shown = command("quarantine", "show", refused["message"]["id"], "--because", "x", data=up.data)
    assert shown.returncode == 0
    assert "the bytes are gone" in shown.stderr
    (dry,) = replayed(up, "--id", refused["message"]["id"])
    assert dry["prospect"] == "gone"
