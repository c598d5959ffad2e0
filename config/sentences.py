"""Turns what pydantic finds into sentences for the person who edits the file.

It must not be used on data about people: the sentences repeat the value that was refused.
"""

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_LONGEST_VALUE: Final = 60


def sentences(error: ValidationError) -> Iterator[tuple[str, str]]:
    """(field, sentence) for each error; the field is empty where the record as a whole is wrong."""
    for detail in error.errors(include_url=False):
        field = str(detail["loc"][0]) if detail["loc"] else ""
        yield field, f"{_sentence(detail)}."


def _sentence(detail: ErrorDetails) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    reason = detail["msg"].removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    if detail["type"] == "missing":
        return f"{place} is missing"
    if detail["type"] == "extra_forbidden":
        return f"{place} is not known here"
    if not place:
        return reason
    value = detail["input"]
    if not isinstance(value, str | int | float):
        return f"{place}: {reason}"
    shown = str(value)
    shown = shown if len(shown) <= _LONGEST_VALUE else f"{shown[:_LONGEST_VALUE]}…"
    return f'{place} "{shown}": {reason}'
