"""What of an address may go on into another one: never what could be a CPR, for browsers and logs keep addresses.

Somebody may write one behind a question mark by hand, or follow a link of another system that does.
"""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode

from ledger.queries.cursors import NotACursor, is_reference, read_cursor
from models.cpr import holds_one

_HOME: Final = "/"


def fields_handed_on(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names and values without those that could hold a CPR.

    >>> fields_handed_on([("vis", "open"), ("q", "010101-1234"), ("fra", "20261009T101100.123456~FV-7K2P-0013-ABCD")])
    [('vis', 'open'), ('fra', '20261009T101100.123456~FV-7K2P-0013-ABCD')]
    """
    return [(name, value) for name, value in fields if not (_could_be_one(name) or _could_be_one(value))]


def path_handed_on(path: str) -> str:
    """The path, as an address carries it; the first page where it could hold a CPR. It names no other host."""
    if any(_could_be_one(part) for part in path.split("/")):
        return _HOME
    # One slash: two would name another host.
    return "/" + quote(path.lstrip("/\\"))


def target_handed_on(path: str, query: str) -> str:
    """Path and query (as it came) as one address."""
    fields = fields_handed_on(parse_qsl(query, keep_blank_values=True))
    return path_handed_on(path) + (f"?{urlencode(fields)}" if fields else "")


def _could_be_one(text: str) -> bool:
    """A place in a list and a reference hold digits too, and are ours."""
    if is_reference(text) or _is_place(text):
        return False
    # Once more: what an address holds may itself be an address.
    return holds_one(text) or holds_one(unquote(text))


def _is_place(text: str) -> bool:
    try:
        read_cursor(text)
    except NotACursor:
        return False
    return True
