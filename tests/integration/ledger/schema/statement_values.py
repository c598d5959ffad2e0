"""What is put into the inbox's statements so that each asks for what `THEIRS` has, and for nothing else.

A statement that is not in it fails its test: whoever writes one says here what it asks for.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from infra.postgres import json_rows
from models.audit_kind import AuditKind
from tests.integration.ledger.schema.unit_rows import READER, THEIRS, task
from tests.reachable_code import Definition

PERSON, TASK, ACT, NEW = "bo", task(2), UUID(int=102), task(9)
MUNICIPALITY: Final = "0101"
_DAY, _LATER = date(2020, 1, 1), date(2099, 1, 1)
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
NAMED: Final[Mapping[str, Any]] = {
    "at": date(2019, 1, 1),
    "beginning": "FV",
    "beyond": "FV~",
    "by": "w",
    "detail": Jsonb({"units": [THEIRS]}),
    "day": _DAY,
    "deadline": _LATER,
    "delivery": TASK,
    "education": "eud",
    "failed": False,
    "id": TASK,
    "institution": "280001",
    "kind": AuditKind.LOG_IN_REFUSED,
    "last": _DAY,
    "lately": timedelta(days=30_000),
    "limit": 50,
    "message_id": "",
    "name": "n",
    "query": "",
    "reader": READER,
    "references": ["FV-2"],
    "monday": date(2019, 12, 30),
    "most": 100,
    "municipalities": [MUNICIPALITY],
    "one_within": timedelta(minutes=15),
    "people": [PERSON],
    "person": PERSON,
    "person_id": "",
    "reference": "",
    "review_on": date(2019, 1, 1),
    "sender": "",
    "severity": "medium",
    "stand_in": READER,
    "since": datetime(2019, 1, 1, tzinfo=UTC),
    "task": TASK,
    "tasks": [TASK],
    "task_id": TASK,
    "today": _LATER,
    "unit": THEIRS,
    "units": [THEIRS],
    "version": 1,
    "who": "w",
}
_OF_NAMED: Final[Mapping[str, Mapping[str, Any]]] = {
    "APPEND_TO_PERSONS_TASKS": {"kind": AuditKind.FOUND_BY_CPR},
    "TASK_BY_ID": {"key": TASK},
    "TASK_BY_REFERENCE": {"key": "FV-2"},
}
_CLOSED_AFTER: Final = datetime(2099, 1, 1, tzinfo=UTC)
_POSITIONAL: Final[Mapping[str, tuple[Any, ...]]] = {
    "perform.LOCK_MESSAGES": (PERSON,),
    "perform.PERSON_OF": (TASK, [THEIRS]),
    "perform.STAND": ("decisions", 0, TASK),
    "list_statements.INSTITUTIONS": ([THEIRS],),
    "numbers.NUMBERS": (PERSON,),
    "task_detail.ID_OF": ("FV-2", [THEIRS]),
    "scheduler.ADD": (
        json_rows([{
            "id": NEW, "task_id": TASK, "kind": "overdue", "level": 1, "due_at": _NOW, "about": _DAY,
            "until_seen": False,
        }]),
    ),
    "scheduler.AGAIN": ([TASK],),
    "scheduler.FOOTINGS": ([TASK],),
    "scheduler.KEPT": ([TASK],),
    "scheduler.PLANNED": (
        "p",
        json_rows([{"task_id": TASK, "status": "open", "react_by": _DAY, "seen": True}]),
    ),
    "scheduler.STOP": ([TASK], ["why"]),
    "action_log.ADD": (NEW, TASK, 2, "take", Jsonb({}), "w", "W", "page", _NOW, PERSON, 0, 0, None),
    "action_log.READ": (),
    "action_log.attempts_of": (TASK,),
    "action_log.find": (ACT,),
    "audit_trail.APPEND_ALL": (json_rows([{"kind": AuditKind.DECIDED, "task_id": TASK, "detail": {}}]),),
    "deliveries.MAKE_ROOM": ([NEW],),
    "deliveries.ADD": (
        json_rows([{
            "id": NEW, "task_id": TASK, "occasion": "new", "cause_kind": "event", "cause_ref": "9:9",
            "channel": "email", "audience": "unit", "unit_id": THEIRS, "recipient": "x@b.example", "deadline": _NOW,
        }]),
    ),
    "stand_ins.END": (TASK, [THEIRS]),
    "stand_ins.SET": (NEW, THEIRS, "a", "A", "w", "W", _DAY, _LATER),
    "repository.DROP_MESSAGE": ("280001", "m2", PERSON),
    "repository.DROP_TRANSFER": (PERSON, "e2", "jc-0101"),
    "repository.MESSAGES": ([PERSON], "none", ["280001"], ["m2"], [PERSON]),
    "repository.SAY": (
        json_rows([{"id": "said", "topic": "task-events", "key": PERSON, "value": ""}]),
    ),
    "repository.TASKS": ([PERSON],),
    "repository.TRANSFERS": ([PERSON],),
    "repository.UPSERT_MESSAGES": (
        json_rows([{
            "sender": "280001", "message_id": "m2", "person_id": PERSON, "revision": 2, "outcome": "obliged",
            "reason": "obliged", "unit_id": THEIRS, "enrolment_id": "e2", "law_version": "v", "registered_at": _NOW,
            "appended_at": _NOW, "origin_topic": "t", "origin_partition": 0, "origin_offset": 0, "decision": {},
            "task_id": TASK,
        }]),
    ),
    "repository.UPSERT_TASKS": (
        json_rows([{
            "id": TASK, "reference": "FV-2", "person_id": PERSON, "enrolment_id": "e2", "unit_id": THEIRS,
            "status": "open", "react_by": _DAY, "appended_at": _NOW, "ordinal": 7, "version": 1,
            "owner_id": "w", "owner_name": "W", "attempts": 0,
        }]),
    ),
    "repository.UPSERT_TRANSFER": (PERSON, "e2", "jc-0101", THEIRS, ACT),
}  # fmt: skip


def values_for(definition: Definition, statement: str) -> Any:
    """Those of one statement; raises `KeyError` where nobody has said what it asks for."""
    if "%(" in statement:
        told = {**NAMED, **_OF_NAMED.get(definition.name, {})}
        if "closed_at <" in statement or "(t.closed_at" in statement:
            told["at"] = _CLOSED_AFTER
        return told
    if "%s" not in statement and "LOCK TABLE" in statement:
        return ()
    return _POSITIONAL[f"{definition.module.rpartition('.')[2]}.{definition.name}"]
