"""The partitions of people, generation by generation."""

from hypothesis import given
from hypothesis import strategies as st

from infra.partitioner import PersonPartitions, generations, partition_of

NAMES = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26)


def test_each_generation_begins_where_the_one_before_ends_and_is_twice_as_large() -> None:
    found = generations(504)
    assert [one.all for one in found] == [
        range(8),
        range(8, 24),
        range(24, 56),
        range(56, 120),
        range(120, 248),
        range(248, 504),
    ]


@given(partitions=st.integers(1, 600))
def test_a_topic_has_as_many_generations_as_it_takes_to_hold_all_its_partitions(partitions: int) -> None:
    found = generations(partitions)
    assert found[-1].first < partitions <= found[-1].end or len(found) == 1


@given(name=NAMES)
def test_in_the_first_generation_a_person_is_where_kafkas_partitioner_puts_them(name: str) -> None:
    assert PersonPartitions().of(name) == partition_of(name, 8)


@given(name=NAMES, generation=st.integers(0, 5))
def test_a_person_has_one_partition_in_each_generation_and_the_later_ones_have_higher_numbers(
    name: str, generation: int
) -> None:
    here = PersonPartitions(generation)
    assert here.of(name) in here.all
    assert here.of(name) < here.next.of(name)
