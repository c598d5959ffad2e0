"""What a form has sent: small, urlencoded, and read once. No file is ever taken."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

_LARGEST: Final = 64 * 1024
_MOST_FIELDS: Final = 400
_DAY_OR_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[./-] ?\d{1,2}[./-] ?\d{4}|\d{1,2}[:.]\d\d(?:[:.]\d\d)?", re.ASCII
)
_KIND: Final = "application/x-www-form-urlencoded"


class NotAForm(ValueError):
    """The body is too large, of another kind, torn, or not UTF-8."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields in the order in which they came."""

    fields: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The last value of a field, without spaces around it; empty when it was not sent."""
        return self.fields.get(name, ("",))[-1].strip()

    def shown(self, name: str) -> str:
        """What a field for a day or a time shows again: what has the form of one. Anything else may be of a person."""
        value = self.one(name)
        return value if _DAY_OR_TIME.fullmatch(value) else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field."""
        return self.fields.get(name, ())


EMPTY: Final = Form({})


async def read_form(request: Request) -> Form:
    """The form of `request`; raises `NotAForm`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _KIND:
        raise NotAForm("not an urlencoded form")
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > _LARGEST:
                raise NotAForm("too large")
    except ClientDisconnect:
        raise NotAForm("it ended in the middle") from None
    found: dict[str, tuple[str, ...]] = {}
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise NotAForm("not urlencoded UTF-8") from None
    for name, value in pairs:
        found[name] = (*found.get(name, ()), value)
    return Form(found)
