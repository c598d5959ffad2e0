"""What each process may do with each table, and no more.

A test holds it against every statement that its code can reach.
Two versions run side by side: take a right away one release after the last statement that needs it.
"""

from dataclasses import replace
from typing import Final

from ledger.schema.table_right import WHOLE, TableRight

_OF_A_MESSAGE: Final = (
    "appended_at",
    "decision",
    "enrolment_id",
    "law_version",
    "origin_offset",
    "origin_partition",
    "origin_topic",
    "outcome",
    "reason",
    "recorded_at",
    "registered_at",
    "review_on",
    "revision",
    "sealed",
    "task_id",
    "unit_id",
)
"""But for the key: which message it is, and whose."""
_OF_A_TASK: Final = (
    "acknowledged_at",
    "acknowledged_by",
    "appended_at",
    "attempts",
    "changed_at",
    "closed_at",
    "ending",
    "mentor_until",
    "ordinal",
    "owner_id",
    "owner_name",
    "person_id",
    "reached_at",
    "react_by",
    "status",
    "version",
)
"""But for what a task is about: its id, reference, enrolment and unit never change."""

# What decisions and acts end in, by one code: the ledger's and the inbox's.
_MESSAGES: Final = TableRight("messages", read=WHOLE, add=True, change=_OF_A_MESSAGE, remove=True)
_PLANS: Final = TableRight(
    "plans",
    read=WHOLE,
    add=True,
    change=("mentor_until", "planned_at", "policy", "react_by", "seen", "status"),
)
_TASKS: Final = TableRight("tasks", read=WHOLE, add=True, change=_OF_A_TASK)
_TRANSFERS: Final = TableRight("transfers", read=WHOLE, add=True, change=("act_id", "unit_id"), remove=True)

LEDGER: Final = (
    TableRight("acts", read=WHOLE, add=True, change=("successor",), remove=True),
    TableRight("applied", read=WHOLE, add=True, change=("person_id",)),
    TableRight("attempts", read=("delivery_id",), remove=True),
    TableRight(
        "audit",
        read=WHOLE,
        add=True,
        change=("detail", "erased_by", "message_id", "salt", "sender", "task_id"),
    ),
    TableRight("bounces", read=("delivery_id",), remove=True),
    TableRight("deliveries", read=WHOLE, add=True, remove=True),
    TableRight("digests", read=WHOLE, add=True, change=("reason",)),
    TableRight("erased_acts", add=True),
    TableRight("erasures", read=WHOLE, add=True, change=("erased_before", "partition", "offset", "request")),
    TableRight("follow_ups", read=("task_id",), remove=True),
    TableRight("footings", read=WHOLE),
    TableRight("foreign_records", add=True),
    TableRight("journalised", read=("task_id",), remove=True),
    TableRight("known_endpoints", add=True),
    _MESSAGES,
    TableRight("migrations", read=("name",)),
    TableRight("outbox", read=WHOLE, add=True, change=("sent_at",), remove=True),
    TableRight(
        "person_facts",
        read=(
            "appended_at",
            "name",
            "offset",
            "origin_offset",
            "origin_partition",
            "origin_topic",
            "partition",
            "person_id",
        ),
        add=True,
        change=("name", "person_id"),
        remove=True,
    ),
    TableRight("person_joins", read=WHOLE, add=True, remove=True),
    replace(_PLANS, remove=True),
    TableRight("position", read=WHOLE, add=True, change=("next_offset",)),
    TableRight("quarantine", read=("decided_at", "id", "kind", "since", "state")),
    TableRight("receipts", read=WHOLE, add=True),
    TableRight("repeats", read=WHOLE, add=True, change=("kind", "resolved_at")),
    TableRight("resealed", read=("message_id", "sender", "sent_as"), remove=True),
    TableRight("retention_holds", read=("person_id",), remove=True),
    TableRight("seen_tasks", read=("task_id",), remove=True),
    TableRight("skips", read=WHOLE),
    TableRight("steps", read=WHOLE, add=True, change=("due_at", "ended_at", "reason", "status"), remove=True),
    TableRight("subjects", read=WHOLE, add=True, change=("counts", "names_nothing", "told_at"), remove=True),
    replace(_TASKS, change=(*_OF_A_TASK, "follows"), remove=True),
    replace(_TRANSFERS, remove=True),
    TableRight(
        "verdicts",
        read=("appended_at", "enrolment_id", "message_id", "offset", "partition", "person_id", "sent_as"),
        add=True,
        change=("enrolment_id", "message_id", "person_id", "sent_as"),
    ),
)

NOTIFY: Final = (
    TableRight("attempts", read=WHOLE, add=True),
    TableRight("audit", add=True),
    TableRight("bounces", read=WHOLE, add=True),
    TableRight(
        "deliveries",
        read=WHOLE,
        add=True,
        change=("attempts", "due_at", "ended_at", "frozen", "lease_owner", "lease_until", "status"),
    ),
    TableRight(
        "endpoints", read=WHOLE, add=True, change=("disabled_at", "failing_since", "reason"), remove=True
    ),
    TableRight("footings", read=("seen", "task_id")),
    # Most of it for traces, where they are on.
    TableRight(
        "messages",
        read=(
            "appended_at",
            "decision",
            "origin_offset",
            "origin_partition",
            "origin_topic",
            "outcome",
            "person_id",
            "revision",
            "task_id",
        ),
    ),
    TableRight("migrations", read=("name",)),
    TableRight("steps", read=("failed_delivery", "id", "until_seen")),
    TableRight(
        "tasks",
        read=(
            "appended_at",
            "id",
            "mentor_until",
            "opened_at",
            "person_id",
            "react_by",
            "reference",
            "status",
            "unit_id",
        ),
    ),
)

