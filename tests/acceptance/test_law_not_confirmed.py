"""Story: nobody has read the law of the day; messages wait, two people confirm it, and what has waited is decided."""

import os
import signal
from pathlib import Path
from typing import Any

from tests.acceptance.service import Up, command, rows, until
from tests.acceptance.story import history

CONFIRMED = "2026-12-31"


def change(up: Up, file: str, old: str, new: str) -> None:
    """One of the service's own tables."""
    table = up.data / "reference" / file
    text = table.read_text(encoding="utf-8")
    assert old in text
    table.write_text(text.replace(old, new), encoding="utf-8")


def new_worker(up: Up) -> None:
    """The worker reads its tables when it begins; whoever looks after it starts it again."""

    def pid() -> int:
        found: int = up.addresses["pids"].get("worker", 0)
        return found

    before = pid()
    os.kill(before, signal.SIGKILL)
    until("another worker", lambda: pid() not in (before, 0))


def confirm(up: Up, *people: str) -> None:
    """Each of them signs for the rule set."""
    with (up.data / "reference" / "law_confirmations.csv").open("a", encoding="utf-8") as table:
        for person in people:
            table.write(f"lab-2026-02-01,{CONFIRMED},{person},2026-09-20,made-up,[I] of this story\n")


def decision(up: Up) -> dict[str, Any]:
    (row,) = rows("decisions", data=up.data)
    return row


def test_a_message_waits_for_the_law_and_is_decided_when_two_people_have_confirmed_it(
    up: Up, tmp_path: Path
) -> None:
    tables = up.data / "reference"
    until("tables", lambda: (tables / "law.toml").exists())
    change(up, "law.toml", "known_until = 2026-12-31", "known_until = 2026-09-30")
    header, *_ = (tables / "law_confirmations.csv").read_text(encoding="utf-8").splitlines()
    (tables / "law_confirmations.csv").write_text(header + "\n", encoding="utf-8")
    checked = command("check-config", data=up.data)
    assert checked.returncode == 0
    assert "lab-2026-02-01 is known until 2026-09-30. Messages of today are undecided" in checked.stderr
    new_worker(up)

    up.add_school()
    up.publish(tmp_path / "autumn.jsonl", history())
    until("four receipts", lambda: len(rows("receipts", data=up.data)) == 4)
    up.settle()
    waits = decision(up)
    assert (waits["decision"], waits["reason"]) == ("undecided", "law_not_confirmed")
    assert waits["review_on"] == "2026-10-02"
    assert rows("tasks", data=up.data) == []

    confirm(up, "en@loven.example")
    new_worker(up)
    assert command("redecide", "--yes", data=up.data).returncode == 0
    up.settle()
    assert decision(up)["reason"] == "law_not_confirmed", "one person alone confirms nothing"

    confirm(up, "to@loven.example")
    new_worker(up)
    asked = command("redecide", data=up.data)
    assert "Waiting (law_not_confirmed): 1 person." in asked.stdout
    handed = command("redecide", "--yes", data=up.data)
    assert "Handed over: 1 person; run again until it says 0." in handed.stdout
    until("a task", lambda: rows("tasks", data=up.data))
    decided = decision(up)
    assert (decided["decision"], decided["unit"]) == ("obliged", "jc-0561")
    assert decided["revision"] == waits["revision"] + 1
    assert decided["evidence"]["law_confirmed_until"] == CONFIRMED
    up.settle()
    assert "Waiting (law_not_confirmed): 0 people." in command("redecide", data=up.data).stdout
