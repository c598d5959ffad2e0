"""Whose a refused record says that it is, read from whatever can be read of it: so that its sender sees the refusal.

A claim proves nothing and opens nothing. Whoever names a sender by it asks the register first, so that no number of a
person can stand in a receipt.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

_NAMED: Final = rb"""(?<![A-Za-z0-9_])(?i:%s)\\*["']?\s*:\s*\\*["']?(%s)(?![A-Za-z0-9-])"""
"""A member of an object, also of one that is torn, written twice over, or no JSON at all: no parser would take it."""
_SENDER: Final = rb"[0-9]{6}|[0-9]{4}|REG-[A-Z]{2,10}"
_SOURCE: Final = rb"urn:oio:cvr-nr:[0-9]{8}"
_ID: Final = rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PREFIXES: Final = ("ce_", "ce-", "cloudevents_", "cloudevents:")
"""Kafka's, and those of HTTP and AMQP, which some libraries write here too."""
_NUL: Final = b"\0"
"""Without it UTF-16 and UTF-32 of these signs is ASCII."""
_MOST: Final = 8
"""Claims of a kind that are looked at: a record can hold thousands."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a record says of itself: senders' numbers, sources, and the first id, as far as they are found."""

    senders: tuple[str, ...]
    sources: tuple[str, ...]
    event_id: str | None


def claims(value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> Claims:
    """The claims of a record; those of its headers first, and the last header of a name before the others."""
    return Claims(
        senders=tuple(islice(_said(b"sender", _SENDER, value, headers), _MOST)),
        sources=tuple(islice(_said(b"source", _SOURCE, value, headers), _MOST)),
        event_id=next(_said(b"id", _ID, value, headers), None),
    )


def _said(
    name: bytes, form: bytes, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
) -> Iterator[str]:
    wanted = {f"{prefix}{name.decode()}" for prefix in _PREFIXES}
    for written, content in reversed(headers):
        # Some libraries put quotation marks around a header's text.
        said = (content or b"").replace(_NUL, b"")
        if written.lower() in wanted and (found := re.fullmatch(rb'"?(%s)"?' % form, said)):
            yield found[1].decode()
    for found in re.finditer(_NAMED % (name, form), (value or b"").replace(_NUL, b"")):
        yield found[1].decode()
