"""A list's literal says what psycopg's own says; what PostgreSQL makes of it is asked of its reader in psycopg."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DataError, adapters
from psycopg.adapt import Transformer
from psycopg.pq import Format

from infra.postgres_arrays import array_literal

_TEXT: Final = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)
_HARD: Final = st.sampled_from(
    ["", "NULL", "null", "{}", "{", ",", '"', "\\", '\\"', '","', " a ", "\n", "å"]
)


def read(literal: bytes | None, element: str) -> Sequence[Any]:
    """As the array that PostgreSQL makes of it."""
    assert literal is not None
    loader = Transformer().get_loader(adapters.types[element].array_oid, Format.TEXT)
    found: Sequence[Any] = loader.load(literal)
    return found


@given(st.lists(_TEXT | _HARD, min_size=1))
def test_texts_come_back_as_they_were(items: list[str]) -> None:
    assert read(array_literal(items), "text") == items


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_numbers_come_back_as_they_were(items: list[int]) -> None:
    assert read(array_literal(items), "int8") == items


@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)), min_size=1))  # noqa: DTZ001 - bounds of hypothesis
def test_moments_come_back_as_they_were(items: list[datetime]) -> None:
    literal = (array_literal(items) or b"").replace(b"T", b" ").replace(b"+00:00", b"+00")
    assert read(literal, "timestamptz") == items


@given(st.lists(st.dates(), min_size=1))
def test_days_come_back_as_they_were(items: list[date]) -> None:
    assert read(array_literal(items), "date") == items


@given(st.lists(st.booleans(), min_size=1))
def test_truths_come_back_as_they_were(items: list[bool]) -> None:
    assert read(array_literal(items), "bool") == items


_KINDS: Final = {
    "text": _TEXT | _HARD,
    "int8": st.integers(-(2**63), 2**63 - 1),
    "uuid": st.uuids(),
    "date": st.dates(),
    "bool": st.booleans(),
}


@pytest.mark.parametrize("kind", _KINDS)
@given(st.data())
def test_what_is_absent_stays_absent(kind: str, data: st.DataObject) -> None:
    items = [None, data.draw(_KINDS[kind]), *data.draw(st.lists(_KINDS[kind] | st.none()))]
    assert read(array_literal(items), kind) == items


@given(st.lists(st.uuids(), min_size=1))
def test_uuids_come_back_as_they_were(items: list[Any]) -> None:
    assert read(array_literal(items), "uuid") == items


def test_a_member_of_an_enum_is_its_value() -> None:
    kind = StrEnum("kind", ["A", "B"])
    assert array_literal([kind.A, "x", kind.B]) == b'{"a","x","b"}'


def test_a_zero_character_is_refused_and_cannot_part_a_text() -> None:
    with pytest.raises(DataError):
        array_literal(["a", "b\0c"])
    with pytest.raises(DataError):
        array_literal(["a", None, "b\0c"])


@pytest.mark.parametrize(
    "items", [[], [None], [1, True], [1, "1"], [1, "1", None], [["a"]], [["a"], None], [1.5]]
)
def test_everything_else_is_left_to_psycopg(items: list[Any]) -> None:
    assert array_literal(items) is None
