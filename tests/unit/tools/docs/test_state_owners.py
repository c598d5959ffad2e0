"""The page says who writes what, as the maps do."""

import pytest

from config.topics import TOPICS
from ledger.schema.owners import OWNERS
from tools.docs import state_owners


def test_every_topic_and_every_table_stands_in_it() -> None:
    section = state_owners.section()
    assert [line for line in section.splitlines() if line.startswith(("| topic", "| table"))] != []
    assert all(f"| topic `{spec.name}` |" in section for spec in TOPICS)
    assert all(f"| table `{owner.table}` |" in section for owner in OWNERS)


def test_what_stands_around_it_stays() -> None:
    old = f"before\n{state_owners.BEGIN}\nby hand\n{state_owners.END}\nafter\n"
    new = state_owners.page(old)
    assert new.startswith(f"before\n{state_owners.BEGIN}\n| state |")
    assert new.endswith(f"{state_owners.END}\nafter\n")
    assert state_owners.page(new) == new


def test_a_page_without_the_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="no section"):
        state_owners.page("nothing here")
