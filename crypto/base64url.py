"""Base64url without padding (RFC 7515, section 2): what JWS and JWE are written in. Strict: one way to write a text."""

from binascii import a2b_base64, b2a_base64
from typing import Final

_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_FROM_STANDARD: Final = bytes.maketrans(b"+/", b"-_")
_NOT_OURS: Final = b"+/=\r\n"
"""Signs that the standard's alphabet has and this one has not."""


def encode(content: bytes) -> str:
    """`content` as text."""
    return b2a_base64(content, newline=False).translate(_FROM_STANDARD, b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of `text`; raises `ValueError` or `TypeError` for what is not base64url."""
    written = str.encode(text, "ascii")  # a TypeError for what is no text
    standard = written.translate(_TO_STANDARD, _NOT_OURS)
    if len(standard) != len(written):
        raise ValueError("a sign that is not of base64url")
    standard += b"=" * (-len(standard) % 4)
    content = a2b_base64(standard, strict_mode=True)
    if b2a_base64(content, newline=False) != standard:
        raise ValueError("its last sign has bits that belong to no byte")
    return content
