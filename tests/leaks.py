"""Made-up people who are easy to find again: in whatever form their number, name or words may have been written."""

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from quopri import encodestring
from typing import Final
from urllib.parse import quote, quote_plus

from streams.packed_record import with_unpacked

_TABLES: Final = ("postgres/base/", "postgres/pg_wal/")
"""The database's own pages: what stands in them stands in a dump, which is searched instead."""
_SPARSE: Final = (".index", ".timeindex", ".snapshot")
"""Kafka's own numbers; large, and without a byte of a record."""


@dataclass(frozen=True)
class Canary:
    """A person who goes one path alone, so that whoever is found tells by which."""

    path: str
    number: int

    @property
    def cpr(self) -> str:
        """Made up. What tells it from the others stands in its middle: its ends may have run into something else."""
        return f"{10 + self.number:02d}{self.number % 12 + 1:02d}05{7010 + 60 * self.number}"

    @property
    def name(self) -> str:
        """With letters beyond ASCII, which every encoding writes otherwise."""
        return f"Kanarie Ærø{self.number:02d}bo Fugl"

    @property
    def text(self) -> str:
        """What a school writes of a person."""
        return f"Kom ikke til prøven nr. {self.number:02d}, græd ofte"

    @cached_property
    def forms(self) -> Mapping[str, frozenset[bytes]]:
        """What to look for, by what it says."""
        dashed = f"{self.cpr[:6]}-{self.cpr[6:]}"
        return {
            "cpr": frozenset(
                one for text in (self.cpr, dashed, dashed.replace("-", " ")) for one in written(text)
            ),
            "name": frozenset(written(self.name)),
            "text": frozenset(written(self.text)),
        }


def written(text: str) -> Iterator[bytes]:
    """`text` as software writes it, as far as it stands by itself in what comes out.

    Of Base64 the middle is looked for, at each of the three places at which the text can begin in it.
    """
    plain = text.encode()
    yield plain
    yield text.encode("utf-16-le")
    yield text.encode("utf-16-be")
    yield plain.hex().encode()
    yield plain.hex().upper().encode()
    yield encodestring(plain)
    yield text.encode("latin-1", "replace")
    yield plain.decode("latin-1").encode()  # UTF-8 that was taken for Latin-1
    for one in (quote(text), quote_plus(text), quote(text, safe=" "), escape(text)):
        yield one.encode()
    yield text.encode("ascii", "backslashreplace")
    yield repr(plain)[2:-1].encode()
    yield "".join(sign if sign.isascii() else f"\\u{ord(sign):04x}" for sign in text).encode()
    yield text.encode("ascii", "xmlcharrefreplace")
    for content in (plain, text.encode("utf-16-le")):
        for shift in range(3):
            for encode in (b64encode, urlsafe_b64encode):
                # Signs that a neighbour's bits are in fall away at both ends.
                yield encode(b"\0" * shift + content)[4 if shift else 0 : (shift + len(content)) // 3 * 4]


@dataclass(frozen=True, order=True)
class Found:
    """What was seen where."""

    place: str
    path: str
    what: str


def search(place: str, content: bytes, canaries: Sequence[Canary]) -> set[Found]:
    """Who stands in `content`."""
    return {
        Found(place, canary.path, what)
        for canary in canaries
        for what, forms in canary.forms.items()
        if any(form in content for form in forms)
    }


def search_files(folder: Path, canaries: Sequence[Canary], place_of: Mapping[str, str]) -> set[Found]:
    """Who stands in any file below `folder`; `place_of`: a place's name by the beginning of its path."""
    found: set[Found] = set()
    for file in sorted(folder.rglob("*")):
        told = str(file.relative_to(folder))
        if file.is_file() and not file.name.endswith(_SPARSE) and not told.startswith(_TABLES):
            place = next((name for start, name in place_of.items() if told.startswith(start)), told)
            found |= search(place, with_unpacked(file.read_bytes()), canaries)
    return found
