"""The search for made-up people finds them in whatever form they were written, and nobody else."""

import gzip
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from tests.leaks import Canary, Found, search, search_files

ONE, OTHER = Canary("one", 1), Canary("other", 2)
WRITTEN: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "utf-16": lambda text: text.encode("utf-16"),
    "json": lambda text: json.dumps({"a": text}).encode(),
    "address": lambda text: quote(text).encode(),
    "form": lambda text: urlencode({"a": text}).encode(),
    "hex, as a dump shows bytes": lambda text: f"\\x{text.encode().hex()}".encode(),
    "html": lambda text: escape(text).encode(),
    "repr of bytes": lambda text: repr(text.encode()).encode(),
    "taken for Latin-1": lambda text: text.encode().decode("latin-1").encode(),
    **{
        f"base64 behind {shift}": lambda text, shift=shift: b64encode(b"x" * shift + text.encode() + b"yz")  # type: ignore[misc]
        for shift in range(4)
    },
    "base64 of addresses": lambda text: urlsafe_b64encode(b"?" + text.encode()),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("what", ["cpr", "name", "text"])
def test_a_person_is_found_however_written(how: str, what: str) -> None:
    content = b"before " + WRITTEN[how](str(getattr(ONE, what))) + b" behind"
    assert search("here", content, [ONE, OTHER]) == {Found("here", "one", what)}


@pytest.mark.parametrize("between", ["-", " "])
def test_a_number_is_found_with_its_sign(between: str) -> None:
    content = f"{ONE.cpr[:6]}{between}{ONE.cpr[6:]}".encode()
    assert search("here", content, [ONE, OTHER]) == {Found("here", "one", "cpr")}


def test_files_are_named_by_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text(ONE.name, "utf-8")
    (tmp_path / "x.bin").write_bytes(OTHER.cpr.encode())
    (tmp_path / "x.gz").write_bytes(gzip.compress(OTHER.cpr.encode()))
    assert search_files(tmp_path, [ONE, OTHER], {"logs/": "logs"}) == {
        Found("logs", "one", "name"),
        Found("x.bin", "other", "cpr"),
    }
