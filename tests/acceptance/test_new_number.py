"""Story: a student's benefit stands under a temporary number, the rest under the new one; one duty comes of it."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.acceptance.service import Up, command, rows, until
from tests.acceptance.story import event, history

TEMPORARY: str = "6101051234"
"""Day + 60."""
NEW: str = "0101055678"


def under(cpr: str, one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "data": {**one["data"], "cpr": cpr}}


def test_one_duty_comes_of_what_two_numbers_say(up: Up, tmp_path: Path) -> None:
    """Before the register has joined them nobody is obliged; afterwards one task stands, and the books are sound."""
    up.add_school()
    told: list[Any] = history()
    benefit = [one for one in told if "benefit" in str(one["type"])]
    rest = [one for one in told if one not in benefit]
    up.publish_and_settle(
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
    up.publish_and_settle(tmp_path / "join.jsonl", [joined])
    until("task", lambda: rows("tasks", data=up.data))
    again = {**rest[0], "id": str(uuid4())}
    up.publish_and_settle(
        tmp_path / "after.jsonl", [under(NEW, again), under(TEMPORARY, {**again, "id": str(uuid4())})]
    )
    (task,) = rows("tasks", data=up.data)
    assert up.scalar("SELECT count(*) FROM messages WHERE outcome = 'obliged' AND task_id IS NOT NULL") == 3
    assert up.scalar("SELECT count(DISTINCT person_id) FROM messages") == 1
    assert task["reference"]
    for what in ("ledger", "people"):
        rebuilt = command("rebuild", what, "--json", data=up.data)
        assert rebuilt.returncode == 0, rebuilt.stdout
