"""W3C's ``traceparent``: one step of somebody else's trace. Of a sender it is a reference that nobody relies on."""

import re
from contextlib import suppress
from typing import Final, NamedTuple

from models.cpr import NotAPerson, normalise

TRACEPARENT: Final = "traceparent"
"""The header's name, and that of the attribute in CloudEvents' extension for distributed tracing."""
_FORM: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", re.DOTALL)
_MOST: Final = 512
_TEN_DIGITS: Final = re.compile(r"(?=([0-9]{10}))")


class Traceparent(NamedTuple):
    """A trace (128 bits) and a step of it (64 bits). The flags are not kept: a sender does not decide what we trace."""

    trace: int
    span: int


def read_traceparent(text: str) -> Traceparent | None:
    """None for what cannot be used (W3C Trace Context, 3.2): a later version may have more parts; no id is 0."""
    form = _FORM.fullmatch(text) if len(text) <= _MOST else None
    if form is None or form[1] == "ff" or (form[1] == "00" and form[4] is not None):
        return None
    if _may_hold_cpr(form[2]) or _may_hold_cpr(form[3]):
        return None
    found = Traceparent(int(form[2], 16), int(form[3], 16))
    return found if found.trace and found.span else None


def _may_hold_cpr(shown: str) -> bool:
    """Ids are shown in hexadecimal: somebody could write a CPR as one. Of those drawn by chance 1 in 50 is lost."""
    for found in _TEN_DIGITS.finditer(shown):
        with suppress(NotAPerson):
            normalise(found[1])
            return True
    return False
