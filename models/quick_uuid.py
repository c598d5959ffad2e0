"""`uuid.uuid5`, in half the time: the ledger makes two for each decision."""

from hashlib import sha1
from typing import Final
from uuid import UUID

_OTHER_BITS: Final = ~((0xF << 76) | (0b11 << 62))
_VERSION_5: Final = (5 << 76) | (0b10 << 62)
"""Version and variant, as RFC 9562 places them."""


def uuid_of_name(namespace: UUID, name: str) -> UUID:
    """The same as `uuid.uuid5`.

    >>> from uuid import uuid5
    >>> uuid_of_name(UUID(int=0), "ærø") == uuid5(UUID(int=0), "ærø")
    True
    """
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(int=int.from_bytes(digest[:16], "big") & _OTHER_BITS | _VERSION_5)
