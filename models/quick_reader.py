"""Reads a record that we have written ourselves by msgspec, where pydantic would make the same of it."""

import re
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from msgspec import DecodeError, Meta, Raw, Struct
from msgspec.json import Decoder

AwareMoment = Annotated[datetime, Meta(tz=True)]
"""As `pydantic.AwareDatetime`."""
_FINE: Final = re.compile(rb"\.\d{7}")
"""Where a moment is finer than a microsecond, pydantic cuts off and msgspec rounds."""
Record = TypeVar("Record", bound=Struct)


def decoded(reader: Decoder[Any], value: bytes | Raw) -> Any:
    """What `reader` makes of `value`; None where it cannot take it, however deeply it is nested."""
    try:
        return reader.decode(value)
    except (DecodeError, RecursionError):
        return None


def is_finer(value: bytes) -> bool:
    """Whether a record holds a moment that the two read differently."""
    return _FINE.search(value) is not None


class QuickReader(Generic[Record]):
    """Of one kind of record, a struct that forbids fields that it does not know."""

    def __init__(self, kind: type[Record]) -> None:
        self._read: Decoder[Any] = Decoder(kind)

    def __call__(self, value: bytes) -> Record | None:
        """The record; None where pydantic must say what it is."""
        record: Record | None = decoded(self._read, value)
        return None if is_finer(value) else record
