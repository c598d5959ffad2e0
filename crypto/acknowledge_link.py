"""The link in a mail by which its reader acknowledges a task without a log-in: signed, expiring, nothing personal.

Whoever holds it may acknowledge this one task for this one unit, and nothing else: it opens no page with content.
"""

from base64 import b32decode, b32encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from crypto import base64url
from crypto.hmac_tokens import HmacTokens

PATH: Final = "/kvitter"
"""Where the page stands: ``{inbox_url}{PATH}/{token}``. GET shows, POST acts."""

_NAMESPACE: Final = UUID("0d3b8c56-5be4-5f7b-9a5e-5d2f4f1f0a76")
_VERSION: Final = b"\x01"
_TAG_BYTES: Final = 16
_FINGERPRINT_BYTES: Final = 10
_FIXED_BYTES: Final = 1 + 16 + _FINGERPRINT_BYTES + 5
_LONGEST: Final = 256


class NotALinkError(ValueError):
    """The token is not ours, or is damaged. Say no more than that it cannot be used."""


class LinkExpiredError(ValueError):
    """The token was ours, and its time is over: the reader is sent to the log-in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a token holds."""

    task_id: UUID
    unit_id: str
    recipient: str
    """Of `recipient_fingerprint`: who was written to, without the address."""
    expires_at: datetime

    @property
    def act_id(self) -> UUID:
        """The link acts once, however often it is sent (`models.tasks.actions.RecordedAction.id`)."""
        return uuid5(
            _NAMESPACE, f"{self.task_id}|{self.unit_id}|{self.recipient}|{self.expires_at.isoformat()}"
        )


def make_link_token(
    tags: HmacTokens, *, task_id: UUID, unit_id: str, recipient: str, expires_at: datetime
) -> str:
    """A token in base64url, of some 80 signs; `tags` of `Purpose.LINK`. The same arguments give the same token."""
    content = b"".join(
        (
            _VERSION,
            task_id.bytes,
            b32decode(recipient.upper()),
            int(expires_at.timestamp()).to_bytes(5),
            unit_id.encode(),
        )
    )
    if len(content) - len(unit_id.encode()) != _FIXED_BYTES:
        raise ValueError("recipient is a fingerprint of recipient_fingerprint")
    return base64url.encode(content + tags.make(content, _TAG_BYTES))


def read_link_token(tags: HmacTokens, token: str, *, now: datetime) -> Link:
    """What `token` holds; raises `NotALinkError`, `LinkExpiredError`."""
    if len(token) > _LONGEST:
        raise NotALinkError("too long")
    try:
        whole = base64url.decode(token)
    except ValueError:
        raise NotALinkError("not base64url") from None
    content, tag = whole[:-_TAG_BYTES], whole[-_TAG_BYTES:]
    if len(content) <= _FIXED_BYTES or not tags.fits(content, tag) or content[:1] != _VERSION:
        raise NotALinkError("not signed by this service")
    expires_at = datetime.fromtimestamp(int.from_bytes(content[_FIXED_BYTES - 5 : _FIXED_BYTES]), UTC)
    if now >= expires_at:
        raise LinkExpiredError("its time is over")
    return Link(
        task_id=UUID(bytes=content[1:17]),
        unit_id=content[_FIXED_BYTES:].decode(),
        recipient=b32encode(content[17 : 17 + _FINGERPRINT_BYTES]).decode().lower(),
        expires_at=expires_at,
    )


def recipient_fingerprint(tags: HmacTokens, address: str) -> str:
    """16 signs that stand for `address`, however its letters are written; `tags` of `Purpose.RECIPIENT`.

    Nobody without the ring can tell whose they are. They change when the ring's active key does.
    """
    return b32encode(tags.make(address.strip().casefold().encode(), _FINGERPRINT_BYTES)).decode().lower()


def is_recipient(tags: HmacTokens, fingerprint: str, address: str) -> bool:
    """Whether `fingerprint` stands for `address`, under any key of the ring."""
    try:
        tag = b32decode(fingerprint.upper())
    except ValueError:
        return False
    return tags.fits(address.strip().casefold().encode(), tag)
