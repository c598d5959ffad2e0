"""Each statement of the project as PostgreSQL would run it, by its text.

A statement that is not here, or that has been reworded, is an error: the one who changes it changes it here too, and
`test_postgres` shows whether rightly.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Jsonb

from ledger import act, acts, repeats, store
from notifiers import sql
from tests.simulation.faults import Mutation

Row = dict[str, Any]
Tables = dict[str, dict[Any, Row]]
Result = tuple[list[Row], int]
NAMES: Final = (
    "position",
    "receipts",
    "applied",
    "messages",
    "tasks",
    "deliveries",
    "attempts",
    "audit",
    "outbox",
    "repeats",
    "acts",
    "transfers",
)


class Server(Protocol):
    """What a statement works on."""

    tables: Tables
    mutation: Mutation | None

    @property
    def now(self) -> datetime:
        """The moment of the transaction."""


class Handler(Protocol):
    """One statement: the server and the parameters in, rows and row count out."""

    __name__: str

    def __call__(self, server: Any, parameters: Any, /) -> Result:
        """Run it."""


def new_tables() -> Tables:
    """Empty ones."""
    return {name: {} for name in NAMES}


class Handlers:
    """By text, however it is folded."""

    def __init__(self) -> None:
        self._known: dict[str, Handler] = {}
        self._found: dict[str | bytes, Handler] = {}

    def add(self, text: str) -> Callable[[Handler], Handler]:
        """Register what runs `text`."""

        def register(handler: Handler) -> Handler:
            self._known[_folded(text)] = handler
            return handler

        return register

    @property
    def names(self) -> set[str]:
        """What every statement is called here."""
        return {handler.__name__ for handler in self._known.values()}

    def find(self, query: str | bytes) -> Handler:
        """What runs `query`."""
        handler = self._found.get(query)
        if handler is None:
            text = query.decode() if isinstance(query, bytes) else query
            handler = self._known.get(_folded(text))
            if handler is None:
                raise AssertionError(f"the database in memory does not know this statement: {text}")
            self._found[query] = handler
        return handler


def _folded(text: str) -> str:
    return " ".join(text.split())


HANDLERS: Final = Handlers()
statement = HANDLERS.add


def _insert(table: dict[Any, Row], key: Any, row: Row) -> Result:
    """`ON CONFLICT DO NOTHING`."""
    if key in table:
        return [], 0
    table[key] = row
    return [], 1


# ledger.store


@statement("SELECT topic, partition, next_offset FROM position")
def _positions(server: Server, _: None) -> Result:
    rows = list(server.tables["position"].values())
    return rows, len(rows)


@statement("INSERT INTO position VALUES (%s, %s, %s) ON CONFLICT DO NOTHING")
def _first_position(server: Server, values: tuple[str, int, int]) -> Result:
    topic, partition, offset = values
    table = server.tables["position"]
    row = {"topic": topic, "partition": partition, "next_offset": offset}
    if server.mutation is Mutation.POSITION_UNCHECKED:
        table[topic, partition] = row
        return [], 1
    return _insert(table, (topic, partition), row)


@statement(
    "UPDATE position SET next_offset = %s WHERE topic = %s AND partition = %s AND next_offset = %s",
)
def _move_position(server: Server, values: tuple[int, str, int, int]) -> Result:
    new, topic, partition, old = values
    table = server.tables["position"]
    known = table.get((topic, partition))
    unchecked = server.mutation is Mutation.POSITION_UNCHECKED
    if not unchecked and (known is None or known["next_offset"] != old):
        return [], 0
    table[topic, partition] = {"topic": topic, "partition": partition, "next_offset": new}
    return [], 1


@statement("SELECT now()")
def _now(server: Server, _: None) -> Result:
    return [{"now": server.now}], 1


_RECEIPT: Final = (
    "topic", "partition", "offset", "appended_at", "status", "reason", "detail", "sender", "event_id", "type",
    "fingerprint", "sequence", "registered_on",
)  # fmt: skip


@statement(
    'INSERT INTO receipts (topic, partition, "offset", appended_at, status, reason, detail, '
    "sender, event_id, type, fingerprint, sequence, registered_on) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)
def _add_receipt(server: Server, values: tuple[Any, ...]) -> Result:
    row = dict(zip(_RECEIPT, values, strict=True)) | {"recorded_at": server.now}
    if server.mutation is Mutation.RECEIPT_DROPPED and values[2] % 5 == 4:
        return [], 1
    return _insert(server.tables["receipts"], values[:3], row)


_APPLIED: Final = (
    "partition", "offset", "origin_topic", "origin_partition", "origin_offset", "person_id", "changed",
)  # fmt: skip


@statement("INSERT INTO applied VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING")
def _add_applied(server: Server, values: tuple[Any, ...]) -> Result:
    return _insert(server.tables["applied"], values[:2], dict(zip(_APPLIED, values, strict=True)))


@statement("SELECT decision, sealed, task_id FROM messages WHERE person_id = ANY(%s) FOR NO KEY UPDATE")
def _messages_of(server: Server, values: tuple[list[str]]) -> Result:
    people = set(values[0])
    rows = [
        {name: row[name] for name in ("decision", "sealed", "task_id")}
        for row in server.tables["messages"].values()
        if row["person_id"] in people
    ]
    if server.mutation is Mutation.OLDER_REVISION_WINS:
        rows = [{**row, "decision": {**row["decision"], "revision": 0}} for row in rows]
    return rows, len(rows)


_TASK: Final = (
    "id", "reference", "person_id", "enrolment_id", "unit_id", "status", "react_by", "appended_at", "mentor_until",
    "ordinal", "version", "ending", "acknowledged_at", "acknowledged_by", "owner_id", "owner_name", "attempts",
    "reached_at", "closed_at", "follows",
)  # fmt: skip
_LASTING: Final = (
    "id",
    "reference",
    "person_id",
    "enrolment_id",
    "unit_id",
    "ordinal",
    "follows",
    "opened_at",
)


@statement(store._TASKS)
def _tasks_of(server: Server, values: tuple[list[str]]) -> Result:
    people = set(values[0])
    found = [row for row in server.tables["tasks"].values() if row["person_id"] in people]
    found.sort(key=lambda row: (row["ordinal"], row["id"]))
    if server.mutation is Mutation.REOPENED_BY_STREAM:
        found = [{**row, "status": "withdrawn"} if row["status"] == "closed" else row for row in found]
    return [{name: row[name] for name in _TASK} for row in found], len(found)


_TRANSFER: Final = ("person_id", "enrolment_id", "decided_unit", "unit_id", "act_id")


@statement(
    "SELECT person_id, enrolment_id, decided_unit, unit_id, act_id FROM transfers WHERE person_id = ANY(%s)"
)
def _transfers_of(server: Server, values: tuple[list[str]]) -> Result:
    if server.mutation is Mutation.TRANSFER_FORGOTTEN:
        return [], 0
    people = set(values[0])
    found = [row for row in server.tables["transfers"].values() if row["person_id"] in people]
    return found, len(found)


@statement(store._DROP_TRANSFER)
def _drop_transfer(server: Server, named: tuple[str, str, str]) -> Result:
    return [], int(server.tables["transfers"].pop(tuple(named), None) is not None)


@statement(store._UPSERT_TRANSFER)
def _put_transfer(server: Server, values: tuple[Any, ...]) -> Result:
    server.tables["transfers"][values[:3]] = dict(zip(_TRANSFER, values, strict=True))
    return [], 1


@statement("SELECT DISTINCT task_id, cause FROM deliveries WHERE task_id = ANY(%s) AND cause = ANY(%s)")
def _told(server: Server, values: tuple[list[Any], list[str]]) -> Result:
    tasks, causes = map(set, values)
    if server.mutation is Mutation.CAUSE_FORGOTTEN:
        return [], 0
    found = {
        (row["task_id"], row["cause"])
        for row in server.tables["deliveries"].values()
        if row["task_id"] in tasks and row["cause"] in causes
    }
    return [{"task_id": task, "cause": cause} for task, cause in sorted(found)], len(found)


@statement(store._UPSERT_TASK)
def _put_task(server: Server, values: tuple[Any, ...]) -> Result:
    table = server.tables["tasks"]
    new = dict(zip(_TASK, values, strict=True)) | {"opened_at": server.now, "changed_at": server.now}
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
    return [], 1


def _subject(task: Row) -> tuple[str, str, str]:
    return (task["person_id"], task["enrolment_id"], task["unit_id"])


_MESSAGE: Final = (
    "sender", "message_id", "person_id", "revision", "outcome", "reason", "unit_id", "enrolment_id", "law_version",
    "review_on", "registered_at", "appended_at", "origin_topic", "origin_partition", "origin_offset", "decision",
    "sealed", "task_id",
)  # fmt: skip


@statement(store._UPSERT_MESSAGE)
def _put_message(server: Server, values: tuple[Any, ...]) -> Result:
    row = dict(zip(_MESSAGE, values, strict=True)) | {"recorded_at": server.now}
    row["decision"] = _json(row["decision"])
    if row["task_id"] is not None and row["task_id"] not in server.tables["tasks"]:
        raise ForeignKeyViolation("messages.task_id")
    server.tables["messages"][values[:3]] = row
    return [], 1


@statement(
    "INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline) "
    "VALUES (%s, %s, %s, %s, 'email', %s, %s, %s) ON CONFLICT DO NOTHING",
)
def _add_delivery(server: Server, values: tuple[Any, ...]) -> Result:
    identity, task, occasion, cause, unit, recipient, deadline = values
    return _deliver(server, identity, task, occasion, cause, "email", unit, recipient, deadline)


def _deliver(
    server: Server,
    identity: Any,
    task: Any,
    occasion: str,
    cause: str,
    channel: str,
    unit: str,
    recipient: str,
    deadline: datetime,
) -> Result:
    if task not in server.tables["tasks"]:
        raise ForeignKeyViolation("deliveries.task_id")
    row = {
        "id": identity,
        "task_id": task,
        "occasion": occasion,
        "cause": cause,
        "channel": channel,
        "unit_id": unit,
        "recipient": recipient,
        "status": "due",
        "due_at": server.now,
        "deadline": deadline,
        "attempts": 0,
        "lease_until": None,
        "lease_owner": None,
        "frozen": None,
        "created_at": server.now,
        "ended_at": None,
    }
    return _insert(server.tables["deliveries"], identity, row)


@statement("NOTIFY deliveries")
def _notify(server: Server, _: None) -> Result:
    return [], -1


@statement("INSERT INTO audit (kind, task_id, sender, message_id, detail) VALUES (%s, %s, %s, %s, %s)")
def _add_audit(server: Server, values: tuple[Any, ...]) -> Result:
    kind, task, sender, message, detail = values
    _audit(server, kind, task, _json(detail), sender=sender, message=message)
    return [], 1


def _audit(
    server: Server,
    kind: str,
    task: Any,
    detail: Row,
    *,
    sender: str | None = None,
    message: str | None = None,
) -> None:
    table = server.tables["audit"]
    number = max(table, default=0) + 1
    table[number] = {
        "id": number,
        "at": server.now,
        "kind": kind,
        "task_id": task,
        "sender": sender,
        "message_id": message,
        "detail": detail,
    }


def _json(value: Jsonb | None) -> Any:
    return None if value is None else value.obj


# ledger.act, ledger.acts


@statement("LOCK TABLE messages, tasks, deliveries, acts, transfers IN ROW EXCLUSIVE MODE")
def _lock_tables(server: Server, _: None) -> Result:
    return [], -1


@statement("SELECT person_id FROM tasks WHERE id = %s AND unit_id = ANY(%s)")
def _whose(server: Server, values: tuple[Any, list[str]]) -> Result:
    row = server.tables["tasks"].get(values[0])
    found = [] if row is None or row["unit_id"] not in values[1] else [{"person_id": row["person_id"]}]
    return found, len(found)


@statement(
    "SELECT (decision -> 'cause' ->> 'partition')::int FROM messages WHERE person_id = %s FOR NO KEY UPDATE"
)
def _lock_messages(server: Server, values: tuple[str]) -> Result:
    found = [
        {"int4": row["decision"]["cause"]["partition"]}
        for row in server.tables["messages"].values()
        if row["person_id"] == values[0]
    ]
    return found, len(found)


@statement(act._STAND)
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


@statement(acts._READ + "WHERE id = %s")
def _find_act(server: Server, values: tuple[Any]) -> Result:
    row = server.tables["acts"].get(values[0])
    if row is None or server.mutation is Mutation.ACT_REPEATED:
        return [], 0
    return [row], 1


@statement(acts._ADD)
def _add_act(server: Server, values: tuple[Any, ...]) -> Result:
    table = server.tables["acts"]
    row = dict(zip(_ACT, values, strict=True)) | {"serial": _serial(table)}
    row["detail"] = _json(row["detail"])
    if any(
        (known["task_id"], known["number"]) == (row["task_id"], row["number"]) for known in table.values()
    ):
        raise UniqueViolation("acts.number")
    if server.mutation is Mutation.ACT_LOST:
        return [], 1
    if server.mutation is Mutation.ACT_REPEATED:
        # As many times as it comes, under an id that is made up.
        row["id"] = row["id"] if row["id"] not in table else UUID(int=row["serial"])
    return _insert(table, row["id"], row)


def _serial(table: dict[Any, Row]) -> int:
    return 1 + max((row["serial"] for row in table.values()), default=0)


# ledger.repeats


@statement(repeats._FIND)
def _find(server: Server, values: tuple[list[str], list[str]]) -> Result:
    touched = set(zip(*values, strict=True))
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in server.tables["receipts"].values():
        name = (row["sender"], row["event_id"])
        if row["status"] == "accepted" and name in touched:
            groups[name].append(row)
    changed: list[Row] = []
    table = server.tables["repeats"]
    for (sender, event_id), rows in sorted(groups.items()):
        first, *others = sorted(rows, key=_order)
        for row in others:
            place = _place(row)
            kind = "duplicate" if row["fingerprint"] == first["fingerprint"] else "conflict"
            known = table.get(place)
            if known is not None and known["kind"] == kind:
                continue
            named = dict(zip(("topic", "partition", "offset"), place, strict=True))
            new = {**named, "sender": sender, "event_id": event_id, "kind": kind}
            table[place] = {**new, "resolved_at": None}
            changed.append(new)
    return changed, len(changed)


def _place(row: Row) -> tuple[str, int, int]:
    return (row["topic"], row["partition"], row["offset"])


def _order(row: Row) -> tuple[datetime, str, int, int]:
    return (row["appended_at"], *_place(row))


@statement('SELECT appended_at FROM receipts WHERE (topic, partition, "offset") = (%s, %s, %s)')
def _appended_at(server: Server, place: tuple[str, int, int]) -> Result:
    row = server.tables["receipts"].get(place)
    return ([], 0) if row is None else ([{"appended_at": row["appended_at"]}], 1)


@statement(repeats._OPEN)
def _open_conflicts(server: Server, _: None) -> Result:
    found = {
        (row["sender"], row["event_id"])
        for row in server.tables["repeats"].values()
        if row["kind"] == "conflict" and row["resolved_at"] is None
    }
    if server.mutation is Mutation.REFUSAL_NOT_TOLD:
        return [], 0
    return [{"sender": sender, "event_id": event_id} for sender, event_id in sorted(found)], len(found)


@statement(repeats._NAMESAKES)
def _namesakes(server: Server, values: tuple[list[str], list[str]]) -> Result:
    wanted = set(zip(*values, strict=True))
    people: dict[tuple[str, int, int], str] = {}
    for entry in server.tables["applied"].values():
        origin = (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
        people.setdefault(origin, entry["person_id"])
    found = [
        row
        for row in server.tables["receipts"].values()
        if row["status"] == "accepted" and (row["sender"], row["event_id"]) in wanted
    ]
    found.sort(key=lambda row: (row["sender"], row["event_id"], *_order(row)))
    names = ("sender", "event_id", "topic", "partition", "offset", "appended_at")
    return [
        {**{name: row[name] for name in names}, "person_id": people.get(_place(row))} for row in found
    ], len(found)


@statement(
    'UPDATE repeats SET resolved_at = now() WHERE (topic, partition, "offset") = (%s, %s, %s) '
    "AND resolved_at IS NULL",
)
def _resolve(server: Server, place: tuple[str, int, int]) -> Result:
    table = server.tables["repeats"]
    known = table.get(place)
    if known is None or known["resolved_at"] is not None:
        return [], 0
    table[place] = {**known, "resolved_at": server.now}
    return [], 1


@statement(
    'SELECT topic, partition, "offset" FROM repeats JOIN unnest(%s::text[], %s::int[], %s::bigint[]) '
    'AS t (topic, partition, "offset") USING (topic, partition, "offset") WHERE kind = \'conflict\'',
)
def _refused(server: Server, values: tuple[list[str], list[int], list[int]]) -> Result:
    table = server.tables["repeats"]
    rows = [
        {"topic": place[0], "partition": place[1], "offset": place[2]}
        for place in zip(*values, strict=True)
        if place in table and table[place]["kind"] == "conflict"
    ]
    return rows, len(rows)


@statement("SELECT pg_advisory_xact_lock(%s)")
def _lock(server: Server, _: tuple[int]) -> Result:
    return [{"pg_advisory_xact_lock": ""}], 1


@statement("INSERT INTO outbox (id, topic, key, value) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING")
def _post(server: Server, values: tuple[str, str, str, bytes]) -> Result:
    name, topic, key, value = values
    row = {
        "id": name,
        "topic": topic,
        "key": key,
        "value": value,
        "due_at": server.now,
        "sent_at": None,
    }
    return _insert(server.tables["outbox"], name, row)


# ledger.outbox


@statement(
    "SELECT id, topic, key, value FROM outbox WHERE sent_at IS NULL ORDER BY due_at, id "
    "LIMIT %s FOR UPDATE SKIP LOCKED",
)
def _outbox_due(server: Server, values: tuple[int]) -> Result:
    due = [row for row in server.tables["outbox"].values() if row["sent_at"] is None]
    due.sort(key=lambda row: (row["due_at"], row["id"]))
    rows = [{name: row[name] for name in ("id", "topic", "key", "value")} for row in due[: values[0]]]
    return rows, len(rows)


@statement("UPDATE outbox SET sent_at = now() WHERE id = ANY(%s)")
def _outbox_sent(server: Server, values: tuple[list[str]]) -> Result:
    table = server.tables["outbox"]
    for name in values[0]:
        table[name] = {**table[name], "sent_at": server.now}
    return [], len(values[0])


# notifiers.sql


@statement(sql.PICK)
def _pick(server: Server, values: Mapping[str, int]) -> Result:
    now = server.now
    picked = [
        row
        for row in server.tables["deliveries"].values()
        if row["status"] == "due" and row["due_at"] <= now and _unheld(row, now)
    ]
    picked.sort(key=lambda row: (row["due_at"], row["id"]))
    rows = []
    for row in picked[: values["limit"]]:
        task = server.tables["tasks"][row["task_id"]]
        messages = sum(
            message["task_id"] == task["id"] and message["outcome"] == "obliged"
            for message in server.tables["messages"].values()
        )
        more = {name: task[name] for name in ("reference", "react_by", "opened_at", "appended_at")}
        rows.append({**row, "task_status": task["status"], **more, "messages": messages, "now": now})
    return rows, len(rows)


def _unheld(row: Row, now: datetime) -> bool:
    return row["lease_until"] is None or row["lease_until"] < now


@statement(sql.LEASE)
def _lease(server: Server, values: Mapping[str, Any]) -> Result:
    frozen = _json(values["frozen"])

    def leased(row: Row) -> Row:
        kept = frozen if row["frozen"] is None else row["frozen"]
        return {
            "lease_owner": values["token"],
            "lease_until": server.now + values["lease"],
            "frozen": None if server.mutation is Mutation.NEW_MESSAGE_ID else kept,
            "attempts": values["attempts"],
        }

    return _change(server, values["id"], leased)


def _change(server: Server, identity: Any, change: Callable[[Row], Row]) -> Result:
    table = server.tables["deliveries"]
    row = table.get(identity)
    if row is None:
        return [], 0
    table[identity] = {**row, **change(row)}
    return [], 1


@statement(sql.INSERT_ATTEMPT)
def _insert_attempt(server: Server, values: Mapping[str, Any]) -> Result:
    _attempt(server, values["id"], values["attempt"], values)
    return [], 1


def _attempt(server: Server, identity: Any, number: int, values: Mapping[str, Any]) -> None:
    table = server.tables["attempts"]
    if (identity, number) in table:
        raise UniqueViolation("attempts")
    table[identity, number] = {
        "delivery_id": identity,
        "attempt": number,
        **{name: values[name] for name in ("at", "outcome", "code", "detail")},
    }


@statement(sql.COUNTED)
def _counted(server: Server, values: Mapping[str, Any]) -> Result:
    number = sum(
        row["delivery_id"] == values["id"] and row["outcome"] != "misconfigured"
        for row in server.tables["attempts"].values()
    )
    return [{"count": number}], 1


@statement(sql.RECORD)
def _record(server: Server, values: Mapping[str, Any]) -> Result:
    table = server.tables["deliveries"]
    row = table.get(values["id"])
    unnamed = server.mutation is Mutation.LEASE_NOT_NAMED
    if row is None or (not unnamed and (row["lease_owner"] != values["token"] or row["status"] != "due")):
        return [], 0
    new = {
        **row,
        "status": values["status"],
        "due_at": values["due_at"] or row["due_at"],
        "ended_at": values["ended_at"],
        "attempts": row["attempts"] + 1,
        "lease_owner": None,
        "lease_until": None,
    }
    table[row["id"]] = new
    _attempt(server, row["id"], new["attempts"], values)
    if values["audit_kind"] is not None:
        _audit(server, values["audit_kind"], row["task_id"], _detail(new, values["detail"]))
    return [{"attempts": new["attempts"]}], 1


def _detail(row: Row, reason: str) -> Row:
    return {
        "delivery_id": str(row["id"]),
        "occasion": row["occasion"],
        "attempts": row["attempts"],
        "reason": reason,
    }


@statement(sql.LEASE_LOST)
def _lease_lost(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"].get(values["id"])
    if row is None:
        return [], 0
    detail = {
        "delivery_id": str(row["id"]),
        "occasion": row["occasion"],
        "outcome": values["outcome"],
        "reason": values["detail"],
    }
    _audit(server, "delivery_lease_lost", row["task_id"], detail)
    return [], 1


def _held(server: Server, values: Mapping[str, Any]) -> list[Row]:
    """The deliveries whose lease is still that of the token named with them."""
    table = server.tables["deliveries"]
    return [
        table[identity]
        for identity, token in zip(values["ids"], values["tokens"], strict=True)
        if identity in table
        and table[identity]["lease_owner"] == token
        and table[identity]["status"] == "due"
    ]


@statement(sql.RENEW)
def _renew(server: Server, values: Mapping[str, Any]) -> Result:
    held = _held(server, values)
    for row in held:
        server.tables["deliveries"][row["id"]] = {**row, "lease_until": server.now + values["lease"]}
    return [{"id": row["id"]} for row in held], len(held)


@statement(sql.RELEASE)
def _release(server: Server, values: Mapping[str, Any]) -> Result:
    held = _held(server, values)
    for row in held:
        server.tables["deliveries"][row["id"]] = {**row, "lease_owner": None, "lease_until": None}
    return [], len(held)


@statement(sql.PUT_OFF)
def _put_off(server: Server, values: Mapping[str, Any]) -> Result:
    return _change(
        server,
        values["id"],
        lambda _: {
            "due_at": values["due_at"],
            "attempts": values["attempts"],
            "lease_owner": None,
            "lease_until": None,
        },
    )


@statement(sql.END)
def _end(server: Server, values: Mapping[str, Any]) -> Result:
    result = _change(
        server,
        values["id"],
        lambda _: {
            "status": values["status"],
            "attempts": values["attempts"],
            "ended_at": server.now,
            "lease_owner": None,
            "lease_until": None,
        },
    )
    row = server.tables["deliveries"][values["id"]]
    _audit(server, values["kind"], row["task_id"], _detail(row, values["reason"]))
    return result


@statement(sql.READDRESS)
def _readdress(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"][values["old"]]
    return _deliver(
        server,
        values["new"],
        row["task_id"],
        row["occasion"],
        row["cause"],
        row["channel"],
        row["unit_id"],
        values["recipient"],
        row["deadline"],
    )


@statement(sql.EXPIRE)
def _expire(server: Server, values: Mapping[str, int]) -> Result:
    now, table = server.now, server.tables["deliveries"]
    late = [
        row
        for row in table.values()
        if row["status"] == "due" and row["deadline"] <= now and _unheld(row, now)
    ][: values["limit"]]
    for row in late:
        ended = {"status": "exhausted", "ended_at": now, "lease_owner": None, "lease_until": None}
        table[row["id"]] = {**row, **ended}
        _audit(server, "delivery_exhausted", row["task_id"], _detail(row, "deadline_passed"))
    return [], len(late)
