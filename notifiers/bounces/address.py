"""The address that a mail comes back to: it names the delivery, under a tag that only the service can make.

``bounce+<delivery>.<tag>@domain``, both in base32. A Message-ID can be read in any log; this stands in the envelope
alone, and a report that was not sent to such an address changes nothing.
"""

from base64 import b32decode, b32encode
from typing import Final
from uuid import UUID

from crypto.hmac_tokens import HmacTokens

_TAG_BYTES: Final = 10
_DELIVERY_SIGNS: Final = 26
_TAG_SIGNS: Final = 16


def bounce_address(tags: HmacTokens, base: str, delivery: UUID) -> str:
    """`base` (``bounce@domain``) made out for `delivery`; `tags` of `Purpose.BOUNCE`. The same every time."""
    local, _, domain = base.rpartition("@")
    return f"{local}+{token(tags, delivery)}@{domain}"


def token(tags: HmacTokens, delivery: UUID) -> str:
    """What stands behind the plus sign; also the envelope's id (RFC 3461), where the relay takes one."""
    return f"{_base32(delivery.bytes)}.{_base32(tags.make(delivery.bytes, _TAG_BYTES))}"


def delivery_of(tags: HmacTokens, base: str, address: str) -> UUID | None:
    """The delivery that `address` was made out for, if the service made it; letters may have changed their case."""
    local, _, domain = base.casefold().rpartition("@")
    found_local, _, found_domain = address.casefold().rpartition("@")
    name, plus, behind = found_local.rpartition("+")
    if not plus or name != local or found_domain != domain:
        return None
    return delivery_of_token(tags, behind)


def delivery_of_token(tags: HmacTokens, text: str) -> UUID | None:
    """The delivery of a token, if the service made it."""
    delivery, dot, tag = text.strip().casefold().partition(".")
    if not dot or (len(delivery), len(tag)) != (_DELIVERY_SIGNS, _TAG_SIGNS):
        return None
    try:
        content, given = _decoded(delivery), _decoded(tag)
    except ValueError:
        return None
    return UUID(bytes=content) if len(content) == 16 and tags.fits(content, given) else None


def _base32(content: bytes) -> str:
    return b32encode(content).decode().rstrip("=").lower()


def _decoded(text: str) -> bytes:
    return b32decode(text.upper() + "=" * (-len(text) % 8))
