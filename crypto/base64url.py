"""Base64url without padding (RFC 7515, section 2): what JWS and JWE are written in. Strict: one way to write a text."""

from base64 import urlsafe_b64encode
from binascii import a2b_base64

_TO_STANDARD = str.maketrans("-_", "+/", "+/=\r\n")


def encode(content: bytes) -> str:
    """`content` as text."""
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of `text`; raises `ValueError` or `TypeError` for what is not base64url."""
    standard = str.translate(text, _TO_STANDARD)  # a TypeError for what is no text
    if len(standard) != len(text):
        raise ValueError("a sign that is not of base64url")
    content = a2b_base64(standard + "=" * (-len(standard) % 4), strict_mode=True)
    if encode(content) != text:
        raise ValueError("its last sign has bits that belong to no byte")
    return content
