"""A place in a list survives an address, and what people type of a reference is understood."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.queries.cursors import (
    ByClosing,
    ByDate,
    Cursor,
    NotACursor,
    cursor_text,
    is_reference,
    read_cursor,
    reference_beginning,
)
from models.ids import task_reference

references = st.uuids().map(task_reference)
places: st.SearchStrategy[Cursor] = st.one_of(
    st.builds(ByDate, st.dates(), references),
    st.builds(
        ByClosing,
        st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone is drawn
        references,
    ),
)


@given(places)
def test_a_place_is_read_as_it_was_written(place: Cursor) -> None:
    assert read_cursor(cursor_text(place)) == place


@given(st.text())
def test_other_text_is_no_place_and_nothing_else(text: str) -> None:
    with pytest.raises(NotACursor):
        read_cursor(text)


def test_a_moment_is_the_same_place_in_every_zone() -> None:
    moment = datetime(2026, 10, 7, 12, tzinfo=UTC)
    there = moment.astimezone(timezone(timedelta(hours=2)))
    assert cursor_text(ByClosing(there, "FV-0000-0000-0000")) == cursor_text(
        ByClosing(moment, "FV-0000-0000-0000")
    )


@pytest.mark.parametrize("text", ["2026-13-01~FV-0000-0000-0000", "2026-10-07~FV-0000-0000-00OU", "~", ""])
def test_a_place_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(NotACursor):
        read_cursor(text)
    assert read_cursor("2026-10-07~FV-0000-0000-0000") == ByDate(date(2026, 10, 7), "FV-0000-0000-0000")


@pytest.mark.parametrize(
    ("typed", "beginning"),
    [
        ("FV-7K2P-0013-ABCD", "FV-7K2P-0013-ABCD"),
        (" fv 7k2p ", "FV-7K2P"),
        ("7k2po1", "FV-7K2P-01"),
        ("FV-7K2", None),
        ("FV-7K2U", None),
        ("0101011234", "FV-0101-0112-34"),
        ("%%%%", None),
        ("", None),
    ],
)
def test_what_is_typed_of_a_reference_is_understood(typed: str, beginning: str | None) -> None:
    assert reference_beginning(typed) == beginning


@given(references)
def test_a_whole_reference_is_its_own_beginning(reference: str) -> None:
    assert is_reference(reference)
    assert reference_beginning(reference[3:]) == reference or reference[3:].startswith("FV")
    assert reference_beginning(reference) == reference
