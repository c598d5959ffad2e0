"""A token gives what was granted, for its time, and never more than the client still has."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tokens import LIFETIME, ScopeError, client_of, grant, granted, make_token
from config.api_clients import ApiClient, ClientRight, KeptSecret
from crypto.client_secret_hash import hash_secret
from crypto.hmac_tokens import HmacTokens, Purpose

NOW: Final = datetime(2026, 10, 7, 12, tzinfo=UTC)
FIRST, SECOND = b"1" * 32, b"2" * 32
TAGS: Final = HmacTokens({"v1": FIRST}, "v1", Purpose.ACCESS)
_SECRET: Final = KeptSecret(hash=hash_secret("secret"))


def client(**changes: Any) -> ApiClient:
    """A client of two units that may read and write."""
    fields: dict[str, Any] = {
        "id": "case-system",
        "name": "Sagssystem",
        "units": ("unit-a", "unit-b"),
        "rights": (ClientRight.READ, ClientRight.WRITE),
        "secrets": (_SECRET,),
    }
    return ApiClient.model_validate(fields | changes)


@pytest.mark.parametrize(
    ("scope", "units", "rights"),
    [
        (None, {"unit-a", "unit-b"}, {ClientRight.READ, ClientRight.WRITE}),
        ("", {"unit-a", "unit-b"}, {ClientRight.READ, ClientRight.WRITE}),
        ("tasks:read", {"unit-a", "unit-b"}, {ClientRight.READ}),
        ("unit:unit-b", {"unit-b"}, {ClientRight.READ, ClientRight.WRITE}),
        ("tasks:write unit:unit-a", {"unit-a"}, {ClientRight.WRITE}),
    ],
)
def test_a_scope_narrows(scope: str | None, units: set[str], rights: set[ClientRight]) -> None:
    found = grant(client(), scope)
    assert found.units == units
    assert found.rights == rights
    assert grant(client(), found.scope) == found


@pytest.mark.parametrize("scope", ["persons:open", "unit:unit-c", "tasks:read unit:", "unit-a", "*"])
def test_a_scope_never_widens(scope: str) -> None:
    with pytest.raises(ScopeError):
        grant(client(), scope)


def test_a_token_is_good_until_its_end_and_no_longer() -> None:
    token = make_token(TAGS, grant(client(), "unit:unit-b"), now=NOW)
    read = client_of(TAGS, token, now=NOW + LIFETIME - timedelta(seconds=1))
    assert read is not None
    assert granted(read, client()).units == {"unit-b"}
    assert client_of(TAGS, token, now=NOW + LIFETIME) is None


def test_what_the_client_has_lost_its_token_has_lost() -> None:
    read = client_of(TAGS, make_token(TAGS, grant(client(), None), now=NOW), now=NOW)
    assert read is not None
    left = granted(read, client(units=("unit-b", "unit-c"), rights=(ClientRight.READ, ClientRight.OPEN)))
    assert left.units == {"unit-b"}
    assert left.rights == {ClientRight.READ}


def test_a_token_outlives_a_new_key_of_the_ring_and_is_no_other_purposes() -> None:
    token = make_token(TAGS, grant(client(), None), now=NOW)
    assert (
        client_of(HmacTokens({"v1": FIRST, "v2": SECOND}, "v2", Purpose.ACCESS), token, now=NOW) is not None
    )
    assert client_of(HmacTokens({"v2": SECOND}, "v2", Purpose.ACCESS), token, now=NOW) is None
    assert client_of(HmacTokens({"v1": FIRST}, "v1", Purpose.LINK), token, now=NOW) is None


def test_a_token_is_written_in_one_way_alone() -> None:
    token = make_token(TAGS, grant(client(), None), now=NOW)
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    read = [sign for sign in signs if client_of(TAGS, token[:-1] + sign, now=NOW) is not None]
    assert read == [token[-1]]


@given(st.data())
def test_a_token_with_one_sign_changed_is_none(data: st.DataObject) -> None:
    token = make_token(TAGS, grant(client(), None), now=NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    sign = data.draw(
        st.characters(min_codepoint=33, max_codepoint=126).filter(lambda sign: sign != token[at])
    )
    assert client_of(TAGS, token[:at] + sign + token[at + 1 :], now=NOW) is None


@given(st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    assert client_of(TAGS, text, now=NOW) is None
    assert client_of(TAGS, f"fv1.{text}", now=NOW) is None
