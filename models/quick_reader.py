"""Reads a record that we have written ourselves by msgspec, where pydantic would make the same of it."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from msgspec import DecodeError, Meta, Struct
from msgspec.json import Decoder

AwareMoment = Annotated[datetime, Meta(tz=True)]
"""As `pydantic.AwareDatetime`."""
_FINE: Final = re.compile(rb"\.\d{7}")
"""Where a moment is finer than a microsecond, pydantic cuts off and msgspec rounds."""
Record = TypeVar("Record", bound=Struct)


def is_finer(value: bytes) -> bool:
    """Whether a record holds a moment that the two read differently."""
    return _FINE.search(value) is not None


class QuickReader(Generic[Record]):
    """Of one kind of record, a struct that forbids fields that it does not know."""

    def __init__(self, kind: type[Record]) -> None:
        self._read: Decoder[Any] = Decoder(kind)

    def __call__(self, value: bytes) -> Record | None:
        """The record; None where pydantic must say what it is."""
        try:
            record: Record = self._read.decode(value)
        except (DecodeError, RecursionError):
            return None
        return None if is_finer(value) else record
