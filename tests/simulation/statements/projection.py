"""The ledger's own: position, receipts, messages, tasks and transfers."""

from typing import Any, Final

from msgspec.json import decode, encode
from msgspec.structs import asdict
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Json

from ledger.consume import joins
from ledger.store import action_log, answers, audit_trail, follow_up, foreign_records, repository
from ledger.tasks.rows import TASK_COLUMNS, TASK_IDENTITY, TaskRow
from tests.simulation.faults import Mutation
from tests.simulation.statements.server import Result, Row, Server, insert, note, plain, statement


@statement(repository.POSITIONS)
def _positions(server: Server, _: None) -> Result:
    rows = list(server.tables["position"].values())
    return rows, len(rows)


@statement(foreign_records.SKIPS)
def _skips(server: Server, _: None) -> Result:
    return [], 0


@statement(repository.FIRST_POSITION)
def _first_position(server: Server, values: tuple[str, int, int]) -> Result:
    topic, partition, offset = values
    table = server.tables["position"]
    row = {"topic": topic, "partition": partition, "next_offset": offset}
    if server.mutation is Mutation.POSITION_UNCHECKED:
        table[topic, partition] = row
        return [], 1
    return insert(table, (topic, partition), row)


@statement(repository.MOVE_POSITIONS)
def _move_positions(server: Server, columns: tuple[list[Any], ...]) -> Result:
    table = server.tables["position"]
    unchecked = server.mutation is Mutation.POSITION_UNCHECKED
    moved = []
    for topic, partition, old, new in zip(*columns, strict=True):
        known = table.get((topic, partition))
        if unchecked or (known is not None and known["next_offset"] == old):
            table[topic, partition] = {"topic": topic, "partition": partition, "next_offset": new}
            moved.append({"topic": topic, "partition": partition})
    return moved, len(moved)


@statement(repository.NOW)
def _now(server: Server, _: None) -> Result:
    return [{"now": server.now}], 1


