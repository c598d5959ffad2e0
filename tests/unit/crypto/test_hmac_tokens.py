"""Tags: one that was made stays good, and a ring that cannot make one is not taken."""

import pytest

from crypto.hmac_tokens import HmacTokens, Purpose

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("purpose", "tag"),
    [
        (Purpose.LINK, "9ce365405baf92226c01"),
        (Purpose.BOUNCE, "3818fa401f5dbc46e214"),
        (Purpose.RECIPIENT, "da12eacf89ac6d64c786"),
        (Purpose.SESSION, "fb82b7eab9cbaa8c8c0b"),
        (Purpose.ACCESS, "1511d9156efed6953668"),
    ],
)
def test_a_tag_never_changes(purpose: Purpose, tag: str) -> None:
    """Mails that lie in mailboxes hold links and return addresses of before the last upgrade."""
    assert HmacTokens({"v1": KEY}, "v1", purpose).make(b"content", 10).hex() == tag


def test_the_active_key_is_one_of_the_ring() -> None:
    with pytest.raises(ValueError, match="active"):
        HmacTokens({"v1": KEY}, "v2", Purpose.LINK)
