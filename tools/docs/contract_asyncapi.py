"""The AsyncAPI 3.0 document of the topics that senders write to and of those that answer them."""

from typing import Any, Final

from config.topics import BY_NAME, Topic
from models.events.event_types import EVENT_TYPES, EventType, InputTopic
from models.events.sender import SenderKind

_BINDING: Final = "0.5.0"
_WHO: Final = {
    SenderKind.INSTITUTION: "educational institutions",
    SenderKind.MUNICIPALITY: "municipalities' benefit systems",
    SenderKind.REGISTER: "the residence register",
}
_ANSWERS: Final = {
    "receipt": (
        Topic.RECEIPTS,
        "Exactly one for each input record: accepted, or rejected with a coded reason.",
    ),
    "repeatReceipt": (Topic.RECEIPTS, "Follows when an accepted record repeats an id."),
    "leftOutReceipt": (
        Topic.RECEIPTS,
        "Follows when an accepted record has no effect: its sender is over its bound for that person.",
    ),
    "namesNothingReceipt": (
        Topic.RECEIPTS,
        "Follows when an accepted record ends, annuls or withdraws what its sender has registered about nobody.",
    ),
    "decision": (Topic.DECISIONS, "Every revision of every message's decision. Inside the service only."),
    "taskEvent": (
        Topic.TASK_EVENTS,
        "Exactly one for each version of a task; the same id when it is told again.",
    ),
    "reaction": (
        Topic.REACTIONS,
        "At most one of a kind for a message and a task, where the municipality has said that its sender may know.",
    ),
}
_SCHEMAS: Final = {
    "receipt": "receipt",
    "repeatReceipt": "repeat-receipt",
    "leftOutReceipt": "left-out-receipt",
    "namesNothingReceipt": "names-nothing-receipt",
    "decision": "decision",
    "taskEvent": "task-event",
    "reaction": "reaction",
}


_EVENTS: Final = ("taskEvent", "reaction")


def asyncapi() -> dict[str, Any]:
    """The document, with references to the schemas beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Frafaldsvarsel",
            "version": "2.0.0",
            "description": (
                "Enrolments, benefit periods, residences and dropout-risk messages in CloudEvents 1.0 "
                "on Kafka, signed by their senders. Both Kafka bindings are read: structured and binary."
            ),
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.value: _channel(topic.value) for topic in (*InputTopic, *_answer_topics())},
        "operations": {
            **{f"receive-{topic.value}": _receive(topic) for topic in InputTopic},
            **{f"send-{topic.value}": _send(topic) for topic in _answer_topics()},
        },
        "components": {
            "messages": {
                **{name: content for row in EVENT_TYPES.values() for name, content in _messages(row)},
                **{name: _answer(name) for name in _ANSWERS},
            }
        },
    }


def _answer_topics() -> list[Topic]:
    return sorted({topic for topic, _ in _ANSWERS.values()}, reverse=True)


def _channel(name: str) -> dict[str, Any]:
    spec = BY_NAME[name]
    return {
        "address": name,
        "description": f"{spec.about} Key: {spec.key}.",
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in _on(name)},
        "bindings": {"kafka": {"topic": name, "partitions": spec.partitions, "bindingVersion": _BINDING}},
    }


def _on(topic: str) -> list[str]:
    events = [name for row in EVENT_TYPES.values() if row.topic == topic for name, _ in _messages(row)]
    return events + [name for name, (where, _) in _ANSWERS.items() if where == topic]


def _receive(topic: InputTopic) -> dict[str, Any]:
    senders = frozenset[SenderKind]().union(
        *(row.senders for row in EVENT_TYPES.values() if row.topic == topic)
    )
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{topic.value}"},
        "summary": f"Sent by {_who(senders)}.",
        "messages": [{"$ref": f"#/channels/{topic.value}/messages/{name}"} for name in _on(topic.value)],
    }


def _who(senders: frozenset[SenderKind]) -> str:
    return " and ".join(who for kind, who in _WHO.items() if kind in senders)


def _send(topic: Topic) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.value}"},
        "summary": "Sent by the service.",
        "messages": [{"$ref": f"#/channels/{topic.value}/messages/{name}"} for name in _on(topic.value)],
    }


def _messages(row: EventType) -> list[tuple[str, dict[str, Any]]]:
    """An event's two messages, one for each Kafka binding."""
    first, *rest = row.kind.replace(".", "-").split("-")
    name = (
        first + "".join(part.capitalize() for part in rest) + ("" if row.version == 1 else f"V{row.version}")
    )
    schema = f"{row.kind}.v{row.version}"
    owner = f" `{row.owner}` in the data is the sender's own number." if row.owner else ""
    key = {"type": "string", "description": "The sender's number; any key is accepted"}
    common = {
        "name": row.name,
        "summary": f"Sent by {_who(row.senders)}.{owner}",
        "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING}},
    }
    structured = {
        **common,
        "title": f"{schema}, structured binding",
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": f"./schemas/{schema}.schema.json"},
    }
    binary = {
        **common,
        "title": f"{schema}, binary binding",
        "contentType": "application/json",
        "headers": _headers(row),
        "payload": {"$ref": f"./schemas/{schema}.data.schema.json"},
    }
    return [(name, structured), (f"{name}Binary", binary)]


def _headers(row: EventType) -> dict[str, Any]:
    event = f"./schemas/{row.kind}.v{row.version}.schema.json#/properties"
    names = ("specversion", "id", "source", "sender", "type", "time", "signature")
    return {
        "type": "object",
        "required": [*(f"ce_{name}" for name in names)],
        "properties": {
            **{f"ce_{name}": {"$ref": f"{event}/{name}"} for name in (*names, "sequence")},
            "content-type": {"$ref": f"{event}/datacontenttype"},
        },
    }


def _answer(name: str) -> dict[str, Any]:
    topic, summary = _ANSWERS[name]
    key = {"type": "string", "description": BY_NAME[topic.value].key}
    return {
        "name": name,
        "summary": summary,
        "contentType": "application/cloudevents+json" if name in _EVENTS else "application/json",
        "payload": {"$ref": f"./schemas/{_SCHEMAS[name]}.schema.json"},
        "bindings": {"kafka": {"key": key, "bindingVersion": _BINDING}},
    }
