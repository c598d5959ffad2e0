"""The sender's own trace, for a link: in a record's headers, or in a structured event.

Whatever is wrong with it, it is not used, and nothing else changes. ``tracestate`` is not looked at: it may hold
anything.
"""

from collections.abc import Sequence
from typing import Final

import orjson

from infra.traces import SpanLink
from models.events.traceparent import TRACEPARENT, read_traceparent

_HEADERS: Final = (TRACEPARENT, f"ce_{TRACEPARENT}")
"""What a tracing producer adds, and CloudEvents' extension in the binary binding: they may be two steps."""
_IN_JSON: Final = f'"{TRACEPARENT}"'.encode()


def sender_spans(headers: Sequence[tuple[str, bytes | None]], accepted_value: bytes | None) -> list[SpanLink]:
    """Each valid one once. `accepted_value`: the record's, where intake has accepted it; else None."""
    said = {name.lower(): content for name, content in headers if name.lower() in _HEADERS}
    texts = [content.decode("ascii", "replace") for content in said.values() if content is not None]
    if accepted_value is not None and _IN_JSON in accepted_value:
        texts += _extension(accepted_value)
    found = [read_traceparent(text) for text in texts]
    return list(dict.fromkeys(SpanLink(*one) for one in found if one is not None))


def _extension(value: bytes) -> list[str]:
    """Of a structured event. A binary record's value is its data, in which the contract has no such name."""
    try:
        event = orjson.loads(value)
    except ValueError:  # this reader is stricter than intake's in places; a link is worth no stop
        return []
    said = event.get(TRACEPARENT) if isinstance(event, dict) else None
    return [said] if isinstance(said, str) else []
