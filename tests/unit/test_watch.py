"""The auditor heals, but nothing for ever."""

from frafaldsvarsel.watch import MOST_HEALINGS, Healings
from ops.accounts import Hop, Missing


def missing(offset: int) -> Missing:
    return Missing(hop=Hop.RECEIPTS, what="no receipt", topic="enrolments", partition=0, offset=offset)


def test_what_cannot_be_healed_is_given_up_and_said() -> None:
    """A record that stays missing is driven a few times; one that comes later has its own count."""
    healings = Healings()
    for _ in range(MOST_HEALINGS):
        assert healings.due([missing(1)]) == [missing(1)]
        healings.count([missing(1)])
    assert healings.due([missing(1), missing(2)]) == [missing(2)]
    assert healings.given_up == 1


def test_what_is_found_again_is_forgotten() -> None:
    healings = Healings()
    for _ in range(MOST_HEALINGS):
        healings.count(healings.due([missing(1)]))
    assert healings.due([]) == []
    assert healings.given_up == 0
    assert healings.due([missing(1)]) == [missing(1)]


def test_an_attempt_that_failed_is_no_healing() -> None:
    """While the broker is away nothing is driven, and nothing is given up."""
    healings = Healings()
    for _ in range(MOST_HEALINGS + 2):
        assert healings.due([missing(1)]) == [missing(1)]
    assert healings.given_up == 0
