"""What a right on a table is made of."""

from dataclasses import dataclass
from typing import Final

WHOLE: Final = ("*",)
"""Every column, those of later migrations too."""


@dataclass(frozen=True, slots=True)
class TableRight:
    """What one role may do with one table or view."""

    table: str
    read: tuple[str, ...] = ()
    """SELECT of these columns."""
    add: bool = False
    """INSERT."""
    change: tuple[str, ...] = ()
    """UPDATE of these columns; a lock of a row (`FOR UPDATE`) needs any."""
    remove: bool = False
    """DELETE."""
    lock: bool = False
    """MAINTAIN, for a `LOCK TABLE` that keeps writers out."""
