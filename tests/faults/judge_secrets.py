"""No CPR number stands where it may not."""

import re
from collections.abc import Iterator
from typing import Final

from tests.faults.observation import Seen
from tests.faults.verdict import Verdict

_CPR: Final = re.compile(rb"(?<![0-9A-Za-z])([0-9]{6})-?([0-9]{4})(?![0-9A-Za-z])")


def judge_secrets(seen: Seen, verdict: Verdict) -> None:
    """Every text that the cell has left behind is searched."""
    people = {logged.sent.cpr.encode() for logged in seen.inputs}
    for where, text in seen.texts:
        for found in cprs_in(text):
            if found in people:
                verdict.note("cpr_found", where)


def cprs_in(text: bytes) -> Iterator[bytes]:
    """Whatever could be a CPR number in `text`, without its dash."""
    return (match.group(1) + match.group(2) for match in _CPR.finditer(text))
