"""The headers that make a write safe are read strictly, and never to the caller's surprise."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.headers import act_id, etag, expected_version, matches_none
from api.problems import Problem, ProblemRaised

VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1)


@given(st.integers(min_value=1, max_value=2**59))
def test_an_etag_is_read_as_it_was_given(version: int) -> None:
    assert expected_version(etag(version)) == version
    assert matches_none(etag(version), version)
    assert not matches_none(etag(version), version + 1)


def asked(question: Callable[[], object]) -> object:
    """What it gives, or the problem that it comes to."""
    try:
        return question()
    except ProblemRaised as refused:
        return refused.problem


@given(st.text())
def test_any_other_if_match_is_refused_or_matches_nothing(text: str) -> None:
    version = asked(lambda: expected_version(text))
    if version is None:
        assert text.strip() == "*"
    else:
        assert version in (Problem.BAD_PRECONDITION, -1) or text.strip() in (f'"{version}"', f'W/"{version}"')


@pytest.mark.parametrize(
    "sent", ['"7"', 'W/"7"', ' W/"7" ', '"7-gzip"', 'W/"7-gzip"', '"7--gzip"', '"7-br"', '"7-zstd"']
)
def test_an_etag_that_a_compressing_proxy_has_marked_is_still_ours(sent: str) -> None:
    assert expected_version(sent) == 7
    assert matches_none(sent, 7)
    assert not matches_none(sent, 8)


@pytest.mark.parametrize("sent", ['"07"', '"7-x"', '"7-"', '"gzip"', '"-7"', '""', '"7 "', 'W/"a"'])
def test_an_etag_that_is_not_ours_matches_nothing(sent: str) -> None:
    assert asked(lambda: expected_version(sent)) in (-1, Problem.BAD_PRECONDITION)
    assert not matches_none(sent, 7)


@pytest.mark.parametrize(
    ("sent", "has_it"),
    [
        ("*", True),
        ('"6", "7"', True),
        ('"6",W/"7" , "8"', True),
        ('"6",,"7"', True),
        ('"a,b", "7"', True),
        ('"7,8"', False),
        ('"a"7"b"', False),
        ('x"7"y', False),
        ('"6" "7"', False),
        ('"7" trailing', False),
        ('"7', False),
        ("7", False),
        ('w/"7"', False),
        ('*, "7"', False),
        ("", False),
    ],
)
def test_if_none_match_is_a_list_or_nothing(sent: str, has_it: bool) -> None:
    assert matches_none(sent, 7) is has_it


def test_without_if_match_nothing_is_written() -> None:
    with pytest.raises(ProblemRaised) as refused:
        expected_version(None)
    assert refused.value.problem is Problem.NO_PRECONDITION


@given(VISIBLE.filter(lambda key: len(key) <= 255))
def test_a_key_is_the_same_bare_and_as_a_string_and_another_clients_is_another(key: str) -> None:
    assert act_id("one", key) == act_id("one", f'"{key}"')
    assert act_id("one", key) != act_id("two", key)
    assert act_id("one", key) != act_id("one", key + "x" if len(key) < 255 else key[1:])


@given(st.text())
def test_a_key_is_read_or_refused(text: str) -> None:
    found = asked(lambda: act_id("one", text))
    assert isinstance(found, UUID) or found is Problem.NO_KEY
