"""The acknowledge link: it holds what it says, for as long as it says, and nobody else can make one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import base64url
from crypto.acknowledge_link import (
    PATH,
    Link,
    LinkExpiredError,
    NotALinkError,
    is_recipient,
    make_link_token,
    read_link_token,
    recipient_fingerprint,
)
from crypto.hmac_tokens import HmacTokens, Purpose

FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))
TAGS = HmacTokens({"v1": FIRST}, "v1", Purpose.LINK)
ROTATED = HmacTokens({"v1": FIRST, "v2": SECOND}, "v2", Purpose.LINK)
RECIPIENTS = HmacTokens({"v1": FIRST}, "v1", Purpose.RECIPIENT)
EXPIRES = datetime(2026, 10, 9, 22, tzinfo=UTC)
NOW = EXPIRES - timedelta(days=3)
ADDRESS = "opgaver@jc-0101.example"
LINK = Link(
    task_id=UUID("0b0f4f4e-0c4a-5b53-8a3c-3f0c1f1e8b11"),
    unit_id="jc-0101",
    recipient=recipient_fingerprint(RECIPIENTS, ADDRESS),
    expires_at=EXPIRES,
)


def token_of(link: Link, tags: HmacTokens = TAGS) -> str:
    return make_link_token(
        tags,
        task_id=link.task_id,
        unit_id=link.unit_id,
        recipient=link.recipient,
        expires_at=link.expires_at,
    )


@given(
    st.uuids(),
    st.text(min_size=1, max_size=40),
    st.integers(1, 100 * 365 * 86_400),
)
def test_a_token_gives_back_what_it_was_made_of(task_id: UUID, unit_id: str, seconds: int) -> None:
    link = replace(LINK, task_id=task_id, unit_id=unit_id, expires_at=EXPIRES + timedelta(seconds=seconds))
    assert read_link_token(TAGS, token_of(link), now=link.expires_at - timedelta(seconds=1)) == link


def test_the_same_arguments_give_the_same_token_fit_for_an_address_and_a_line() -> None:
    """A mail that is sent again has the same bytes."""
    token = token_of(LINK)
    assert token == token_of(LINK)
    assert token.replace("-", "").replace("_", "").isalnum()
    assert len(token) < 90


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
def test_a_token_ends_with_its_time(late: timedelta) -> None:
    with pytest.raises(LinkExpiredError):
        read_link_token(TAGS, token_of(LINK), now=EXPIRES + late)


def test_no_bit_can_be_changed() -> None:
    whole = base64url.decode(token_of(LINK))
    for place in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(NotALinkError):
            read_link_token(TAGS, base64url.encode(bytes(changed)), now=NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "!" * 90,
        "A" * 43,
        "A" * 120,
        "A" * 5000,
        token_of(LINK)[:-1],
        token_of(LINK) + "AAAA",
        "æ" * 90,
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotALinkError):
        read_link_token(TAGS, token, now=NOW)


def test_a_token_of_a_longer_unit_than_an_address_holds_is_not_looked_at() -> None:
    """256 signs are read, and not one more, though we have signed them."""
    fits = replace(LINK, unit_id="j" * 144)
    assert len(token_of(fits)) == 256
    assert read_link_token(TAGS, token_of(fits), now=NOW) == fits
    with pytest.raises(NotALinkError):
        read_link_token(TAGS, token_of(replace(LINK, unit_id="j" * 145)), now=NOW)


def test_the_page_stays_where_the_mails_say_that_it_is() -> None:
    """They lie in mailboxes, with the whole address in them."""
    assert PATH == "/kvitter"


def test_a_link_names_a_unit() -> None:
    """One without would acknowledge for nobody, though it is signed."""
    with pytest.raises(NotALinkError):
        read_link_token(TAGS, token_of(replace(LINK, unit_id="")), now=NOW)


def test_a_token_of_another_version_is_not_read_as_one_of_this() -> None:
    """What later code writes may have other fields in the same places."""
    content = b"\x02" + base64url.decode(token_of(LINK))[1:-16]
    with pytest.raises(NotALinkError):
        read_link_token(TAGS, base64url.encode(content + TAGS.make(content, 16)), now=NOW)


@pytest.mark.parametrize("recipient", ["", "aaaaaaaa", "a" * 24])
def test_no_token_is_made_for_what_is_no_fingerprint(recipient: str) -> None:
    """Its places would shift, and it would read as another unit's."""
    with pytest.raises(ValueError, match="fingerprint"):
        token_of(replace(LINK, recipient=recipient))


def test_another_key_and_another_purpose_make_no_link() -> None:
    for other in (
        HmacTokens({"v1": SECOND}, "v1", Purpose.LINK),
        HmacTokens({"v1": FIRST}, "v1", Purpose.BOUNCE),
    ):
        with pytest.raises(NotALinkError):
            read_link_token(TAGS, token_of(LINK, other), now=NOW)


def test_a_key_that_was_rotated_away_still_reads_until_it_is_removed() -> None:
    assert read_link_token(ROTATED, token_of(LINK), now=NOW) == LINK
    assert token_of(LINK, ROTATED) != token_of(LINK)
    with pytest.raises(NotALinkError):
        read_link_token(HmacTokens({"v2": SECOND}, "v2", Purpose.LINK), token_of(LINK), now=NOW)


def test_the_deed_behind_a_link_is_one_and_another_link_is_another_deed() -> None:
    assert LINK.act_id == replace(LINK).act_id
    others = {
        replace(LINK, unit_id="jc-0147").act_id,
        replace(LINK, expires_at=EXPIRES + timedelta(seconds=1)).act_id,
        replace(LINK, task_id=UUID(int=1)).act_id,
        replace(LINK, recipient="b" * 16).act_id,
    }
    assert len(others | {LINK.act_id}) == 5


def test_a_fingerprint_stands_for_an_address_and_holds_none_of_it() -> None:
    assert "jc-0101" not in LINK.recipient
    assert is_recipient(RECIPIENTS, LINK.recipient, " Opgaver@JC-0101.example")
    assert not is_recipient(RECIPIENTS, LINK.recipient, "opgaver@jc-0147.example")
    assert not is_recipient(RECIPIENTS, "not base32", ADDRESS)
    rotated = HmacTokens({"v1": FIRST, "v2": SECOND}, "v2", Purpose.RECIPIENT)
    assert is_recipient(rotated, LINK.recipient, ADDRESS)


def test_a_short_tag_is_never_made_nor_accepted() -> None:
    with pytest.raises(ValueError, match="10 to 32"):
        TAGS.make(b"x", 4)
    assert not TAGS.fits(b"x", TAGS.make(b"x", 32)[:4])
    assert not TAGS.fits(b"x", b"")


@pytest.mark.parametrize("length", [10, 32])
def test_a_tag_of_any_good_length_fits(length: int) -> None:
    assert TAGS.fits(b"x", TAGS.make(b"x", length))
    assert not TAGS.fits(b"y", TAGS.make(b"x", length))


@pytest.mark.parametrize("length", [9, 33])
def test_a_tag_of_another_length_is_never_made(length: int) -> None:
    with pytest.raises(ValueError, match="10 to 32"):
        TAGS.make(b"x", length)
