"""What forgets a person. The files that no world has (holds, cases, resealed texts) are empty ones."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import orjson
from psycopg.errors import ForeignKeyViolation

from ledger.store import audit_trail, erased_figures, erasures
from tests.simulation.faults import Mutation
from tests.simulation.statements.server import Result, Row, Server, note, plain, statement

_ERASURE: Final = ("person", "erased_before", "partition", "offset", "request")
_LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_OF_FIGURES: Final = ("acknowledged_by", "owner_id", "owner_name", "owner_at", "follows")


def _drop(server: Server, table: str, goes: Callable[[Row], bool]) -> list[Row]:
    rows = server.tables[table]
    gone = [key for key, row in rows.items() if goes(row)]
    return [rows.pop(key) for key in gone]


@statement(erasures.BESIDE)
@statement(erasures.ALONE)
def _keep_apart(server: Server, _: tuple[int]) -> Result:
    return [{"pg_advisory_xact_lock": ""}], 1


@statement(erasures.KNOWN)
def _known_erasures(server: Server, values: tuple[list[str]]) -> Result:
    rows = [row for row in server.tables["erasures"].values() if row["person"] in set(values[0])]
    found = [{name: row[name] for name in _ERASURE} for row in rows]
    if server.mutation is Mutation.ERASED_BY_POSITION:
        found = [{**row, "erased_before": _LONG_AGO} for row in found]
    return found, len(found)


@statement(erasures.NOTE)
def _note_erasure(server: Server, values: tuple[Any, ...]) -> Result:
    row, table = dict(zip(_ERASURE, values, strict=True)), server.tables["erasures"]
    known = table.get(row["person"])
    if known is not None:
        row = {
            **known,
            "erased_before": max(known["erased_before"], row["erased_before"]),
            **dict(zip(("partition", "offset"), max(map(_place, (known, row))), strict=True)),
            "request": row["request"],
        }
    table[row["person"]] = row if known is not None else row | {"noted_at": server.now}
    return [], 1


def _place(row: Row) -> tuple[int, int]:
    return row["partition"], row["offset"]


@statement(erasures.FORGET_JOINS)
def _forget_joins(server: Server, values: tuple[list[str]]) -> Result:
    return [], len(_drop(server, "person_joins", lambda row: row["person_id"] in set(values[0])))


@statement(erasures.OUTLASTING)
def _outlasting(server: Server, values: tuple[str, datetime]) -> Result:
    person, before = values
    found = []
    for task in server.tables["tasks"].values():
        if task["person_id"] == person and task["appended_at"] < before:
            own = [
                row["appended_at"]
                for row in server.tables["messages"].values()
                if row["task_id"] == task["id"]
            ]
            if own:
                found.append({"id": task["id"], "unit_id": task["unit_id"], "min": min(own)})
    return found, len(found)


@statement(erasures.SET_DATES)
def _set_dates(server: Server, values: tuple[datetime, Any, Any]) -> Result:
    appended_at, react_by, task = values
    table = server.tables["tasks"]
    key = next(key for key, row in table.items() if row["id"] == task)
    table[key] = {**table[key], "appended_at": appended_at, "react_by": react_by}
    return [], 1


@statement(erasures.FORGET_MESSAGES)
def _forget_messages(server: Server, values: tuple[str, datetime]) -> Result:
    person, before = values
    every = server.mutation is Mutation.ERASED_TOO_MUCH
    gone = _drop(
        server,
        "messages",
        lambda row: row["person_id"] == person and (every or row["appended_at"] < before),
    )
    rows = [
        {
            "sender": row["sender"],
            "message_id": row["message_id"],
            "sent_as": row["decision"]["message"].get("sent_as") or row["person_id"],
        }
        for row in gone
    ]
    return rows, len(rows)


@statement(erasures.GONE)
def _gone(server: Server, values: tuple[str, datetime]) -> Result:
    person, before = values
    held = {row["task_id"] for row in server.tables["messages"].values()}
    found = [
        {"id": row["id"]}
        for row in server.tables["tasks"].values()
        if row["person_id"] == person and row["appended_at"] < before and row["id"] not in held
    ]
    return found, len(found)


@statement(erasures.FORGET_TRANSFERS)
def _forget_transfers(server: Server, values: tuple[list[Any], list[Any]]) -> Result:
    acts = server.tables["acts"].values()
    named = {
        row["id"] for row in acts if row["task_id"] in set(values[0]) or row["successor"] in set(values[1])
    }
    return [], len(_drop(server, "transfers", lambda row: row["act_id"] in named))


@statement(erasures.FORGET_ACTS)
def _forget_acts(server: Server, values: tuple[list[Any]]) -> Result:
    gone = _drop(server, "acts", lambda row: row["task_id"] in set(values[0]))
    if {row["id"] for row in gone} & {row["act_id"] for row in server.tables["transfers"].values()}:
        raise ForeignKeyViolation("transfers.act_id")
    return [], len(gone)


@statement(erasures.FORGET_STEPS)
def _forget_steps(server: Server, values: tuple[list[Any]]) -> Result:
    return [], len(_drop(server, "steps", lambda row: row["task_id"] in set(values[0])))


@statement(erasures.FORGET_PLANS)
def _forget_plans(server: Server, values: tuple[list[Any]]) -> Result:
    return [], len(_drop(server, "plans", lambda row: row["task_id"] in set(values[0])))


def _notices(server: Server, tasks: list[Any]) -> set[Any]:
    return {row["id"] for row in server.tables["deliveries"].values() if row["task_id"] in set(tasks)}


@statement(erasures.FORGET_ATTEMPTS)
def _forget_attempts(server: Server, values: tuple[list[Any]]) -> Result:
    named = _notices(server, values[0])
    return [], len(_drop(server, "attempts", lambda row: row["delivery_id"] in named))


@statement(erasures.FORGET_BOUNCES)
def _forget_bounces(server: Server, values: tuple[list[Any]]) -> Result:
    named = _notices(server, values[0])
    return [], len(_drop(server, "bounces", lambda row: row["delivery_id"] in named))


@statement(erasures.FORGET_DELIVERIES)
def _forget_deliveries(server: Server, values: tuple[list[Any]]) -> Result:
    return [], len(_drop(server, "deliveries", lambda row: row["task_id"] in set(values[0])))


@statement(erasures.FORGET_RESEALED)
@statement(erasures.FORGET_SEEN)
@statement(erasures.FORGET_FOLLOW_UPS)
@statement(erasures.FORGET_RECEIPTS_OF_CASES)
@statement(erasures.FORGET_HOLDS)
def _nothing_there(server: Server, _: Any) -> Result:
    return [], 0


def _empty(server: Server, table: str, column: str, tasks: list[Any]) -> Result:
    rows = server.tables[table]
    named = [key for key, row in rows.items() if row[column] in set(tasks)]
    for key in named:
        rows[key] = {**rows[key], column: None}
    return [], len(named)


@statement(erasures.FORGET_SUCCESSORS)
def _forget_successors(server: Server, values: tuple[list[Any]]) -> Result:
    return _empty(server, "acts", "successor", values[0])


@statement(erasures.FORGET_ORDER)
def _forget_order(server: Server, values: tuple[list[Any]]) -> Result:
    return _empty(server, "tasks", "follows", values[0])


@statement(erasures.KEEP_FIGURES)
def _keep_figures(server: Server, values: tuple[list[Any]]) -> Result:
    table = server.tables["tasks"]
    for task in values[0]:
        row = dict(table[task])
        row |= {name: None for name in _NOT_OF_FIGURES if name in row}
        row |= {name: f"erased:{uuid4()}" for name in ("reference", "person_id")}
        row |= {"id": uuid4(), "enrolment_id": erasures.ERASED}
        row["status"] = "withdrawn" if row["status"] == "open" else row["status"]
        table[row["id"]] = row
    return [], len(values[0])


@statement(erasures.FORGET_TASKS)
def _forget_tasks(server: Server, values: tuple[list[Any]]) -> Result:
    gone = set(values[0])
    for table in ("messages", "deliveries", "acts", "steps"):
        if any(row["task_id"] in gone for row in server.tables[table].values()):
            raise ForeignKeyViolation(f"{table}.task_id")
    return [], len(_drop(server, "tasks", lambda row: row["id"] in gone))


@statement(erased_figures.JOINED)
def _joined(server: Server, values: tuple[list[str], list[str], str]) -> Result:
    pairs = {(row["person_id"], row["joined_to"]) for row in server.tables["person_joins"].values()}
    pairs |= set(zip(values[0], values[1], strict=True))
    found = {values[2]}
    while more := {one for pair in pairs if found & {*pair} for one in pair} - found:
        found |= more
    return [{"person_id": person} for person in sorted(found)], len(found)


@statement(erased_figures.KEEP)
def _keep_counted(server: Server, values: Mapping[str, Any]) -> Result:
    """The acts that are counted go to a table that no world has."""
    people, before, erased = set(values["people"]), values["before"], f"erased:{uuid4()}"
    facts, verdicts = server.tables["person_facts"], server.tables["verdicts"]
    left_out = {key for key, row in server.tables["applied"].items() if row["left_out"] is not None}

    def goes(row: Row) -> bool:
        return row["person_id"] in people and row["appended_at"] < before

    told = {key: row for key, row in verdicts.items() if goes(row)}
    stated = {key: row for key, row in facts.items() if goes(row)}
    named = {row["name"] for row in stated.values()} | {row["enrolment_id"] for row in told.values()} - {None}
    names = {name: f"{erased}/{nth:06}" for nth, name in enumerate(sorted(named), start=1)}
    sent = sorted({(row["message_id"], row["sent_as"]) for row in told.values()})
    ids = {one: f"{erased}/{nth:06}" for nth, one in enumerate(sent, start=1)}
    for key, row in stated.items():
        if _origin(row) in server.tables["repeats"] or (row["partition"], row["offset"]) in left_out:
            del facts[key]
        else:
            facts[key] = {**row, "person_id": erased, "name": names[row["name"]]}
    for key, row in told.items():
        new = {"person_id": erased, "sent_as": erased, "message_id": ids[row["message_id"], row["sent_as"]]}
        verdicts[key] = {**row, **new, "enrolment_id": names.get(row["enrolment_id"])}
    return [], 0


def _origin(row: Row) -> tuple[str, int, int]:
    return row["origin_topic"], row["origin_partition"], row["origin_offset"]


@statement(erasures.FORGET_APPLIED)
def _forget_applied(server: Server, values: tuple[int, int, datetime, str]) -> Result:
    partition, upto, before, person = values
    table = server.tables["applied"]

    def is_of_before(row: Row) -> bool:
        passed_on: datetime | None = row["passed_on"]
        is_behind: bool = (row["partition"], row["offset"]) <= (partition, upto)
        return is_behind or (passed_on is not None and passed_on < before)

    named = [key for key, row in table.items() if row["person_id"] == person and is_of_before(row)]
    for key in named:
        table[key] = {**table[key], "person_id": erasures.ERASED}
    return [], len(named)


@statement(erasures.LOOK_AGAIN)
def _look_again(server: Server, values: tuple[int, int, str]) -> Result:
    partition, upto, person = values
    table = server.tables["repeats"]
    since = [
        _origin(row)
        for row in server.tables["applied"].values()
        if (row["partition"], row["offset"]) > (partition, upto) and row["person_id"] == person
    ]
    again = [place for place in since if place in table]
    for place in again:
        table[place] = {**table[place], "resolved_at": None}
    return [], len(again)


@statement(erasures.FORGET_WORDS)
def _forget_words(server: Server, values: tuple[str, datetime]) -> Result:
    person, before = values

    def goes(row: Row) -> bool:
        if row["topic"] != "person-events" or row["key"] != person:
            return False
        return datetime.fromisoformat(orjson.loads(row["value"])["origin"]["appended_at"]) < before

    return [], len(_drop(server, "outbox", goes))


@statement(erasures.TRAIL_OF)
def _trail_of(server: Server, values: tuple[list[Any], str, list[str], list[str]]) -> Result:
    tasks, person, *messages = values
    named = set(zip(*messages, strict=True))
    found = [
        {"id": row["id"]}
        for row in server.tables["audit"].values()
        if row.get("erased_by") is None
        and (
            row["task_id"] in set(tasks)
            or row["detail"].get("person_id") == person
            or (row["sender"], row["message_id"]) in named
        )
    ]
    return found, len(found)


@statement(audit_trail.APPEND_RETURNING)
def _add_audit_returning(server: Server, values: Mapping[str, Any]) -> Result:
    note(server, values["kind"], None, plain(values["detail"]))
    return [{"id": max(server.tables["audit"])}], 1


@statement(erasures.EMPTY_TRAIL)
def _empty_trail(server: Server, values: tuple[int, list[int]]) -> Result:
    by, lines = values
    table = server.tables["audit"]
    for line in lines:
        emptied: Row = {"task_id": None, "sender": None, "message_id": None, "detail": {}, "erased_by": by}
        table[line] = {**table[line], **emptied}
    return [], len(lines)
