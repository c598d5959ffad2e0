"""The quick form of what is signed is the exact one (RFC 8785) for everything that the contract can hold."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crypto.signature import quick_signing_input, signing_input

_NAMES = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(
    attributes=st.dictionaries(_NAMES, st.text(st.characters(codec="utf-8")), max_size=7),
    data=st.dictionaries(_NAMES, _VALUES),
)
@settings(max_examples=500, deadline=None)
def test_quick_and_exact_are_the_same_bytes(attributes: dict[str, str], data: dict[str, Any]) -> None:
    assert quick_signing_input(attributes, data, "enrolments") == signing_input(
        attributes, data, "enrolments"
    )
