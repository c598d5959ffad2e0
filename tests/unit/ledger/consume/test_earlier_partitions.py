"""Which partitions wait, after a backup from before people got more partitions was put back."""

from typing import Final

from config.topics import Topic
from ledger.consume.batch import Place
from ledger.consume.earlier_partitions import earlier, waiting

DECISIONS: Final = str(Topic.DECISIONS)
ALL: Final = [(topic, part) for topic in (DECISIONS, str(Topic.APPLIED)) for part in range(56)]
ENDS: Final[dict[Place, int]] = dict.fromkeys(earlier(DECISIONS, 56), 10)


def parts(positions: dict[Place, int], ends: dict[Place, int] = ENDS) -> set[Place]:
    return waiting(ALL, positions, ends)


def test_of_topics_that_have_not_grown_nothing_is_of_before() -> None:
    assert earlier(DECISIONS, 8) == []
    assert earlier(DECISIONS, 24) == [(DECISIONS, part) for part in range(8)]
    assert earlier(DECISIONS, 56) == [(DECISIONS, part) for part in range(24)]


def test_whoever_is_at_the_ends_waits_for_nothing() -> None:
    assert parts(dict.fromkeys(ENDS, 10)) == set()
    assert parts(dict.fromkeys(ENDS, 11)) == set()
    assert parts({}, {}) == set()


def test_everything_later_of_the_same_topic_waits_for_what_is_behind() -> None:
    behind = dict.fromkeys(ENDS, 10) | {(DECISIONS, 3): 9}
    assert parts(behind) == {(DECISIONS, part) for part in range(8, 56)}
    behind = dict.fromkeys(ENDS, 10) | {(DECISIONS, 23): 9}
    assert parts(behind) == {(DECISIONS, part) for part in range(24, 56)}


def test_the_earliest_generation_that_is_behind_counts() -> None:
    assert parts({}) == {(DECISIONS, part) for part in range(8, 56)}


def test_a_partition_in_which_nothing_was_ever_written_is_at_its_end() -> None:
    ends = ENDS | {(DECISIONS, 0): 0}
    assert parts({place: 10 for place in ENDS if place != (DECISIONS, 0)}, ends) == set()
