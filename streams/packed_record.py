"""A person's record as it is kept, in memory and in ``people``: a frame of Zstandard (RFC 8878), by a dictionary.

A record is JSON whose words are nearly the same for everybody; the dictionary knows them, and a frame names it by its
number. A record from before, plain JSON, begins with a brace and is taken as it stands.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from mmap import mmap
from pathlib import Path
from typing import Final

from zstandard import (
    FRAME_HEADER,
    ZstdCompressionDict,
    ZstdCompressionParameters,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    frame_content_size,
)

from models.eligibility.bounds import LAST_BYTES
from models.errors import UnreadableError

_DICTIONARY: Final = Path(__file__).with_name("person_record.zdict")
"""Made once, by tools/person_dictionary.py. Another one gets a file and a number of its own: records name this one."""
_PARAMETERS: Final = ZstdCompressionParameters.from_level(
    1, window_log=17, hash_log=12, min_match=7, write_dict_id=True, write_checksum=False
)
"""The quickest level, with what it is best at for records of some kilobytes: a small table, and no short matches."""
_BRACE: Final = b"{"
_HEADER_BYTES: Final = 18
_MOST: Final = 2 * LAST_BYTES
"""A larger record is none of match's, and would fill memory."""


def pack(value: bytes) -> bytes:
    """The frame of a record, which may be packed already."""
    return _compressor().compress(value) if value.startswith(_BRACE) else value


def unpack(value: bytes) -> bytes:
    """The record as JSON, which it may be already. Raises `UnreadableError`: another version has written it."""
    if value.startswith(_BRACE):
        return value
    try:
        if not 0 <= frame_content_size(value) <= _MOST:
            raise UnreadableError("a record of people is larger than any that is written")
        return _decompressor().decompress(value)
    except ZstdError as error:
        raise UnreadableError(
            "a record of people is packed as this version does not know it. Install the version that wrote it."
        ) from error


def unpacked_in(content: bytes | mmap) -> Iterator[bytes]:
    """Every record that stands packed somewhere in `content`, as in a file of a broker's."""
    at = content.find(FRAME_HEADER)
    while at >= 0:
        with suppress(ZstdError):
            size = frame_content_size(content[at : at + _HEADER_BYTES])
            if 0 <= size <= _MOST:
                # A frame is hardly longer than what it holds, however badly that could be packed.
                frame = content[at : at + size + size // 128 + _HEADER_BYTES + 64]
                # No more than it says: the size is no promise.
                yield _decompressor().stream_reader(frame).read(size)
        at = content.find(FRAME_HEADER, at + 1)


def with_unpacked(content: bytes) -> bytes:
    """`content`, and behind it what stands packed in it: for whoever looks for a name."""
    return b"\n".join((content, *unpacked_in(content)))


@cache
def _dictionary() -> ZstdCompressionDict:
    return ZstdCompressionDict(_DICTIONARY.read_bytes())


@cache
def _compressor() -> ZstdCompressor:
    dictionary = _dictionary()
    dictionary.precompute_compress(compression_params=_PARAMETERS)
    return ZstdCompressor(dict_data=dictionary, compression_params=_PARAMETERS)


@cache
def _decompressor() -> ZstdDecompressor:
    return ZstdDecompressor(dict_data=_dictionary())
