"""A name stands once in an object, wherever the object stands; a text that only looks like one does no harm."""

import pytest

from models.json_names import has_double_name


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
