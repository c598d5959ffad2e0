"""Writes Parquet as plainly as its specification allows: one row group, one plain page a column, uncompressed.

Source: parquet-format 2.11, README and parquet.thrift; Thrift's compact protocol. A library for it weighs forty
megabytes, and would be the largest of the service. Pure.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MAGIC: Final = b"PAR1"
_INT64: Final = 2
_BYTE_ARRAY: Final = 6
_OPTIONAL: Final = 1
_UTF8: Final = 0
_PLAIN: Final = 0
_RLE: Final = 3
# Types of the compact protocol.
_I32: Final = 5
_I64: Final = 6
_BINARY: Final = 8
_LIST: Final = 9
_STRUCT: Final = 12


@dataclass(frozen=True, slots=True)
class Column:
    """Texts, or whole numbers; None: absent."""

    name: str
    values: Sequence[str | int | None]
    is_number: bool = False


def parquet(columns: Sequence[Column]) -> bytes:
    """The file."""
    content = bytearray(_MAGIC)
    chunks = []
    for column in columns:
        start = len(content)
        content += _page(column)
        chunks.append(_chunk(column, start, len(content) - start))
    rows = len(columns[0].values) if columns else 0
    size = len(content) - len(_MAGIC)
    schema = [_struct((4, _BINARY, _text("schema")), (5, _I32, _int(len(columns))))]
    schema += [
        _struct(
            (1, _I32, _int(_INT64 if column.is_number else _BYTE_ARRAY)),
            (3, _I32, _int(_OPTIONAL)),
            (4, _BINARY, _text(column.name)),
            *(() if column.is_number else ((6, _I32, _int(_UTF8)),)),
        )
        for column in columns
    ]
    group = _struct((1, _LIST, _list(_STRUCT, chunks)), (2, _I64, _int(size)), (3, _I64, _int(rows)))
    footer = _struct(
        (1, _I32, _int(1)),
        (2, _LIST, _list(_STRUCT, schema)),
        (3, _I64, _int(rows)),
        (4, _LIST, _list(_STRUCT, [group])),
    )
    return bytes(content) + footer + struct.pack("<I", len(footer)) + _MAGIC


def _page(column: Column) -> bytes:
    levels = _levels([value is not None for value in column.values])
    body = struct.pack("<I", len(levels)) + levels
    body += b"".join(_plain(value) for value in column.values if value is not None)
    data = _struct(
        (1, _I32, _int(len(column.values))),
        (2, _I32, _int(_PLAIN)),
        (3, _I32, _int(_RLE)),
        (4, _I32, _int(_RLE)),
    )
    head = _struct(
        (1, _I32, _int(0)), (2, _I32, _int(len(body))), (3, _I32, _int(len(body))), (5, _STRUCT, data)
    )
    return head + body


def _plain(value: str | int) -> bytes:
    if isinstance(value, int):
        return struct.pack("<q", value)
    text = value.encode()
    return struct.pack("<I", len(text)) + text


def _levels(present: Sequence[bool]) -> bytes:
    """Definition levels as runs."""
    content, start = bytearray(), 0
    for place in range(1, len(present) + 1):
        if place == len(present) or present[place] != present[start]:
            content += _varint((place - start) << 1) + bytes([present[start]])
            start = place
    return bytes(content)


def _chunk(column: Column, start: int, size: int) -> bytes:
    meta = _struct(
        (1, _I32, _int(_INT64 if column.is_number else _BYTE_ARRAY)),
        (2, _LIST, _list(_I32, [_int(_PLAIN), _int(_RLE)])),
        (3, _LIST, _list(_BINARY, [_text(column.name)])),
        (4, _I32, _int(0)),
        (5, _I64, _int(len(column.values))),
        (6, _I64, _int(size)),
        (7, _I64, _int(size)),
        (9, _I64, _int(start)),
    )
    return _struct((2, _I64, _int(start)), (3, _STRUCT, meta))


def _varint(number: int) -> bytes:
    content = bytearray()
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    content.append(number)
    return bytes(content)


def _int(number: int) -> bytes:
    """Zigzag."""
    return _varint(number << 1)


def _text(text: str) -> bytes:
    content = text.encode()
    return _varint(len(content)) + content


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return head + b"".join(items)


def _struct(*fields: tuple[int, int, bytes]) -> bytes:
    content, last = bytearray(), 0
    for number, kind, value in fields:
        content += bytes([(number - last) << 4 | kind]) + value
        last = number
    return bytes(content) + b"\0"