_AGAIN: Final = ("deadline", "due_at", "ended_at", "lease_owner", "lease_until", "status")
"""A unit lets a notice go once more."""

INBOX: Final = (
    TableRight("acts", read=WHOLE, add=True),
    TableRight("attempts", read=WHOLE),
    TableRight("audit", read=WHOLE, add=True),
    TableRight("bounces", read=("action", "at", "delivery_id", "report")),
    TableRight("colleagues", read=WHOLE, add=True, change=("seen_on", "user_name")),
    TableRight("deliveries", read=WHOLE, add=True, change=_AGAIN),
    TableRight("follow_ups", read=WHOLE, add=True, change=("day", "set_at"), remove=True),
    TableRight("footings", read=WHOLE),
    TableRight("inbox_sessions", read=WHOLE, add=True, change=("checked_at", "seen_at", "tag"), remove=True),
    _MESSAGES,
    TableRight("migrations", read=("name",)),
    TableRight("outbox", add=True),
    TableRight("person_joins", read=WHOLE),
    _PLANS,
    TableRight("position", read=WHOLE),
    TableRight("quarantine", read=("id", "kind", "since")),
    TableRight("released_figures", read=WHOLE),
    TableRight("releases", read=("as_of", "first_day", "last_day", "threshold")),
    TableRight("resealed", read=("message_id", "sealed", "sender", "sent_as")),
    TableRight("saved_views", read=WHOLE, add=True, change=("query",), remove=True),
    TableRight("seen_tasks", read=WHOLE, add=True, change=("seen_at", "version")),
    TableRight("stand_ins", read=WHOLE, add=True, change=("ended_at",)),
    TableRight("steps", read=WHOLE, add=True, change=("ended_at", "reason", "status")),
    _TASKS,
    TableRight("trail", read=("audit_id",)),
    _TRANSFERS,
)

ACT: Final = (
    TableRight("acts", read=WHOLE, add=True),
    TableRight("audit", add=True),
    TableRight(
        "deliveries", read=("id", "occasion", "status", "task_id", "unit_id"), add=True, change=_AGAIN
    ),
    TableRight("footings", read=WHOLE),
    _MESSAGES,
    TableRight("outbox", add=True),
    _PLANS,
    TableRight("position", read=WHOLE),
    TableRight("steps", read=WHOLE, add=True, change=("ended_at", "reason", "status")),
    _TASKS,
    _TRANSFERS,
)

AUDIT: Final = (
    TableRight("acts", read=WHOLE),
    TableRight("applied", read=WHOLE),
    TableRight("attempts", read=WHOLE),
    TableRight("audit", read=WHOLE),
    TableRight("bounces", read=WHOLE),
    TableRight("deliveries", read=WHOLE),
    TableRight("digests", read=("day", "reason", "status", "unit_id")),
    TableRight("dismissed", read=WHOLE),
    TableRight("endpoints", read=("disabled_at", "unit_id")),
    TableRight("footings", read=WHOLE),
    TableRight("foreign_records", read=WHOLE),
    TableRight("known_endpoints", read=WHOLE),
    TableRight("messages", read=WHOLE),
    TableRight("person_facts", read=("person_id",)),
    TableRight("person_joins", read=WHOLE),
    TableRight("plans", read=WHOLE),
    TableRight("position", read=WHOLE),
    TableRight("quarantine", read=WHOLE),
    TableRight("receipts", read=WHOLE),
    TableRight("repeats", read=WHOLE),
    TableRight("retention_runs", read=("at", "kind", "overdue")),
    TableRight("steps", read=WHOLE),
    TableRight(
        "subjects",
        read=("event_id", "kind", "names_nothing", "offset", "partition", "sender", "told_at", "topic"),
    ),
    TableRight("tasks", read=WHOLE),
    TableRight("transfers", read=WHOLE),
    TableRight("verdicts", read=("person_id", "sent_as")),
)

TRAIL: Final = (
    TableRight("audit", read=WHOLE),
    TableRight("migrations", read=("name",)),
    TableRight("trail", read=WHOLE, add=True),
)

CANARY: Final = (
    TableRight("applied", read=("origin_offset", "origin_partition", "origin_topic")),
    TableRight("deliveries", read=("cause_kind", "cause_ref", "status", "task_id")),
    TableRight(
        "messages", read=("decision", "message_id", "outcome", "reason", "registered_at", "sender", "task_id")
    ),
    TableRight("migrations", read=("name",)),
    TableRight("receipts", read=("event_id", "offset", "partition", "sender", "status", "topic")),
    TableRight("tasks", read=("id", "status", "unit_id")),
)
