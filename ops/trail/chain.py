"""The audit trail as a chain of hashes: what a row's leaf is, and the root over all leaves so far. Pure.

A root stands for every row before it, in their order: whoever flips, takes out, adds or moves one has another root.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

GENESIS: Final = bytes(32)
"""The root before the first row."""
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
"""Told apart as in RFC 6962, 2.1: no leaf can be passed off as a root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRow:
    """A row of the table ``audit``, as it was written."""

    id: int
    at: datetime
    kind: str
    task_id: UUID | None
    sender: str | None
    message_id: str | None
    detail: Mapping[str, object]
    salt: UUID
    """Random; with it, an erased row cannot be guessed from its leaf."""


def leaf_of(row: TrailRow) -> bytes:
    """32 bytes: SHA-256 over the salt and the row as JSON with sorted names, its time in UTC."""
    content = [
        row.id,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.kind,
        None if row.task_id is None else str(row.task_id),
        row.sender,
        row.message_id,
        row.detail,
    ]
    # Escaped: a lone surrogate, which JSON allows and UTF-8 does not, must not stop the chain.
    written = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(_LEAF + row.salt.bytes + written.encode("ascii")).digest()


def root_after(root: bytes, leaf: bytes) -> bytes:
    """The root when `leaf` follows upon `root`; 32 bytes."""
    return sha256(_NODE + root + leaf).digest()
