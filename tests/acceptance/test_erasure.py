"""Story: a young person's case is long over and everything about them is erased; then they begin an education anew."""

import subprocess
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from tests.acceptance.service import Up, command, rows, until
from tests.acceptance.story import SCHOOL, event, history
from tests.integration.streams.traffic import made_up_cpr
from tests.keys import stored_keys

GONE: Final = made_up_cpr(31)
STAYS: Final = made_up_cpr(32)


def erase(up: Up, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return command("erase", *arguments, data=up.data, typed=typed)


def approve(up: Up, number: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command("requests", "approve", number, *arguments, data=up.data)


def asked(up: Up) -> subprocess.CompletedProcess[str]:
    ground = ("--ground", "GDPR art. 17(1)(a)", "--because", "case 7", "--as", "anna")
    return erase(up, "request", *ground, typed=GONE + "\n")


def open_tasks(up: Up, one: dict[str, Any]) -> list[dict[str, Any]]:
    tasks = rows("tasks", data=up.data)
    return [task for task in tasks if one["id"] in (task["message_ids"] or ()) and task["status"] == "open"]


def counted(up: Up, one: dict[str, Any]) -> list[dict[str, Any]]:
    """What the message obliges to."""
    return rows("decisions", "--outcome", "obliged", "--message", one["id"], data=up.data)


def receipts_of(up: Up, one: dict[str, Any]) -> list[dict[str, Any]]:
    """In the order in which the brokers had the records."""
    found = [each for each in rows("receipts", data=up.data) if each["message_id"] == one["id"]]
    return sorted(found, key=lambda each: str(each["appended_at"]))


def dump(up: Up) -> str:
    """Every row of every table, as text."""
    with up.database() as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        ).fetchall()
        return "".join(
            str(connection.execute(f'SELECT t::text FROM "{name}" t'.encode()).fetchall())  # noqa: S608 - our names
            for (name,) in tables
        )


def test_what_was_erased_stays_away_and_what_comes_later_counts(up: Up, tmp_path: Path) -> None:
    """Nothing of before is left in the tables; the neighbour keeps everything, and the books are sound throughout."""
    up.add_school()
    before: list[Any] = history(GONE)
    other: list[Any] = history(STAYS)
    up.publish_and_settle(tmp_path / "before.jsonl", before + other)
    assert len(open_tasks(up, before[0])) == len(open_tasks(up, other[0])) == 1

    refused = asked(up)
    assert refused.returncode == 1
    assert "open task" in refused.stderr + refused.stdout
    withdrawn: Any = event(
        "dropout-risk.withdrawn",
        SCHOOL,
        "2026-10-05T10:00:00+02:00",
        GONE,
        institution_number=SCHOOL,
        message_id=before[0]["id"],
        reason="raised_by_mistake",
    )
    up.publish_and_settle(tmp_path / "withdrawn.jsonl", [withdrawn])
    assert open_tasks(up, before[0]) == []

    request = asked(up)
    assert request.returncode == 0, request.stderr
    number = request.stdout.split()[-1]
    assert approve(up, number, "--because", "case 7", "--as", "anna").returncode == 1
    assert approve(up, number, "--because", "case 7", "--as", "bo").returncode == 0
    ran = erase(up, "run")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert "1 carried out." in ran.stdout
    up.settle()

    pseudonym, neighbour = (stored_keys(up.data).pseudonyms.person_id(cpr) for cpr in (GONE, STAYS))
    held = dump(up)
    assert pseudonym not in held
    assert before[0]["id"] not in "".join(str(one) for one in rows("decisions", data=up.data))
    assert neighbour in held
    assert len(open_tasks(up, other[0])) == 1
    verified = erase(up, "verify", typed=GONE + "\n")
    assert verified.returncode == 0, verified.stderr
    assert GONE not in verified.stdout + ran.stdout + request.stdout

    # The school sends the same records again, without the withdrawal: nothing counts, and it is told why (0054).
    up.publish_and_settle(tmp_path / "again.jsonl", before)
    until("refusal", lambda: counted(up, before[0]) == [])
    assert [one["repeat"] for one in receipts_of(up, before[0])] == [None, "duplicate"]
    changed = {**before[0], "data": {**before[0]["data"], "severity": "low"}}
    up.publish_and_settle(tmp_path / "changed.jsonl", [changed])
    until("refusal", lambda: counted(up, before[0]) == [])
    assert [one["repeat"] for one in receipts_of(up, before[0])] == [None, "duplicate", "conflict"]
    assert open_tasks(up, before[0]) == []
    anew = [
        {**one, "id": str(uuid4()), "data": {**one["data"], **({name: str(uuid4())} if name else {})}}
        for one, name in zip(before, ("", "residence_id", "period_id", "enrolment_id"), strict=True)
    ]
    up.publish_and_settle(tmp_path / "anew.jsonl", anew)
    assert len(open_tasks(up, anew[0])) == 1
    for what in ("ledger", "people"):
        rebuilt = command("rebuild", what, "--json", data=up.data)
        assert rebuilt.returncode == 0, rebuilt.stdout
