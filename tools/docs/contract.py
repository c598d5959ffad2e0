"""The public contract, made from the code: schemas, AsyncAPI, OpenAPI, reasons, vectors, examples.

It must not say anything that the code does not: what stands in ``docs/contract`` by hand is only its README.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from api import app as openapi
from models.base import Frozen
from models.eligibility.decision import Decision
from models.events.contract import Moment, Uuid
from models.events.event_types import EVENT_TYPES, EventType
from models.events.receipt import LeftOutReceipt, NamesNothingReceipt, Receipt, RepeatReceipt
from models.events.sealed_contract import MessageInside, NumbersInside, PersonInside
from models.events.sender import SenderKind
from models.reasons import DecisionReason, LeftOut, Reason, Rejection
from models.tasks.published_events import ReactionEvent, TaskEvent
from tools.docs.contract_asyncapi import asyncapi
from tools.docs.contract_examples import examples
from tools.docs.contract_vectors import vectors

CONTRACT: Final = Path("docs/contract")
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NUMBERS: Final = {
    SenderKind.INSTITUTION: "^[0-9]{6}$",
    SenderKind.MUNICIPALITY: "^[0-9]{4}$",
    SenderKind.REGISTER: "^REG-[A-Z]{2,10}$",
}
_SEALED: Final[dict[str, tuple[type[Frozen], str]]] = {
    "sealed-person": (PersonInside, "What is sealed in an event of version 2"),
    "sealed-numbers": (NumbersInside, "What is sealed in a change of number of version 2"),
    "sealed-message": (MessageInside, "What is sealed in a message of version 2"),
}
_ANSWERS: Final[dict[str, tuple[type[Frozen], str]]] = {
    "receipt": (Receipt, "Receipt"),
    "repeat-receipt": (RepeatReceipt, "Receipt that follows on a repeat"),
    "left-out-receipt": (LeftOutReceipt, "Receipt that follows on a record that has no effect"),
    "names-nothing-receipt": (
        NamesNothingReceipt,
        "Receipt that follows on a record that takes back what nobody has registered",
    ),
    "decision": (Decision, "Decision"),
    "task-event": (TaskEvent, "Change of a task"),
    "reaction": (ReactionEvent, "Answer to an institution"),
}


def files() -> dict[Path, str]:
    """Every generated file, by its path in the repository."""
    made = {CONTRACT / "asyncapi.json": _json(asyncapi()), Path("docs/reasons.md"): reasons()}
    made[CONTRACT / "openapi.json"] = _json(openapi.document())
    for name, schema in schemas().items():
        made[CONTRACT / "schemas" / f"{name}.schema.json"] = _json(schema)
    for name, vector in vectors().items():
        made[CONTRACT / "vectors" / f"{name}.json"] = _json(vector)
    for name, text in examples().items():
        made[CONTRACT / "examples" / name] = text
    return made


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schemas by name: of each event as a whole, of its data and its seal, and of what the service answers."""
    made = {}
    for row in EVENT_TYPES.values():
        name = f"{row.kind}.v{row.version}"
        made[f"{name}.data"] = _headed(f"{name}.data", f"Data of {row.name}", _of(row.data))
        made[name] = _headed(name, row.name, _event(row))
    for name, (inside, title) in _SEALED.items():
        made[name] = _headed(name, title, _of(inside))
    for name, (model, title) in _ANSWERS.items():
        made[name] = _headed(name, title, _of(model, "serialization"))
    return made


def _headed(name: str, title: str, schema: dict[str, Any]) -> dict[str, Any]:
    head = {"$schema": _DIALECT, "$id": f"urn:frafaldsvarsel:contract:{name}", "title": title}
    return head | {member: content for member, content in schema.items() if member != "title"}


def _of(model: type[Frozen], mode: Any = "validation") -> dict[str, Any]:
    schema: dict[str, Any] = _plain(model.model_json_schema(mode=mode))
    return schema


