"""Notices that are due: written, claimed, recorded, ended."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Json

from ledger.store import audit_trail, deliveries
from models.notifications.cause import CauseKind, DeliveryCause
from notifiers import statements
from tests.simulation.faults import Mutation
from tests.simulation.statements.reminder_inputs import footing, is_off, step_of
from tests.simulation.statements.server import Result, Row, Server, insert, note, plain, statement


@statement(deliveries.MAKE_ROOM)
def _make_room(server: Server, values: tuple[list[Any]]) -> Result:
    referring = (*server.tables["attempts"].values(), *server.tables["bounces"].values())
    kept = {row["delivery_id"] for row in referring}
    there = server.tables["deliveries"]
    gone = [
        one for one in values[0] if one in there and there[one]["status"] == "superseded" and one not in kept
    ]
    for one in gone:
        del there[one]
    return [], len(gone)


@statement(deliveries.ADD)
def _add_deliveries(server: Server, values: tuple[Json]) -> Result:
    for row in plain(values[0]):
        named = {name: value for name, value in row.items() if name not in _RENAMED}
        deliver(server, **named, **{_RENAMED[name]: row[name] for name in _RENAMED})
    return [], 0


_RENAMED = {"id": "identity", "task_id": "task", "unit_id": "unit"}


def deliver(
    server: Server,
    identity: Any,
    task: Any,
    occasion: str,
    cause_kind: str,
    cause_ref: str,
    channel: str,
    unit: str,
    recipient: str,
    deadline: datetime,
    *,
    audience: str = "unit",
    due_at: datetime | None = None,
) -> Result:
    """A notice becomes due, unless it is there."""
    if task not in server.tables["tasks"]:
        raise ForeignKeyViolation("deliveries.task_id")
    row = {
        "id": identity,
        "task_id": task,
        "occasion": occasion,
        "cause": DeliveryCause(CauseKind(cause_kind), cause_ref).text,
        "channel": channel,
        "unit_id": unit,
        "recipient": recipient,
        "status": "due",
        "due_at": due_at or server.now,
        "deadline": deadline,
        "attempts": 0,
        "lease_until": None,
        "lease_owner": None,
        "frozen": None,
        "created_at": server.now,
        "ended_at": None,
        "audience": audience,
        "cause_kind": cause_kind,
        "cause_ref": cause_ref,
    }
    return insert(server.tables["deliveries"], identity, row)


@statement(deliveries.NOTIFY)
def _notify(server: Server, _: None) -> Result:
    return [], -1


def _failed(server: Server, failed: Any) -> Row:
    """Of the mail that a notice is about: its address, and what was said of it last."""
    mail = server.tables["deliveries"].get(failed)
    if mail is None or mail["channel"] != "email":
        return dict.fromkeys(("failed_address", "failed_status", "failed_bounce", "failed_code"))
    bounces = [
        row
        for row in server.tables["bounces"].values()
        if row["delivery_id"] == failed and row["action"] == "failed"
    ]
    tried = [row for row in server.tables["attempts"].values() if row["delivery_id"] == failed]
    last = max(tried, key=lambda row: row["attempt"], default=None)
    return {
        "failed_address": mail["recipient"],
        "failed_status": mail["status"],
        "failed_bounce": max(bounces, key=lambda row: row["at"])["status"] if bounces else None,
        "failed_code": None if last is None else last["code"],
    }


@statement(statements.PICK)
def _pick(server: Server, values: Mapping[str, Any]) -> Result:
    now = server.now
    picked = [
        row
        for row in server.tables["deliveries"].values()
        if row["status"] == "due"
        and row["channel"] == values["channel"]
        and row["due_at"] <= now
        and unheld(row, now)
    ]
    picked.sort(key=lambda row: (row["due_at"], row["id"]))
    rows = []
    for row in picked[: values["limit"]]:
        task = server.tables["tasks"][row["task_id"]]
        messages = sum(
            message["task_id"] == task["id"] and message["outcome"] == "obliged"
            for message in server.tables["messages"].values()
        )
        names = ("reference", "react_by", "opened_at", "appended_at", "mentor_until")
        more = {name: task[name] for name in names}
        step = step_of(server, row)
        more |= {
            "undelivered": step is not None and step["failed_delivery"] is not None,
            **_failed(server, None if step is None else step["failed_delivery"]),
            "seen": step is not None and step["until_seen"] and footing(server, task)["seen"],
            "endpoint_off": row["channel"] == "webhook"
            and is_off(server, row)
            and server.mutation is not Mutation.OFF_AND_TRIED,
        }
        others = [
            other
            for other in server.tables["deliveries"].values()
            if row["occasion"] == "more_messages"
            and other is not row
            and all(other[name] == row[name] for name in ("task_id", "occasion", "channel", "recipient"))
        ]
        more |= {
            "is_followed": any(
                other["status"] == "due"
                and other["frozen"] is None
                and (other["due_at"], other["id"]) > (row["due_at"], row["id"])
                for other in others
            ),
            "told_at": max(
                (
                    other["ended_at"] if other["status"] == "delivered" else now
                    for other in others
                    if other["status"] == "delivered" or not unheld(other, now)
                ),
                default=None,
            ),
        }
        rows.append({**row, "task_status": task["status"], **more, "messages": messages, "now": now})
    return rows, len(rows)


def unheld(row: Row, now: datetime) -> bool:
    return row["lease_until"] is None or row["lease_until"] < now


@statement(deliveries.LEASE)
def _lease(server: Server, values: Mapping[str, Any]) -> Result:
    for new in plain(values["rows"]):
        row = server.tables["deliveries"][new["id"]]
        kept = new["frozen"] if row["frozen"] is None else row["frozen"]
        server.tables["deliveries"][row["id"]] = {
            **row,
            "lease_owner": new["token"],
            "lease_until": server.now + values["lease"],
            "frozen": None if server.mutation is Mutation.NEW_MESSAGE_ID else kept,
            "attempts": new["attempts"],
        }
    return [], len(plain(values["rows"]))


def change(server: Server, identity: Any, change: Callable[[Row], Row]) -> Result:
    table = server.tables["deliveries"]
    row = table.get(identity)
    if row is None:
        return [], 0
    table[identity] = {**row, **change(row)}
    return [], 1


@statement(deliveries.INSERT_ATTEMPT)
def _insert_attempt(server: Server, values: Mapping[str, Any]) -> Result:
    try_once(server, values["id"], values["attempt"], values)
    return [], 1


def try_once(server: Server, identity: Any, number: int, values: Mapping[str, Any]) -> None:
    table = server.tables["attempts"]
    if (identity, number) in table:
        raise UniqueViolation("attempts")
    table[identity, number] = {
        "delivery_id": identity,
        "attempt": number,
        **{name: values[name] for name in ("at", "outcome", "code", "detail")},
    }


@statement(statements.COUNTED)
def _counted(server: Server, values: Mapping[str, Any]) -> Result:
    number = sum(
        row["delivery_id"] == values["id"] and row["outcome"] != "misconfigured"
        for row in server.tables["attempts"].values()
    )
    return [{"count": number}], 1


@statement(deliveries.RECORD)
def _record(server: Server, values: Mapping[str, Any]) -> Result:
    ours = [one for one in map(asdict, plain(values["rows"])) if _record_one(server, one)]
    return [{"id": one["id"]} for one in ours], len(ours)


def _record_one(server: Server, values: Mapping[str, Any]) -> bool:
    table = server.tables["deliveries"]
    row = table.get(values["id"])
    unnamed = server.mutation is Mutation.LEASE_NOT_NAMED
    if row is None or (not unnamed and (row["lease_owner"] != values["token"] or row["status"] != "due")):
        return False
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
    try_once(server, row["id"], new["attempts"], {**values, "detail": values["reason"]})
    if values["kind"] is not None:
        note(server, values["kind"], row["task_id"], detail_of(new, values["reason"]))
    return True


def detail_of(row: Row, reason: str) -> Row:
    return {
        "delivery_id": str(row["id"]),
        "occasion": row["occasion"],
        "attempts": row["attempts"],
        "reason": reason,
    }


@statement(audit_trail.LEASE_LOST)
def _lease_lost(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"].get(values["id"])
    if row is None:
        return [], 0
    detail = {
        "delivery_id": str(row["id"]),
        "occasion": row["occasion"],
        "outcome": values["outcome"],
        "reason": values["reason"],
    }
    note(server, values["kind"], row["task_id"], detail)
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


@statement(deliveries.RENEW)
def _renew(server: Server, values: Mapping[str, Any]) -> Result:
    held = _held(server, values)
    for row in held:
        server.tables["deliveries"][row["id"]] = {**row, "lease_until": server.now + values["lease"]}
    return [{"id": row["id"]} for row in held], len(held)


@statement(deliveries.RELEASE)
def _release(server: Server, values: Mapping[str, Any]) -> Result:
    held = _held(server, values)
    for row in held:
        server.tables["deliveries"][row["id"]] = {**row, "lease_owner": None, "lease_until": None}
    return [], len(held)


@statement(deliveries.PUT_OFF)
def _put_off(server: Server, values: Mapping[str, Any]) -> Result:
    return change(
        server,
        values["id"],
        lambda _: {
            "due_at": values["due_at"],
            "attempts": values["attempts"],
            "lease_owner": None,
            "lease_until": None,
        },
    )


@statement(deliveries.SETTLE)
def _end(server: Server, values: Mapping[str, Any]) -> Result:
    result = change(
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
    note(server, values["kind"], row["task_id"], detail_of(row, values["reason"]))
    return result


@statement(deliveries.READDRESS)
def _readdress(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"][values["old"]]
    return deliver(
        server,
        values["new"],
        row["task_id"],
        row["occasion"],
        row["cause_kind"],
        row["cause_ref"],
        row["channel"],
        row["unit_id"],
        values["recipient"],
        row["deadline"],
        audience=row["audience"],
    )


@statement(deliveries.EXPIRE)
def _expire(server: Server, values: Mapping[str, Any]) -> Result:
    now, table = server.now, server.tables["deliveries"]
    late = [
        row
        for row in table.values()
        if row["status"] == "due" and row["deadline"] <= now and unheld(row, now)
    ][: values["limit"]]
    for row in late:
        ended = {"status": "exhausted", "ended_at": now, "lease_owner": None, "lease_until": None}
        table[row["id"]] = {**row, **ended}
        note(server, values["kind"], row["task_id"], detail_of(row, values["reason"]))
    return [], len(late)
