"""The keys under which the inbox proves whom it serves, as the database keeps them (migration 0029)."""

from collections.abc import Iterable
from typing import Final, LiteralString

from crypto.visit_token import VisitKey
from infra.postgres import SyncConnection

_BLOCK: Final = 64
KEEP: Final[LiteralString] = """
INSERT INTO visit_keys (kid, inner_key, outer_key) VALUES (%s, %s, %s)
ON CONFLICT (kid) DO UPDATE SET inner_key = excluded.inner_key, outer_key = excluded.outer_key
"""
THERE: Final[LiteralString] = "SELECT FROM visit_keys LIMIT 1"
FORGET: Final[LiteralString] = "DELETE FROM visit_keys WHERE kid <> ALL (%s)"


def keep_keys(connection: SyncConnection, keys: Iterable[VisitKey]) -> None:
    """These and no other, as the owner; each has at most 64 bytes. Where there are none, those stay that are there."""
    known = {one.kid: one.key.ljust(_BLOCK, b"\0") for one in keys}
    if not known:
        return
    with connection.transaction():
        for kid, key in known.items():
            halves = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
            connection.execute(KEEP, (kid, *halves))
        connection.execute(FORGET, (list(known),))


def has_keys(connection: SyncConnection) -> bool:
    """Whether anybody can prove whom he serves."""
    return connection.execute(THERE).fetchone() is not None