def _plain(schema: Any) -> Any:
    """Without the titles that only repeat a field's name, and in Markdown's single backquotes."""
    if isinstance(schema, list):
        return [_plain(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema.replace("``", "`") if isinstance(schema, str) else schema
    return {
        name: _plain(inner)
        for name, inner in schema.items()
        if not (name == "title" and isinstance(inner, str))
    }


def _event(row: EventType) -> dict[str, Any]:
    """The whole event in structured binding. Other extension attributes are allowed and not signed."""
    data = _of(row.data)
    definitions = data.pop("$defs", {})
    return {
        "description": "A CloudEvents 1.0 event in JSON, as it lies in a Kafka record in structured binding.",
        "type": "object",
        "required": ["specversion", "id", "source", "sender", "type", "time", "signature", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": TypeAdapter(Uuid).json_schema(),
            "source": {
                "type": "string",
                "pattern": "^urn:oio:cvr-nr:[0-9]{8}$",
                "description": "The sender's CVR number, as in the senders' register",
            },
            "sender": {
                "type": "string",
                "pattern": "|".join(pattern for kind, pattern in _NUMBERS.items() if kind in row.senders),
                "description": f"Extension attribute: the number of the sender ({', '.join(sorted(row.senders))})",
            },
            "type": {"const": row.name},
            "time": TypeAdapter(Moment).json_schema()
            | {"description": "Registration time (registrering): RFC 3339 with offset, from 1990 to 2099"},
            "datacontenttype": {
                "type": "string",
                "pattern": "^application/json",
                "default": "application/json",
            },
            "signature": {
                "type": "string",
                "pattern": r"^[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+$",
                "maxLength": 1024,
                "description": "Extension attribute: detached JWS (Ed25519) over attributes, data and topic",
            },
            "sequence": {
                "type": "string",
                "pattern": "^[1-9][0-9]{0,8}$",
                "description": "Extension attribute, optional: the event's number among its sender's, from 1; signed",
            },
            "data": data,
        },
        "additionalProperties": True,
        "$defs": definitions,
    }


def reasons() -> str:
    """``docs/reasons.md``: the closed lists."""
    lines = [
        "# Reasons",
        "",
        "Generated from `models/reasons.py` by `make docs`.",
        "The lists are closed.",
        "",
        "## Why a record was refused",
        "The receipt of a refused record carries one of these. Its bytes are kept, encrypted, for replay.",
        "",
        *_table(Rejection),
        "",
        "## Why an accepted record has no effect",
        "A second receipt says so (`left_out`). The record is kept, and the operator can let it count.",
        "",
        *_table(LeftOut),
        "",
        "## Why a message obliges, obliges nobody, or waits",
        "Every decision carries one of these.",
        "",
        "The duty is LAB § 30(8) and (9) (LBK 701/2022, LBK 280/2024): the institution notifies, and a jobcentre "
        "that is notified within the first six months after *studiestart* shall contact the person. "
        "The day on which the six months are over counts, where the rule set says so: § 30 is silent on it.",
        "",
        "**Receipt or registration.** The words of the law count the notification. We count the day on which "
        "the sender registered the message, its `time`: an outage on the way ends no duty, which is the safer for "
        "the student. Where the window answers otherwise for the day on which it arrived, the evidence carries "
        "that day as `received_on`.",
        "",
        "Undecided are `enrolment_unknown`, `residence_unknown` and `no_responsible_unit`, which wait for a fact or a "
        "route; `law_not_confirmed`, which waits for the law; `education_uncertain` and `target_group_uncertain`, "
        "which the law leaves open; and `too_many_events`. People look at each of them.",
        "",
        *_table(DecisionReason),
    ]
    return "\n".join(lines) + "\n"


def _table(members: type[Reason]) -> Iterator[str]:
    yield "| code | meaning |"
    yield "|---|---|"
    for reason in members:
        yield f"| `{reason}` | {reason.text} |"
