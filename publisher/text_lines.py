"""The lines of a file as people make it: which encoding it is in, where a line ends, and no line without a bound.

A line ends with LF, CR LF or CR alone. What is not UTF-8 becomes surrogates, so that only its own line suffers.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from publisher.events import FileFault

MAX_LINE: Final = 1024 * 1024
"""Characters; four times what intake takes, so that a test of intake's limit can be published."""
NOT_UTF8: Final = "it is not UTF-8; it looks like Windows-1252 or Latin-1. Save the file as UTF-8."
_ENDS: Final = ("\n", "\r")
_MARKS: Final = ("\udcff\udcfe", "\udcfe\udcff")
"""The byte order marks of UTF-16, read as UTF-8."""


class TextLine(NamedTuple):
    """One line with its end, by its number from 1. Of one that is longer than `MAX_LINE`, the beginning."""

    number: int
    text: str


def is_utf8(text: str) -> bool:
    """Whether the bytes of `text` were UTF-8."""
    return text.isascii() or not any("\udc80" <= sign <= "\udcff" for sign in text)


def text_lines(stream: BinaryIO) -> Iterator[TextLine]:
    """The lines of `stream`, which is closed at the end.

    Raises `FileFault` where the first one shows another encoding than UTF-8's.
    """
    with io.TextIOWrapper(stream, "utf-8-sig", "surrogateescape", newline="") as text:
        number = 0
        while line := text.readline(MAX_LINE + 1):
            number += 1
            if number == 1 and (line.startswith(_MARKS) or "\0" in line):
                raise FileFault("It looks like UTF-16: save the file as UTF-8 (in Excel: CSV UTF-8).")
            rest = line
            while not rest.endswith(_ENDS) and (rest := text.readline(MAX_LINE)):
                pass
            yield TextLine(number, line)
