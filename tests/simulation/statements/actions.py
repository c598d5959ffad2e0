"""What people do."""

from typing import Any, Final
from uuid import UUID

from psycopg.errors import UniqueViolation

from ledger.actions import perform
from ledger.store import action_log
from tests.simulation.faults import Mutation
from tests.simulation.statements.server import Result, Row, Server, insert, plain, statement


@statement(perform.LOCK)
def _lock_tables(server: Server, _: None) -> Result:
    return [], -1


@statement(perform.PERSON_OF)
def _whose(server: Server, values: tuple[Any, list[str]]) -> Result:
    row = server.tables["tasks"].get(values[0])
    found = [] if row is None or row["unit_id"] not in values[1] else [{"person_id": row["person_id"]}]
    return found, len(found)


@statement(perform.BECOME_ACT)
@statement(perform.BECOME_ONESELF)
def _become(server: Server, _: None) -> Result:
    """There are no roles in memory: which rows each sees is tried on PostgreSQL alone."""
    return [{"set_config": "none"}], 1


@statement(perform.LOCK_MESSAGES)
def _lock_messages(server: Server, values: tuple[str]) -> Result:
    found = [
        {"int4": row["decision"]["cause"]["partition"]}
        for row in server.tables["messages"].values()
        if row["person_id"] == values[0]
    ]
    return found, len(found)


@statement(perform.STAND)
def _stand(server: Server, values: tuple[str, int, Any]) -> Result:
    topic, partition, task = values
    row = server.tables["tasks"].get(task)
    if row is None:
        return [], 0
    numbers = [known["number"] for known in server.tables["acts"].values() if known["task_id"] == task]
    position = server.tables["position"].get((topic, partition), {"next_offset": 0})
    if server.mutation is Mutation.ACT_MISPLACED:
        position = {"next_offset": 0}
    return [
        {
            "version": row["version"],
            "number": max(numbers, default=0) + 1,
            "next_offset": position["next_offset"],
            "now": server.now,
        }
    ], 1


_ACT: Final = (
    "id", "task_id", "number", "kind", "detail", "by_id", "by_name", "via", "at", "person_id", "partition",
    "after_offset", "successor",
)  # fmt: skip


@statement(action_log.READ + action_log.BY_ID)
def _find_act(server: Server, values: tuple[Any]) -> Result:
    row = server.tables["acts"].get(values[0])
    if row is None or server.mutation is Mutation.ACT_REPEATED:
        return [], 0
    return [row], 1


@statement(action_log.READ + action_log.ATTEMPTS)
def _attempts(server: Server, values: tuple[Any]) -> Result:
    rows = [
        row
        for row in server.tables["acts"].values()
        if row["task_id"] == values[0] and row["kind"] == "attempt"
    ]
    rows.sort(key=lambda row: row["number"])
    return rows, len(rows)


@statement(action_log.ADD)
def _add_act(server: Server, values: tuple[Any, ...]) -> Result:
    table = server.tables["acts"]
    row = dict(zip(_ACT, values, strict=True)) | {"serial": serial(table)}
    row["detail"] = plain(row["detail"])
    if any(
        (known["task_id"], known["number"]) == (row["task_id"], row["number"]) for known in table.values()
    ):
        raise UniqueViolation("acts.number")
    if server.mutation is Mutation.ACT_LOST:
        return [], 1
    if server.mutation is Mutation.ACT_REPEATED:
        # As many times as it comes, under an id that is made up.
        row["id"] = row["id"] if row["id"] not in table else UUID(int=row["serial"])
    return insert(table, row["id"], row)


def serial(table: dict[Any, Row]) -> int:
    return 1 + max((row["serial"] for row in table.values()), default=0)
