"""Whoever was erased: nothing of before stands in any table; what was sent later is judged as everybody's."""

from collections.abc import Mapping
from typing import Final

from tests.faults.observation import Erased, Logged, Seen
from tests.faults.verdict import Verdict

NOBODY: Final = "erased"
"""What stands in place of a pseudonym where a record must be accounted for."""


def is_erased(erased: Mapping[str, Erased], logged: Logged) -> bool:
    """Whether the brokers had the record before the cut-off of its person."""
    one = erased.get(logged.sent.cpr)
    return one is not None and logged.appended_at < one.cut_off


def judge_erased(seen: Seen, verdict: Verdict) -> None:
    """Hold rows and applied entries against who is erased."""
    of_before = {logged.place: logged.sent.cpr for logged in seen.inputs if is_erased(seen.erased, logged)}
    for place, person_id in seen.applied:
        if place in of_before and person_id != NOBODY:
            verdict.note("wrong", f"{place[0]}/{place[1]}@{place[2]} of an erased person still has a name")
    came_later = {
        seen.erased[logged.sent.cpr].person_id
        for logged in seen.inputs
        if logged.sent.cpr in seen.erased and not is_erased(seen.erased, logged)
    }
    for table, person_id in seen.named:
        if person_id not in came_later:
            verdict.note("phantom", f"{table} names somebody who is erased")
