"""Story: a student's benefit stands under a temporary number, the rest under the new one; one duty comes of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.acceptance.test_command_line import (
    SCHOOL,
    Up,
    command,
    event,
    history,
    rows,
    start,
    until,
    write,
)

TEMPORARY: str = "6101051234"
"""Day + 60."""
NEW: str = "0101055678"


@pytest.fixture(scope="module")
def up(jars: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("service") / "data")
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def under(cpr: str, one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "data": {**one["data"], "cpr": cpr}}


def publish(up: Up, file: Path, events: list[dict[str, Any]]) -> None:
    sent = command("publish", str(write(file, events)), "--keys", str(up.data / "keys"))
    assert sent.returncode == 0, sent.stderr
    until("sound audit", lambda: command("audit", "--grace", "0", data=up.data).returncode == 0)


def scalar(up: Up, query: str) -> Any:
    url = json.loads((up.data / "addresses.json").read_text())["database_url"]
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def test_one_duty_comes_of_what_two_numbers_say(up: Up, tmp_path: Path) -> None:
    """Before the register has joined them nobody is obliged; afterwards one task stands, and the books are sound."""
    assert command("senders", "add", SCHOOL, "--name", "Prøveskolen", data=up.data).returncode == 0
    until("entry", lambda: (up.data / "senders" / f"{SCHOOL}.json").exists())
    told: list[Any] = history()
    benefit = [one for one in told if "benefit" in str(one["type"])]
    rest = [one for one in told if one not in benefit]
    publish(
        up,
        tmp_path / "before.jsonl",
        [under(TEMPORARY, one) for one in benefit] + [under(NEW, one) for one in rest],
    )
    assert [one["reason"] for one in rows("decisions", data=up.data)] == ["no_target_group_period_known"]
    assert rows("tasks", data=up.data) == []
    joined = event(
        "person-number.changed",
        "REG-CPR",
        "2026-10-03T10:00:00+02:00",
        TEMPORARY,
        new_cpr=NEW,
        valid_from="2026-10-01",
    )
    publish(up, tmp_path / "join.jsonl", [joined])
    until("task", lambda: rows("tasks", data=up.data))
    again = {**rest[0], "id": str(uuid4())}
    publish(
        up, tmp_path / "after.jsonl", [under(NEW, again), under(TEMPORARY, {**again, "id": str(uuid4())})]
    )
    (task,) = rows("tasks", data=up.data)
    assert scalar(up, "SELECT count(*) FROM messages WHERE outcome = 'obliged' AND task_id IS NOT NULL") == 3
    assert scalar(up, "SELECT count(DISTINCT person_id) FROM messages") == 1
    assert task["reference"]
    for what in ("ledger", "people"):
        rebuilt = command("rebuild", what, "--json", data=up.data)
        assert rebuilt.returncode == 0, rebuilt.stdout
