"""After a restore: who is erased by the topic, and whom match knows without a gravestone, or with an earlier one."""

from datetime import UTC, datetime, timedelta

from ledger.store.erasures import hashed
from models.events.person_event import Origin
from ops.recovery.erasure_again import Forgotten, SaidErasure, lacking, to_bury

AT = datetime(2026, 6, 1, tzinfo=UTC)


def said(request: str, *people: str, at: datetime = AT, offset: int = 0) -> SaidErasure:
    origin = Origin(topic="erasures", partition=0, offset=offset, appended_at=at)
    return SaidErasure(request, frozenset(map(hashed, people)), origin)


def test_who_has_no_gravestone_is_erased_again_with_the_cut_off_of_then() -> None:
    one = said("r1", "a", "b")
    known = {"a": None, "b": AT, "c": None}
    assert lacking([one], known) == [Forgotten("r1", ("a",), one.origin)]
    assert list(to_bury([one], known)) == [(("b",), AT)]


def test_a_later_erasure_of_the_same_person_is_said_too() -> None:
    first, second = said("r1", "a"), said("r2", "a", at=AT + timedelta(days=1), offset=1)
    assert [one.request for one in lacking([second, first], {"a": AT})] == ["r2"]
    assert [one.request for one in lacking([second, first], {"a": None})] == ["r1", "r2"]


def test_whom_match_does_not_know_is_nobody_here() -> None:
    assert lacking([said("r1", "a")], {"b": None}) == []
    assert list(to_bury([said("r1", "a")], {"b": None})) == []


def test_done_again_nothing_lacks() -> None:
    assert lacking([said("r1", "a", "b")], {"a": AT, "b": AT + timedelta(days=1)}) == []
