"""Decodes header names that are not UTF-8, at which aiokafka 0.14.0 raises.

Brokers accept such a record from every client that may write, and Faust cannot catch the error: every worker would end
at this record, again and again. Here the name is decoded with escapes, and intake validates the record like any other.
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
    """Use this decoding in every consumer of the process."""
    fetcher.MemoryRecords = TolerantRecords


class TolerantRecords:
    """In place of aiokafka's `MemoryRecords`: the batches of one fetch from a partition."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records = MemoryRecords(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """The size of the fetch."""
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
    """aiokafka's fast batch, and its slow one if the fast one fails."""

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
            # From the beginning: the fetcher skips offsets that it has had.
            yield from slow


class _Escaping(bytearray):
    """Bytes that always decode."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Escaping(part) if isinstance(part, bytearray) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """The text, with escapes for bytes that are not UTF-8."""
        return super().decode(encoding, "backslashreplace")
