"""One digest, computed alike here and by PostgreSQL, so that tables of any size are compared by a sum.

It stands for content that must be the same; it protects nothing.
"""

from collections.abc import Iterable
from hashlib import md5
from typing import Final

_DIGITS: Final = 14
SUMMED: Final = 0xFFFFFFFF
"""Of a digest only so many bits are added up: a sum of them never overflows."""


def digest(*parts: object) -> int:
    """56 bits of the parts; None is as if it were empty."""
    text = "|".join(["" if part is None else str(part) for part in parts])
    return int.from_bytes(md5(text.encode(), usedforsecurity=False).digest()[: _DIGITS // 2])


def in_sql(columns: Iterable[str]) -> str:
    """The same of columns, in PostgreSQL's words."""
    text = ", ".join(f"coalesce(({column})::text, '')" for column in columns)
    return f"('x' || left(md5(concat_ws('|', {text})), {_DIGITS}))::bit(56)::bigint"
