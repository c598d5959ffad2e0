"""How things stand: the view `footings`, and what a notice hangs on."""

from uuid import UUID

from tests.simulation.statements.server import Row, Server


def is_off(server: Server, row: Row) -> bool:
    """Whether the endpoint that a webhook goes to is switched off."""
    known = server.tables["endpoints"].get((row["unit_id"], row["recipient"]))
    return known is not None and known["disabled_at"] is not None


def step_of(server: Server, row: Row) -> Row | None:
    """The step that a notice comes from."""
    return server.tables["steps"].get(UUID(row["cause_ref"])) if row["cause_kind"] == "step" else None


def footing(server: Server, task: Row) -> Row:
    """A row of the view `footings`."""
    since = [task["opened_at"]]
    since += [
        row["at"]
        for row in server.tables["acts"].values()
        if row["task_id"] == task["id"] and row["kind"] == "reopen"
    ]
    since += [
        row["at"]
        for row in server.tables["audit"].values()
        if row["task_id"] == task["id"] and row["kind"] == "task_reopened"
    ]
    names = ("unit_id", "status", "appended_at", "react_by", "mentor_until")
    return {
        "task_id": task["id"],
        **{name: task[name] for name in names},
        "open_since": max(since),
        "seen": task["owner_id"] is not None or task["acknowledged_at"] is not None,
    }
