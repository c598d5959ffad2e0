"""What falls due: planned, fired, stopped; and what follows from a notice that failed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from msgspec.structs import asdict
from psycopg.types.json import Json

from ledger.reminders import failed_deliveries, scheduler
from ledger.store import deliveries
from tests.simulation.faults import Mutation
from tests.simulation.statements.deliveries import deliver
from tests.simulation.statements.reminder_inputs import footing, step_of
from tests.simulation.statements.server import Result, Row, Server, insert, plain, statement

_FAILED: Final = ("refused", "exhausted")
_STANDS: Final = ("status", "react_by", "mentor_until", "seen")
_KINDS: Final = ("reminder", "overdue", "escalation", "mentor_ends")
_KEPT: Final = ("id", "task_id", "kind", "level", "about", "until_seen", "status", "ended_at")


@statement(scheduler.LOCK)
def _lock_steps(server: Server, _: None) -> Result:
    return [], -1


@statement(scheduler.CLOCK)
def _clock(server: Server, _: None) -> Result:
    return [{"clock_timestamp": server.now}], 1


@statement(scheduler.FOOTINGS)
def _footings(server: Server, values: tuple[list[UUID]]) -> Result:
    found = [
        footing(server, server.tables["tasks"][one]) for one in values[0] if one in server.tables["tasks"]
    ]
    return found, len(found)


@statement(scheduler.KEPT)
def _kept(server: Server, values: tuple[list[UUID]]) -> Result:
    tasks = set(values[0])
    found = [
        {name: row[name] for name in _KEPT}
        for row in server.tables["steps"].values()
        if row["task_id"] in tasks and row["failed_delivery"] is None
    ]
    return found, len(found)


@statement(scheduler.ADD)
def _add_steps(server: Server, values: tuple[Json]) -> Result:
    added = 0
    for one in plain(values[0]):
        row = dict(one) if isinstance(one, dict) else {**asdict(one), "reason": None}
        is_over = row["reason"] is not None
        row |= {
            "status": "stopped" if is_over else "waiting",
            "ended_at": server.now if is_over else None,
            "failed_delivery": None,
            "failed_at": None,
        }
        added += insert(server.tables["steps"], row["id"], row)[1]
    return [], added


def _from(server: Server, identity: UUID, status: str, change: Row) -> int:
    row = server.tables["steps"].get(identity)
    if row is None or row["status"] != status:
        return 0
    server.tables["steps"][identity] = {**row, **change}
    return 1


@statement(scheduler.STOP)
def _stop(server: Server, values: tuple[list[UUID], list[str]]) -> Result:
    stopped = [*zip(*values, strict=True)]
    if server.mutation is Mutation.ACKNOWLEDGED_FOR_GOOD:
        tasks = {
            server.tables["steps"][one]["task_id"] for one, reason in stopped if reason == "acknowledged"
        }
        stopped += [
            (row["id"], "acknowledged") for row in server.tables["steps"].values() if row["task_id"] in tasks
        ]
    ended = [
        _from(server, one, "waiting", {"status": "stopped", "reason": reason, "ended_at": server.now})
        for one, reason in stopped
    ]
    return [], sum(ended)


@statement(scheduler.AGAIN)
def _again(server: Server, values: tuple[Sequence[UUID]]) -> Result:
    back = {"status": "waiting", "reason": None, "ended_at": None}
    return [], sum(_from(server, one, "stopped", back) for one in values[0])


@statement(scheduler.PLANNED)
def _planned(server: Server, values: tuple[str, Json]) -> Result:
    policy, tasks = values[0], plain(values[1])
    for task in tasks:
        stands = {name: getattr(task, name) for name in ("task_id", *_STANDS)}
        server.tables["plans"][task.task_id] = {**stands, "policy": policy, "planned_at": server.now}
    return [], len(tasks)


@statement(scheduler.STALE)
def _stale(server: Server, values: Mapping[str, Any]) -> Result:
    plans, stale = server.tables["plans"], []
    for row in server.tables["tasks"].values():
        plan = plans.get(row["id"])
        if row["status"] != "open":
            if plan is not None and plan["status"] == "open":
                stale.append(row["id"])
            continue
        stands = footing(server, row)
        if (
            plan is None
            or plan["policy"] != values["policy"]
            or any(plan[name] != stands[name] for name in _STANDS)
        ):
            stale.append(row["id"])
    stale = [one for one in stale if one not in values["but"] and values["only"] in (None, one)]
    return [{"id": one} for one in sorted(stale)[: values["limit"]]], len(stale)


def _due_steps(server: Server) -> list[Row]:
    now = server.now
    return [
        row
        for row in server.tables["steps"].values()
        if row["status"] == "waiting"
        and row["due_at"] <= now
        and not (server.mutation is Mutation.SLEPT_THROUGH and row["due_at"] < now - timedelta(hours=12))
    ]


@statement(scheduler.WITH_DUE)
def _with_due(server: Server, values: Mapping[str, Any]) -> Result:
    due = [
        row
        for row in _due_steps(server)
        if row["task_id"] not in values["but"] and values["only"] in (None, row["task_id"])
    ]
    due.sort(key=lambda row: (row["due_at"], row["id"]))
    return [{"id": row["task_id"]} for row in due[: values["limit"]]], len(due)


@statement(scheduler.DUE)
def _due(server: Server, values: tuple[list[UUID]]) -> Result:
    due = [row for row in _due_steps(server) if row["task_id"] in values[0]]
    due.sort(key=lambda row: (row["due_at"], _KINDS.index(row["kind"]), row["level"], row["id"]))
    tasks = server.tables["tasks"]
    found = [
        {name: row[name] for name in ("id", "task_id", "kind", "level")}
        | {name: tasks[row["task_id"]][name] for name in ("unit_id", "react_by", "appended_at")}
        for row in due
    ]
    return found, len(found)


@statement(scheduler.PUT_OFF)
def _put_off_step(server: Server, values: tuple[Any, UUID]) -> Result:
    return [], _from(server, values[1], "waiting", {"due_at": values[0]})


@statement(scheduler.FIRED)
def _fired(server: Server, values: tuple[list[UUID], list[str | None]]) -> Result:
    ended = 0
    for one, reason in zip(*values, strict=True):
        if server.mutation is Mutation.STEP_FIRED_TWICE and one.int % 2 and one not in server.marked:
            server.marked.add(one)
            continue
        ended += _from(server, one, "waiting", {"status": "fired", "reason": reason, "ended_at": server.now})
    return [], ended


@statement(deliveries.ADD_IN_ORDER)
def _write_notices(server: Server, values: tuple[Any, ...]) -> Result:
    number, written = values[0], 0
    for place, one in enumerate(zip(*values[1:], strict=True), 1):
        identity, task, occasion, kind, ref, channel, audience, unit, recipient, deadline = one
        if server.mutation is Mutation.STEP_FIRED_TWICE and identity in server.tables["deliveries"]:
            identity = UUID(int=identity.int ^ 1)
        written += deliver(
            server,
            identity,
            task,
            occasion,
            kind,
            ref,
            channel,
            unit,
            recipient,
            deadline,
            audience=audience,
            due_at=server.now - timedelta(microseconds=number - place),
        )[1]
    return [], written


@statement(failed_deliveries.FAILED)
def _failed(server: Server, values: tuple[int]) -> Result:
    if server.mutation is Mutation.FAILURE_FORGOTTEN:
        return [], 0
    followed = {(row["failed_delivery"], row["failed_at"]) for row in server.tables["steps"].values()}
    failed = [
        row
        for row in server.tables["deliveries"].values()
        if row["status"] in _FAILED and (row["id"], row["ended_at"]) not in followed
    ]
    if not failed:
        return [], 0
    found = []
    for row in sorted(failed, key=lambda row: (row["ended_at"], row["id"])):
        group = [one for one in server.tables["deliveries"].values() if _group(one) == _group(row)]
        if any(one["status"] == "due" and one["channel"] == "email" for one in group):
            continue
        task, step = server.tables["tasks"][row["task_id"]], step_of(server, row)
        names = (
            "id",
            "task_id",
            "occasion",
            "cause_kind",
            "cause_ref",
            "channel",
            "audience",
            "unit_id",
            "ended_at",
        )
        found.append(
            {name: row[name] for name in names}
            | {
                "react_by": task["react_by"],
                "task_is_open": task["status"] == "open",
                "seen": footing(server, task)["seen"],
                "until_seen": row["occasion"] in ("new", "more_messages", "taken_over")
                if step is None
                else step["until_seen"],
                "siblings": sorted(
                    {(one["channel"], one["status"]) for one in group if one["id"] != row["id"]}
                ),
                "failed": sorted(
                    {
                        one["recipient"]
                        for one in server.tables["deliveries"].values()
                        if one["task_id"] == row["task_id"] and one["status"] in _FAILED
                    }
                ),
                "told_above": any(_stands_in(server, one["id"]) for one in group),
            }
        )
    return found[: values[0]], len(found)


def _group(row: Row) -> tuple[Any, ...]:
    return (row["task_id"], row["occasion"], row["cause_kind"], row["cause_ref"])


def _stands_in(server: Server, delivery: UUID) -> bool:
    return any(
        row["failed_delivery"] == delivery and row["status"] == "fired"
        for row in server.tables["steps"].values()
    )


@statement(failed_deliveries.INSERT)
def _follow(server: Server, values: tuple[Any, ...]) -> Result:
    identity, task, about, until_seen, status, reason, delivery, failed_at = values
    row = {
        "id": identity,
        "task_id": task,
        "kind": "escalation",
        "level": 0,
        "due_at": server.now,
        "about": about,
        "until_seen": until_seen,
        "status": status,
        "reason": reason,
        "ended_at": server.now,
        "failed_delivery": delivery,
        "failed_at": failed_at,
    }
    ours = insert(server.tables["steps"], identity, row)[1]
    return [{"id": identity}] * ours, ours
