"""The two headers that make a write safe: If-Match (RFC 9110, 13.1.1) and Idempotency-Key (IETF draft, httpapi)."""

import re
from typing import Final
from uuid import UUID, uuid5

from api.problems import Problem, ProblemRaised

_ETAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_NEXT: Final = re.compile(r"[ \t]*(?:,[ \t]*)+")
_VERSION: Final = re.compile(r"([1-9]\d{0,17})(?:-{1,2}(?:gzip|deflate|br|zstd))?", re.ASCII)
"""A proxy that compresses an answer marks its ETag: nginx as weak, Apache and Jetty by a word behind it."""
_KEY: Final = re.compile(r'"([\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255})')
_NAMESPACE: Final = UUID("3d0a6c0e-7f0d-5b8e-8c7b-0e6a1c2d9f44")
_NEVER: Final = -1


def etag(version: int) -> str:
    """The version of a task as a strong ETag: what `GET /tasks/{reference}` says follows from it alone."""
    return f'"{version}"'


def expected_version(if_match: str | None) -> int | None:
    """The version that the caller has seen; None for "whatever it is". Raises `ProblemRaised`."""
    if if_match is None:
        raise ProblemRaised(Problem.NO_PRECONDITION)
    text = if_match.strip()
    if text == "*":
        return None
    found = _ETAG.fullmatch(text)
    if found is None:
        raise ProblemRaised(Problem.BAD_PRECONDITION)
    # RFC 9110 lets no weak one match here, but ours are weak only because a proxy has compressed what they stand for.
    version = _version(found[1])
    return _NEVER if version is None else version


def act_id(client_id: str, key: str | None) -> UUID:
    """The id of the deed that a client sends under `key`, bare or as a string of RFC 8941. Raises `ProblemRaised`."""
    found = _KEY.fullmatch((key or "").strip())
    if found is None:
        raise ProblemRaised(Problem.NO_KEY)
    return uuid5(_NAMESPACE, f"{client_id}|{found[1] or found[2]}")


def matches_none(if_none_match: str | None, version: int) -> bool:
    """Whether the caller has this version already (weak comparison: RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return version in map(_version, _listed(if_none_match.strip(" \t")))


def _listed(text: str) -> list[str]:
    """The opaque parts of a list of ETags; none of a text that is no such list."""
    found, place = [], 0
    while one := _ETAG.match(text, place):
        found.append(one[1])
        if one.end() == len(text):
            return found
        comma = _NEXT.match(text, one.end())
        if comma is None:
            return []
        place = comma.end()
    return []


def _version(opaque: str) -> int | None:
    found = _VERSION.fullmatch(opaque)
    return None if found is None else int(found[1])
