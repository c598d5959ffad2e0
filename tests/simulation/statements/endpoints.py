"""How webhook endpoints fare, and what came back by mail."""

from collections.abc import Mapping
from typing import Any

from ledger.store import audit_trail, deliveries
from notifiers.bounces import store as bounces
from notifiers.webhook import endpoints
from tests.simulation.faults import Mutation
from tests.simulation.statements.deliveries import deliver, detail_of, try_once
from tests.simulation.statements.server import Result, Row, Server, insert, note, statement


def _endpoint(server: Server, values: Mapping[str, Any]) -> Row | None:
    return server.tables["endpoints"].get((values["unit"], values["url"]))


@statement(endpoints.TOOK_IT)
def _took(server: Server, values: Mapping[str, Any]) -> Result:
    row = _endpoint(server, values)
    if row is None or row["disabled_at"] is not None or row["failing_since"] > values["now"]:
        return [], 0
    del server.tables["endpoints"][values["unit"], values["url"]]
    return [], 1


@statement(endpoints.FAILED)
def _failing(server: Server, values: Mapping[str, Any]) -> Result:
    row = _endpoint(server, values) or {
        "unit_id": values["unit"],
        "url": values["url"],
        "failing_since": None,
        "disabled_at": None,
        "reason": None,
    }
    since = row["failing_since"] or values["now"]
    server.tables["endpoints"][values["unit"], values["url"]] = {**row, "failing_since": since}
    return [], 1


@statement(endpoints.DISABLE)
def _disable(server: Server, values: Mapping[str, Any]) -> Result:
    row = _endpoint(server, values)
    if row is None or row["disabled_at"] is not None or server.mutation is Mutation.ENDPOINT_NEVER_OFF:
        return [], 0
    if not values["gone"] and row["failing_since"] > values["now"] - values["failing"]:
        return [], 0
    reason = "gone" if values["gone"] else "failing"
    off = {"disabled_at": values["now"], "reason": reason}
    server.tables["endpoints"][values["unit"], values["url"]] = {**row, **off}
    return [{"reason": reason}], 1


@statement(audit_trail.ENDPOINT_DISABLED)
def _switched_off(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"][values["id"]]
    detail = {"unit": row["unit_id"], "reason": values["reason"]}
    note(server, values["kind"], row["task_id"], detail)
    return [], 1


@statement(endpoints.TASK_OF_DELIVERY)
def _task_of(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"].get(values["id"])
    return ([], 0) if row is None else ([{"task_id": row["task_id"]}], 1)


@statement(deliveries.TELL_OF_ENDPOINT)
def _tell(server: Server, values: Mapping[str, Any]) -> Result:
    if server.mutation is Mutation.OFF_IN_SILENCE:
        return [], 0
    row = server.tables["deliveries"][values["id"]]
    return deliver(
        server,
        values["new"],
        row["task_id"],
        "channel_off",
        values["cause_kind"],
        values["cause_ref"],
        "email",
        row["unit_id"],
        values["recipient"],
        values["now"] + endpoints.FAILING,
    )


@statement(bounces.FIND)
def _returned(server: Server, values: Mapping[str, Any]) -> Result:
    row = server.tables["deliveries"].get(values["id"])
    if row is None or row["channel"] != "email":
        return [], 0
    frozen = row["frozen"] or {}
    recipient = frozen.get("recipient", row["recipient"])
    found = {"status": row["status"], "to": recipient, "sent": bool(frozen), "now": server.now}
    return [found], 1


@statement(bounces.NOTE)
def _note_bounce(server: Server, values: Mapping[str, Any]) -> Result:
    row = {
        "delivery_id": values["id"],
        "report": values["report"],
        "action": values["action"],
        "status": values["code"],
        "at": values["now"],
        "found": values["found"],
    }
    kept = [one for one in server.tables["bounces"].values() if one["delivery_id"] == values["id"]]
    if not values["ends"] and len(kept) >= values["most"]:
        return [], 0
    return insert(server.tables["bounces"], (values["id"], values["report"]), row)


@statement(deliveries.BOUNCE)
def _refuse(server: Server, values: Mapping[str, Any]) -> Result:
    if server.mutation is Mutation.BOUNCE_IGNORED:
        return [], 1
    row = server.tables["deliveries"][values["id"]]
    ended = {"status": "refused", "ended_at": values["now"], "lease_owner": None, "lease_until": None}
    new = {**row, **ended, "attempts": row["attempts"] + 1}
    server.tables["deliveries"][values["id"]] = new
    tried = {"at": values["now"], "outcome": values["outcome"], "code": None, "detail": values["reason"]}
    try_once(server, row["id"], new["attempts"], tried)
    note(server, values["kind"], row["task_id"], detail_of(new, values["reason"]))
    return [], 1
