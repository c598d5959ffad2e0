"""Story: somebody runs the service for the first time, lets a school send, and follows a message to its task."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from config.environments import WorkerEnvironment
from config.key_environment import least_keys
from config.settings import variables_of
from local.servers.mailbox import read_mails
from tests.acceptance.service import Up, auditor_held, command, rows, start, until
from tests.acceptance.story import CPR, OTHER_CPR, SCHOOL, history, write
from tests.paths import ROOT


@pytest.fixture(scope="module")
def sent(up: Up, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    up.add_school()
    events = history()
    file = write(tmp_path_factory.mktemp("files") / "autumn.jsonl", events)
    published = command("publish", str(file), "--keys", str(up.data / "keys"))
    assert published.returncode == 0, published.stderr
    assert "4 of 4 lines published" in published.stdout
    return {"message": events[0]["id"], "file": file}


def test_a_new_schools_message_becomes_a_task_and_a_mail(up: Up, sent: dict[str, Any]) -> None:
    """Facts of three senders in one file, in any order; the message stood first."""
    (decision,) = until(
        "obliged decision",
        lambda: rows("decisions", "--outcome", "obliged", "--message", str(sent["message"]), data=up.data),
    )
    assert decision["institution"] == SCHOOL
    assert decision["reason"] == "obliged"
    assert decision["unit"] == "jc-0561"  # Fanø's residents are Esbjerg's
    assert decision["law_version"] == "lab-2026-02-01"
    assert decision["topic"] == "dropout-risks"
    assert decision["evidence"]["window_end"] == "2027-02-11"
    (task,) = rows("tasks", "--unit", "jc-0561", data=up.data)
    assert task["task_id"] == decision["task_id"]
    assert task["status"] == "open"
    assert task["message_ids"] == [sent["message"]]
    (mail,) = until("mail", lambda: read_mails(up.data / "catcher"))
    assert task["reference"] in mail.subject
    assert CPR not in mail.text + mail.html + mail.subject
    assert "Svarer ikke" not in mail.text + mail.html


def test_a_case_system_reads_the_task_with_the_client_that_was_made_at_the_start(
    up: Up, sent: dict[str, Any]
) -> None:
    """What the two lines of docs/api.md do."""
    (task,) = until("task", lambda: rows("tasks", data=up.data))
    api = up.addresses["api"]
    file = up.data / "api" / "case-system.curl"
    login = dict(line.split(" = ") for line in file.read_text().splitlines())
    client, _, secret = json.loads(login["user"]).partition(":")
    got = httpx2.post(
        json.loads(login["url"]), auth=(client, secret), data={"grant_type": "client_credentials"}
    )
    bearer = {"Authorization": f"Bearer {got.json()['access_token']}"}
    read = httpx2.get(f"{api}/tasks", params={"filter": "open", "limit": 3}, headers=bearer)
    assert read.status_code == 200, read.text
    # It is the made-up people's units' client: another unit's task is not there.
    assert task["unit"] not in str(read.json())
    logs = "".join(log.read_text() for log in (up.data / "logs").glob("*.log"))
    assert secret not in logs + (up.data / "addresses.json").read_text()


def test_receipts_name_every_record(up: Up, sent: dict[str, Any]) -> None:
    receipts = until("receipts", lambda: found if len(found := rows("receipts", data=up.data)) >= 4 else None)
    assert {receipt["status"] for receipt in receipts} == {"accepted"}
    assert {receipt["institution"] for receipt in receipts} == {SCHOOL, "0563", "REG-CPR"}


def test_publishing_the_same_file_again_changes_nothing_but_the_repeats(up: Up, sent: dict[str, Any]) -> None:
    before = rows("tasks", data=up.data)
    again = command("publish", str(sent["file"]), "--keys", str(up.data / "keys"))
    assert again.returncode == 0
    repeats = until(
        "duplicates",
        lambda: (
            found
            if len(found := [one for one in rows("receipts", data=up.data) if one["repeat"] == "duplicate"])
            == 4
            else None
        ),
    )
    assert {one["repeat"] for one in repeats} == {"duplicate"}
    assert rows("tasks", data=up.data) == before
    assert len(read_mails(up.data / "catcher")) == 1


def test_a_line_that_cannot_be_published_is_named_and_the_exit_code_says_so(up: Up, tmp_path: Path) -> None:
    good, bad = history(OTHER_CPR)[:2]
    data = dict(bad["data"])  # type: ignore[call-overload]  # JSON
    del data["municipality_code"]
    file = write(tmp_path / "faulty.jsonl", [good, bad | {"data": data}])
    published = command("publish", str(file), "--keys", str(up.data / "keys"))
    assert published.returncode == 1
    assert "Line 2" in published.stderr
    assert "municipality_code" in published.stderr
    assert OTHER_CPR not in published.stderr + published.stdout


def test_the_audit_balances_and_every_topic_and_setting_is_sound(up: Up, sent: dict[str, Any]) -> None:
    audited = until(
        "sound audit",
        lambda: found if (found := command("audit", "--json", data=up.data)).returncode == 0 else None,
    )
    account = json.loads(audited.stdout)
    assert account["unaccounted"] == 0
    assert {one["hop"] for one in account["accounts"]} >= {"receipts", "applied", "decisions", "tasks"}
    assert command("topics", "check", data=up.data).returncode == 0
    assert command("check-config", data=up.data).returncode == 0


def test_what_got_lost_on_the_way_is_found_by_its_place_and_driven_again(
    up: Up, sent: dict[str, Any]
) -> None:
    """Rows are taken out of the ledger, as if a hop had lost them; the same steps put back the same rows."""
    before = {name: rows(name, data=up.data) for name in ("receipts", "decisions", "tasks")}
    with auditor_held(up.data):
        with up.database() as connection:
            connection.execute("DELETE FROM repeats")
            connection.execute("DELETE FROM receipts WHERE topic IN ('benefits', 'residences')")
            connection.execute("DELETE FROM applied WHERE origin_topic = 'enrolments'")
            for table in ("messages", "attempts", "deliveries", "tasks"):
                connection.execute(f"DELETE FROM {table}".encode())  # noqa: S608 - our own names
        found = command("audit", "--json", "--heal", "--grace", "0", data=up.data)
    assert found.returncode == 1
    lost = json.loads(found.stdout)
    assert lost["unaccounted"] > 0
    places = {(one["hop"], one.get("topic")) for one in lost["exceptions"]}
    assert {("receipts", "benefits"), ("receipts", "residences"), ("person_events", "enrolments")} <= places
    until("sound audit", lambda: command("audit", "--grace", "0", "--heal", data=up.data).returncode == 0)
    healed_tasks = rows("tasks", data=up.data)
    for name in ("task_id", "reference", "unit", "react_by", "appended_at", "message_ids"):
        assert [one[name] for one in healed_tasks] == [one[name] for one in before["tasks"]]
    healed = rows("decisions", data=up.data)
    assert [(one["message_id"], one["decision"], one["unit"], one["revision"]) for one in healed] == [
        (one["message_id"], one["decision"], one["unit"], one["revision"]) for one in before["decisions"]
    ]
    assert len(rows("receipts", data=up.data)) == len(before["receipts"])


def test_tables_show_what_the_json_says(up: Up, sent: dict[str, Any]) -> None:
    shown = command("tasks", data=up.data)
    assert "FV-" in shown.stdout
    assert "jc-0561" in shown.stdout


def test_a_second_service_in_the_same_folder_is_refused(up: Up) -> None:
    second = command("up", data=up.data)
    assert second.returncode == 1
    assert "runs in" in second.stderr


def test_a_process_without_settings_says_what_to_mend(up: Up) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "FRAFALDSVARSEL_MAIL_FROM": "x@example.dk",
        "FRAFALDSVARSEL_TYPO": "1",
    }
    for process, lacks in (
        ("worker", {"KAFKA_BOOTSTRAP_SERVERS", "KEYS_DIR", "SENDERS_DIR"}),
        ("ledger", {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"}),
        ("notify", {"DATABASE_URL", "KEYS_DIR"}),
    ):
        ended = subprocess.run(
            [sys.executable, "-m", "frafaldsvarsel", process],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 78
        said = {line.removeprefix("✗ ") for line in ended.stderr.splitlines()}
        assert {line for line in said if "is missing" in line} == {
            f"FRAFALDSVARSEL_{name} is missing." for name in lacks
        }
        assert "FRAFALDSVARSEL_TYPO is not a setting" in ended.stderr


def test_a_second_worker_takes_a_share_with_the_same_settings(up: Up, tmp_path: Path) -> None:
    """The addresses' environment is enough, but for the keys of others; nobody has to think of names."""
    everything: dict[str, str] = up.addresses["environment"]
    settings = least_keys(WorkerEnvironment, everything, variables_of(WorkerEnvironment))
    ready = tmp_path / "ready"
    second = subprocess.Popen(
        [sys.executable, "-m", "frafaldsvarsel", "worker"],
        cwd=ROOT,
        env=os.environ | settings | {"FRAFALDSVARSEL_READY_FILE": str(ready)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        share = until("share", lambda: ready.exists() and int(ready.read_text().split()[0]))
        assert 0 < share < 24
    finally:
        second.terminate()
        assert second.wait(90) == 0


def test_stopping_keeps_everything_and_the_next_start_goes_on(up: Up, sent: dict[str, Any]) -> None:
    """Last in the file: it stops the service that the others use."""
    before = rows("tasks", data=up.data)
    addresses = up.addresses
    assert up.stop() == 0
    for pid in addresses["pids"].values():
        assert not Path(f"/proc/{pid}").exists()
    again = start(up.data)
    try:
        assert rows("tasks", data=up.data) == before
        assert command("audit", data=up.data).returncode == 0
    finally:
        assert again.stop() == 0
