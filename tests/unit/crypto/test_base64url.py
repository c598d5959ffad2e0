"""One way to write a text, and no other is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.base64url import decode, encode


@given(st.binary(max_size=64))
def test_what_is_written_is_read(content: bytes) -> None:
    assert decode(encode(content)) == content


@given(st.text(alphabet="QRSTabc-_09", max_size=12))
def test_what_is_read_is_written_the_same(text: str) -> None:
    try:
        content = decode(text)
    except ValueError:
        return
    assert encode(content) == text


@pytest.mark.parametrize("text", ["QR", "QUF", "Q", "QQ==", "Q Q", "+/", "QQ\n", "QÆ"])
def test_another_way_to_write_it_is_refused(text: str) -> None:
    """RFC 4648, section 3.5: the bits that belong to no byte are 0; else one signature had several texts."""
    with pytest.raises(ValueError, match=r".+"):
        decode(text)
