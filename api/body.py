"""Reads a JSON body as strictly as the OpenAPI document describes it, and says where it does not fit.

What it says never repeats what was sent: not a value, and not the name of a field that is not ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

import orjson
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from api.problems import FieldError, Problem, ProblemRaised
from models.base import Frozen

BodyT = TypeVar("BodyT", bound=Frozen)

_JSON: Final = "application/json"
_NOT_JSON: Final = "json_invalid"
_UNKNOWN_FIELD: Final = "extra_forbidden"
_OURS: Final[Mapping[str, str]] = {
    _UNKNOWN_FIELD: "has a field that is not known here",
    "union_tag_invalid": "is none of the kinds of deed",
}
_MEMBER: Final = re.compile(r"<\w+\.\w+: ('[^']*')>", re.ASCII)
_UNION: Final = "deed"
_MOMENTS: Final = "at"
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


async def read_body(shape: type[BodyT], request: Request) -> BodyT:
    """The body as `shape`; raises `ProblemRaised`."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _JSON:
        raise ProblemRaised(Problem.MEDIA)
    content = await request.body()
    try:
        read = shape.model_validate_json(content, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    else:
        wrong = tuple(_other_moments(orjson.loads(content), "#"))
        if wrong:
            raise ProblemRaised(Problem.NOT_VALID, errors=wrong)
        return read
    if any(detail["type"] == _NOT_JSON for detail in found):
        raise ProblemRaised(Problem.NOT_JSON)
    raise ProblemRaised(Problem.NOT_VALID, errors=tuple(_said(found)))


def _other_moments(value: object, place: str) -> Iterator[FieldError]:
    """Moments that are not RFC 3339: pydantic reads digits alone as seconds since 1970, against the document."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == _MOMENTS and not _RFC3339.fullmatch(str(inner)):
                yield FieldError(pointer=f"{place}/{name}", detail="is not an RFC 3339 moment with offset")
            else:
                yield from _other_moments(inner, f"{place}/{name}")


def _said(details: Iterable[ErrorDetails]) -> Iterable[FieldError]:
    for detail in details:
        place = list(detail["loc"])
        if place[:1] == [_UNION] and len(place) > 1:
            del place[1]  # the kind, by which pydantic tells the shapes apart
        if detail["type"] == _UNKNOWN_FIELD:
            del place[-1]
        pointer = "#" + "".join(f"/{part}" for part in place)
        yield FieldError(pointer=pointer, detail=_OURS.get(detail["type"], said(detail["msg"])))


def said(message: str) -> str:
    """What the library says, without the names of our own code: a caller knows the values alone."""
    return _MEMBER.sub(r"\1", message).removeprefix("Value error, ")


def body_document(shape: type[Frozen], examples: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the OpenAPI document says of the body; the schema stands among its components."""
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}
    if examples:
        content["examples"] = dict(examples)
    return {"required": True, "content": {_JSON: content}}