@statement(answers.ADD_RECEIPTS)
def _add_receipts(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        if server.mutation is Mutation.RECEIPT_DROPPED and row["offset"] % 5 == 4:
            continue
        place = (row["topic"], row["partition"], row["offset"])
        insert(server.tables["receipts"], place, row | {"recorded_at": server.now})
    return [], 0


@statement(answers.ADD_APPLIED)
def _add_applied(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        insert(server.tables["applied"], (row["partition"], row["offset"]), row)
    return [], 0


@statement(follow_up.ADD_FACTS)
def _add_facts(server: Server, values: tuple[Json]) -> Result:
    return _add_places(server, "person_facts", values)


@statement(follow_up.ADD_VERDICTS)
def _add_verdicts(server: Server, values: tuple[Json]) -> Result:
    return _add_places(server, "verdicts", values)


def _add_places(server: Server, name: str, values: tuple[Json]) -> Result:
    added = 0
    for row in map(asdict, plain(values[0])):
        added += insert(server.tables[name], (row["partition"], row["offset"]), row)[1]
    return [], added


@statement(repository.MESSAGES)
def _messages_of(server: Server, values: tuple[list[str], str, list[str], list[str], list[str]]) -> Result:
    people, but, *named, whole = values
    wanted = set(zip(*named, strict=True))
    rows = [
        {name: row[name] for name in ("decision", "sealed", "task_id")}
        for row in server.tables["messages"].values()
        if row["person_id"] in set(people)
        and (
            row["reason"] != but
            or row["task_id"] is not None
            or (row["sender"], row["message_id"]) in wanted
            or row["person_id"] in set(whole)
        )
    ]
    if server.mutation is Mutation.OLDER_REVISION_WINS:
        rows = [{**row, "decision": {**row["decision"], "revision": 0}} for row in rows]
    return rows, len(rows)


_LASTING: Final = (*TASK_IDENTITY, "opened_at")


@statement(repository.TASKS)
def _tasks_of(server: Server, values: tuple[list[str]]) -> Result:
    people = set(values[0])
    found = [row for row in server.tables["tasks"].values() if row["person_id"] in people]
    found.sort(key=lambda row: (row["ordinal"], row["id"]))
    if server.mutation is Mutation.REOPENED_BY_STREAM:
        found = [{**row, "status": "withdrawn"} if row["status"] == "closed" else row for row in found]
    return [{name: row[name] for name in TASK_COLUMNS} for row in found], len(found)


_TRANSFER: Final = ("person_id", "enrolment_id", "decided_unit", "unit_id", "act_id")


@statement(repository.TRANSFERS)
def _transfers_of(server: Server, values: tuple[list[str]]) -> Result:
    if server.mutation is Mutation.TRANSFER_FORGOTTEN:
        return [], 0
    people = set(values[0])
    found = [row for row in server.tables["transfers"].values() if row["person_id"] in people]
    return found, len(found)


@statement(repository.DROP_TRANSFER)
def _drop_transfer(server: Server, named: tuple[str, str, str]) -> Result:
    return [], int(server.tables["transfers"].pop(tuple(named), None) is not None)


@statement(repository.UPSERT_TRANSFER)
def _put_transfer(server: Server, values: tuple[Any, ...]) -> Result:
    server.tables["transfers"][values[:3]] = dict(zip(_TRANSFER, values, strict=True))
    return [], 1


@statement(repository.TOLD)
def _told(server: Server, values: tuple[list[Any], str, list[str]]) -> Result:
    tasks, kind, causes = set(values[0]), values[1], set(values[2])
    if server.mutation is Mutation.CAUSE_FORGOTTEN:
        return [], 0
    found = {
        (row["task_id"], row["cause_ref"])
        for row in server.tables["deliveries"].values()
        if row["task_id"] in tasks and row["cause_kind"] == kind and row["cause_ref"] in causes
    }
    return [{"task_id": task, "cause_ref": cause} for task, cause in sorted(found)], len(found)


@statement(repository.UPSERT_TASKS)
def _put_tasks(server: Server, values: tuple[Json]) -> Result:
    for task in plain(values[0]):
        _put_task(server, task)
    return [], 0


def _put_task(server: Server, task: TaskRow) -> None:
    table = server.tables["tasks"]
    new: Row = {name: getattr(task, name) for name in TASK_COLUMNS}
    new |= {"opened_at": server.now, "changed_at": server.now}
    if server.mutation is Mutation.DATE_FROM_PROCESSING:
        new["react_by"] += server.now.date() - new["appended_at"].date()
    if server.mutation is Mutation.TASK_AT_ANOTHER_UNIT and new["unit_id"] == "unit-0751":
        new["unit_id"] = "unit-0101"
    known = table.get(new["id"])
    if known is not None:
        new |= {name: known[name] for name in _LASTING}
    for row in table.values():
        if row["id"] == new["id"]:
            continue
        if row["reference"] == new["reference"]:
            raise UniqueViolation("tasks.reference")
        if row["status"] == new["status"] == "open" and _subject(row) == _subject(new):
            raise UniqueViolation("one_open_task")
    table[new["id"]] = new


def _subject(task: Row) -> tuple[str, str, str]:
    return (task["person_id"], task["enrolment_id"], task["unit_id"])


@statement(repository.DROP_MESSAGE)
def _drop_message(server: Server, key: tuple[str, str, str]) -> Result:
    if server.mutation is Mutation.NUMBER_KEPT:
        return [], 0
    return [], int(server.tables["messages"].pop(tuple(key), None) is not None)


@statement(action_log.PEOPLE_OF)
def _people_of(server: Server, values: tuple[list[Any]]) -> Result:
    found = {row["person_id"] for row in server.tables["tasks"].values() if row["id"] in set(values[0])}
    return [{"person_id": person} for person in sorted(found)], len(found)


@statement(joins.KNOWN)
def _known_joins(server: Server, values: tuple[list[str]]) -> Result:
    rows = [server.tables["person_joins"].get(person) for person in values[0]]
    found = [{name: row[name] for name in ("person_id", "joined_to")} for row in rows if row is not None]
    return found, len(found)


@statement(joins.NOTE)
def _note_join(server: Server, values: tuple[str, str]) -> Result:
    row = dict(zip(("person_id", "joined_to"), values, strict=True)) | {"noted_at": server.now}
    return insert(server.tables["person_joins"], values[0], row)


@statement(repository.UPSERT_MESSAGES)
def _put_messages(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        if row["task_id"] is not None and row["task_id"] not in server.tables["tasks"]:
            raise ForeignKeyViolation("messages.task_id")
        key = (row["sender"], row["message_id"], row["person_id"])
        decision = decode(encode(row["decision"]))
        server.tables["messages"][key] = row | {"decision": decision, "recorded_at": server.now}
    return [], 0


@statement(audit_trail.APPEND_ALL)
def _add_lines(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        note(server, row.kind, row.task_id, row.detail, sender=row.sender, message=row.message_id)
    return [], 0
