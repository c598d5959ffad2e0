"""The key of a record that compaction must leave alone until a tombstone names it (docs/decisions/0054).

No reader takes anything from such a key: whom a record is about stands in its value alone.
"""

import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from itertools import count
from secrets import token_bytes
from typing import Final

_LAST: Final = (1 << 64) - 1
_OF_ITS_OWN: Final = re.compile(rb"[0-9a-f]{32}\.[0-9a-f]{16}")


def record_key(*names: str) -> bytes:
    """A key that no other record has: a hash of what the record is, and a part of its own for each time it is written.

    A record may be written twice, after a crash or by the audit, and readers need the first copy: its offset is where
    a decision was made. With one key for both, compaction would keep the last copy alone.
    The names are hashed: a tombstone outlives what it takes away by days, and must not say whom it was about.
    """
    name = blake2b("\0".join(names).encode(), digest_size=16).hexdigest()
    return f"{name}.{next(_times()) & _LAST:016x}".encode()


def is_own_key(key: bytes | None) -> bool:
    """Whether `key` was made by `record_key`; a person id, which keyed these records before, was not."""
    return key is not None and _OF_ITS_OWN.fullmatch(key) is not None


@cache
def _times() -> Iterator[int]:
    """From a number that no other process begins at: to ask the system each time costs a microsecond."""
    return count(int.from_bytes(token_bytes(8)))
