"""A name stands once in an object, wherever the object stands; a text that only looks like one does no harm."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from models.json_names import has_double_name, has_double_name_in

_TEXTS = st.text(alphabet='ab:{}[],"\\\x01æ\u2028😀', max_size=4)


def _object(members: list[tuple[str, str]], space: str) -> str:
    return "{" + ",".join(f"{name}{space}:{space}{value}" for name, value in members) + "}"


def _json_texts() -> st.SearchStrategy[str]:
    """Texts of JSON in which names stand twice, with and without escapes."""
    written = st.builds(json.dumps, _TEXTS, ensure_ascii=st.booleans())
    numbers = st.builds(json.dumps, st.integers() | st.floats(allow_nan=False, allow_infinity=False))
    plain = written | numbers | st.sampled_from(["true", "null", "{}", "[]", "-0.0", "1e400", "9" * 30])
    return st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda each: "[" + ", ".join(each) + "]")
            | st.builds(
                _object, st.lists(st.tuples(written, inner), max_size=4), st.sampled_from(["", " ", "\n"])
            )
        ),
        max_leaves=12,
    )


@pytest.mark.parametrize(
    ("text", "doubled"),
    [
        ('{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 1}]}', False),
        ('{"a": 1, "a": 1}', True),
        ('{"b": {"a": 1, "a": 2}}', True),
        ('[[{"a": null, "b": 1, "a": null}]]', True),
        (r'{"a": 1, "\u0061": 2}', True),
        (r'{"a": "\"a\": 1, \"a\": 2"}', False),
        ('{"a": 1, "A": 2}', False),
        ('{"": 1, "": 2}', True),
        ("{}", False),
        ("5", False),
        ("1" * 5000, False),
        ('{"a": 1e999, "b": -0.0}', False),
    ],
)
def test_a_name_that_stands_twice_is_found(text: str, doubled: bool) -> None:
    """However it is written, and in whatever depth; numbers of any length are passed over."""
    assert has_double_name(text) is doubled


def test_what_is_too_deep_to_look_at_has_none() -> None:
    """Whoever asks has a bound of its own."""
    assert not has_double_name("[" * 100_000 + "]" * 100_000)


@given(text=_json_texts())
def test_both_ways_to_look_give_the_same_answer(text: str) -> None:
    """Counting colons is exact, or it is not asked."""
    assert has_double_name_in(text, from_json(text)) is has_double_name(text)


@pytest.mark.parametrize(
    ("text", "doubled"),
    [
        ('{"a": 1, "b": 2}', False),
        ('{"a": 1, "a": ":"}', True),
        ('{"a:": ":", "b": {"a:": 1}}', False),
        ('{"a": {"b": 1}, "c": 2, "a": {}}', True),
        (r'{"a": 1, "\u0061": 2}', True),
        (r'{"a": "\u003a", "b": "\u003a"}', False),
        ('{"a": 1, "b": 123456789012345678901234567890, "a": 1}', True),
        ('{"a": 1, "b": 123456789012345678901234567890}', False),
        ("[" * 150 + '{"a": 1, "a": 1}' + "]" * 150, True),
    ],
)
def test_what_was_dropped_is_missed_in_what_is_left(text: str, doubled: bool) -> None:
    parsed: Any = from_json(text)
    assert has_double_name_in(text, parsed) is doubled


def test_what_cannot_be_written_again_is_looked_at() -> None:
    """Parsers that take longer numbers than Python writes, or deeper nesting, are answered all the same."""
    text = '{"a": 1, "b": 2, "a": ' + "9" * 5000 + "}"
    assert has_double_name_in(text, {"a": 10**5000 - 1, "b": 2})
    deep: Any = {"a": 1, "b": 2}
    for _ in range(100_000):
        deep = [deep]
    assert not has_double_name_in("[" * 100_000 + '{"a": 1, "b": 2}' + "]" * 100_000, deep)
