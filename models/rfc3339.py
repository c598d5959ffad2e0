"""A moment as RFC 3339 writes it (section 5.6), in the form that the contract takes.

The contract is narrower than the RFC: capital T and Z, at most nine digits of a second, years from 1990 to 2099, and
no leap second, which no calendar here can hold. An offset with 60 minutes is none, though libraries add it up.
"""

import re
from datetime import datetime
from typing import Final

PATTERN: Final = (
    r"(199\d|20\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?"
    r"(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
"""For a JSON Schema too."""
_WRITTEN: Final = re.compile(PATTERN, re.ASCII)


def read_moment(text: str) -> datetime:
    """The moment, to the microsecond and with its offset; raises `ValueError`."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError("not an RFC 3339 moment with offset")
    return datetime.fromisoformat(text)
