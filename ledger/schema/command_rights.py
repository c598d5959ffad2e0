"""What people's commands may do with each table, and no more.

A test holds it against every statement that their code can reach.
Two versions run side by side: take a right away one release after the last statement that needs it.
"""

from typing import Final

from ledger.schema.table_right import WHOLE, TableRight

OPERATOR: Final = (
    TableRight("acts", read=("at", "by_name", "detail", "kind", "number", "successor", "task_id", "via")),
    TableRight("applied", read=WHOLE),
    TableRight("attempts", read=WHOLE, add=True),
    TableRight("audit", read=WHOLE, add=True),
    TableRight("bounces", read=WHOLE, add=True),
    TableRight(
        "deliveries",
        read=WHOLE,
        change=(
            "attempts",
            "deadline",
            "due_at",
            "ended_at",
            "frozen",
            "lease_owner",
            "lease_until",
            "status",
        ),
    ),
    TableRight("dismissed", read=WHOLE, add=True),
    TableRight("endpoints", read=WHOLE, remove=True),
    TableRight(
        "erasure_requests",
        read=WHOLE,
        add=True,
        change=("done_at", "erased_before", "offset", "people"),
    ),
    TableRight("erasures", read=("erased_before", "person")),
    TableRight("foreign_records", read=WHOLE),
    TableRight(
        "inbox_sessions", read=("created_at", "ends_at", "seen_at", "user_id", "user_name"), remove=True
    ),
    TableRight("journalised", read=WHOLE, add=True, change=("at", "noted_by", "receipt")),
    TableRight(
        "messages",
        read=(
            "appended_at",
            "decision",
            "law_version",
            "message_id",
            "origin_offset",
            "origin_partition",
            "origin_topic",
            "outcome",
            "person_id",
            "reason",
            "registered_at",
            "review_on",
            "revision",
            "sender",
            "task_id",
            "unit_id",
        ),
    ),
    TableRight("migrations", read=("name",)),
    TableRight("outbox", read=("due_at", "sent_at")),
    TableRight("person_joins", read=("joined_to", "person_id")),
    TableRight("position", read=WHOLE),
    TableRight(
        "quarantine",
        read=WHOLE,
        add=True,
        change=("because", "decided_at", "decided_by", "replayed_as", "state"),
    ),
    TableRight("receipts", read=WHOLE),
    TableRight("repeats", read=WHOLE),
    TableRight("requests", read=WHOLE, add=True, change=("approved_because", "approved_by")),
    TableRight("retention_holds", read=("person_id", "reference"), add=True, remove=True),
    TableRight("skips", add=True),
    TableRight("steps", read=WHOLE),
    TableRight(
        "tasks",
        read=(
            "acknowledged_at",
            "acknowledged_by",
            "appended_at",
            "attempts",
            "changed_at",
            "closed_at",
            "ending",
            "enrolment_id",
            "follows",
            "id",
            "mentor_until",
            "opened_at",
            "owner_id",
            "owner_name",
            "person_id",
            "reached_at",
            "react_by",
            "reference",
            "status",
            "unit_id",
            "version",
        ),
    ),
    TableRight("trail", read=WHOLE),
)

INSIGHT: Final = (
    TableRight("audit", read=("at", "detail", "id", "kind", "task_id"), add=True),
    TableRight("person_joins", read=("joined_to", "person_id")),
    TableRight("tasks", read=("id", "person_id", "reference", "unit_id")),
)

REPORT: Final = (
    TableRight("acts", read=("at", "detail", "kind", "serial", "successor", "task_id")),
    TableRight("applied", read=("left_out", "offset", "partition")),
    TableRight("erased_acts", read=WHOLE),
    TableRight("later_releases", read=("as_of", "first_day", "sha256"), add=True),
    TableRight("messages", read=("message_id", "sender")),
    TableRight("person_facts", read=WHOLE),
    TableRight("receipts", read=("appended_at", "offset", "partition", "sender", "status", "topic", "type")),
    TableRight("released_figures", add=True),
    TableRight("releases", read=WHOLE, add=True),
    TableRight("repeats", read=("offset", "partition", "topic")),
    TableRight("tasks", read=("enrolment_id", "id", "unit_id")),
    TableRight("verdicts", read=WHOLE),
)

RETENTION: Final = (
    TableRight("applied", read=WHOLE),
    TableRight("attempts", read=("delivery_id",), remove=True),
    TableRight(
        "audit",
        read=WHOLE,
        add=True,
        change=("detail", "erased_by", "message_id", "salt", "sender", "task_id"),
    ),
    TableRight("bounces", read=("delivery_id",), remove=True),
    TableRight(
        "deliveries",
        read=("cause_kind", "cause_ref", "created_at", "id", "occasion", "status", "task_id", "unit_id"),
        remove=True,
    ),
    TableRight("digests", read=("day", "unit_id"), remove=True),
    TableRight("dismissed", read=("case",)),
    TableRight("endpoints", read=("disabled_at", "unit_id")),
    TableRight(
        "erasure_requests",
        read=WHOLE,
        add=True,
        change=("done_at", "erased_before", "offset", "people"),
        remove=True,
    ),
    TableRight("erasures", read=("erased_before", "person")),
    TableRight("inbox_sessions", read=("ends_at", "id"), remove=True),
    TableRight("journalised", read=("task_id",)),
    TableRight("messages", read=("appended_at", "outcome", "person_id", "task_id")),
    TableRight("person_joins", read=("joined_to", "person_id")),
    TableRight("quarantine", read=WHOLE, remove=True),
    TableRight("receipts", read=WHOLE, remove=True),
    TableRight("repeats", read=WHOLE, remove=True),
    TableRight("requests", read=("approved_at", "id", "kind")),
    TableRight("retention_holds", read=("person_id",)),
    TableRight("retention_rules", read=WHOLE, add=True),
    TableRight("retention_runs", read=WHOLE, add=True, change=WHOLE),
    TableRight("tasks", read=("changed_at", "closed_at", "id", "person_id", "reference", "status")),
    TableRight("trail", read=("audit_id",)),
)

REBUILD: Final = (
    TableRight("acts", read=WHOLE, lock=True),
    TableRight("applied", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("attempts", add=True),
    TableRight("audit", read=("at", "kind", "task_id"), add=True),
    TableRight("deliveries", read=WHOLE, add=True, change=WHOLE, lock=True),
    TableRight("messages", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("outbox", add=True),
    TableRight("person_facts", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("person_joins", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("position", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("quarantine", read=("id", "kind", "state")),
    TableRight("receipts", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("repeats", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight(
        "resealed", read=("message_id", "sealed", "sender", "sent_as"), add=True, change=("at", "sealed")
    ),
    TableRight("retention_holds", read=("person_id",)),
    TableRight("skips", read=WHOLE),
    TableRight("subjects", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("tasks", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("transfers", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
    TableRight("verdicts", read=WHOLE, add=True, change=WHOLE, remove=True, lock=True),
)
