"""Reads what aiokafka 0.14.0 gives up on: a record with a header whose name is not UTF-8.

Brokers take such a record from anybody who may write, and aiokafka raises where Faust cannot catch it: every worker
would end at it, again and again. Here its name is shown with escapes, and intake judges the record like any other.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH_AT: Final = 8
_OVERHEAD: Final = 12
"""Bytes of a batch that its length does not count: the base offset, and the length itself."""


def install() -> None:
    """Make every consumer of this process read so."""
    fetcher.MemoryRecords = TolerantRecords


class TolerantRecords:
    """aiokafka's `MemoryRecords`: the batches of one fetched stretch of a partition."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records = MemoryRecords(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """The size of the stretch."""
        size: int = self._records.size_in_bytes()
        return size

    def has_next(self) -> bool:
        """Whether another whole batch follows."""
        return bool(self._records.has_next())

    def next_batch(self) -> "_Batch":
        """The next batch."""
        (length,) = struct.unpack_from(">i", self._data, self._at + _LENGTH_AT)
        start, self._at = self._at, self._at + _OVERHEAD + length
        return _Batch(self._records.next_batch(), self._data[start : self._at])


class _Batch:
    """aiokafka's fast batch, and its slow one from where the fast one fails."""

    def __init__(self, fast: Any, raw: bytes) -> None:
        self._fast = fast
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._fast
        except UnicodeDecodeError:
            slow = _DefaultRecordBatchPy(self._raw)
            slow._maybe_uncompress()
            slow._buffer = _Escaping(slow._buffer)
            # From the beginning: the fetcher passes over what it has had.
            yield from slow


class _Escaping(bytearray):
    """Bytes that are text whatever they are."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Escaping(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """The text, with escapes for what is none."""
        return super().decode(encoding, "backslashreplace")
