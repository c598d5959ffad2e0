"""WOFF 1 as the TrueType font in it: the pages' typeface, for the PDF. Source: W3C, WOFF File Format 1.0."""

import struct
import zlib
from typing import Final

_HEAD: Final = struct.Struct(">4sIIHHIHHIIIII")
_ENTRY: Final = struct.Struct(">4sIIII")


def unpacked(woff: bytes) -> bytes:
    """The font; raises `ValueError` for what is no WOFF."""
    signature, flavor, _, number, *_ = _HEAD.unpack_from(woff)
    if signature != b"wOFF":
        raise ValueError("no WOFF")
    power = 1
    while power * 2 <= number:
        power *= 2
    entries = [_ENTRY.unpack_from(woff, _HEAD.size + place * _ENTRY.size) for place in range(number)]
    head = struct.pack(">IHHHH", flavor, number, power * 16, power.bit_length() - 1, (number - power) * 16)
    directory, body, start = b"", b"", len(head) + 16 * number
    for tag, offset, packed, size, checksum in entries:
        content = woff[offset : offset + packed]
        if packed < size:
            content = zlib.decompress(content)
        directory += struct.pack(">4sIII", tag, checksum, start + len(body), size)
        body += content + b"\0" * (-size % 4)
    return head + directory + body
