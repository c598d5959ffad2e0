"""Who is logged in, kept in PostgreSQL: a session ends when its time is over, when it has rested, or at the log-out.

The cookie holds a random name and its tag. The table holds only a hash of the name.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from crypto import base64url
from crypto.hmac_tokens import HmacTokens
from inbox.rights import Rights
from infra.postgres import Connection

_NAME_BYTES: Final = 32
_TAG_BYTES: Final = 32

OPEN: Final = """
INSERT INTO inbox_sessions (id, user_id, user_name, rights, form_token, ends_at)
VALUES (%(id)s, %(user_id)s, %(user_name)s, %(rights)s, %(form_token)s, now() + %(longest)s)
"""
FIND: Final = """
SELECT user_id, user_name, rights, form_token, seen_at < now() - interval '1 minute' AS stale
FROM inbox_sessions
WHERE id = %(id)s AND ends_at > now() AND seen_at > now() - %(idle)s::interval
"""
SEEN: Final = "UPDATE inbox_sessions SET seen_at = now() WHERE id = %s"
CLOSE: Final = "DELETE FROM inbox_sessions WHERE id = %s"
SWEEP: Final = "DELETE FROM inbox_sessions WHERE ends_at < now() - interval '1 day'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who is logged in."""

    id: str
    user_id: str
    user_name: str
    rights: Rights
    form_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """How long sessions last, and what their cookies are signed with."""

    tags: HmacTokens
    idle: timedelta
    """Without a click for so long, it is over."""
    longest: timedelta
    """However busy: after this it is over."""

    async def open(self, connection: Connection, *, user_id: str, user_name: str, rights: Rights) -> str:
        """A new session; returns what the cookie is to hold."""
        name = secrets.token_bytes(_NAME_BYTES)
        await connection.execute(SWEEP)
        await connection.execute(
            OPEN,
            {
                "id": _id(name),
                "user_id": user_id,
                "user_name": user_name,
                "rights": Jsonb(rights.model_dump(mode="json")),
                "form_token": secrets.token_urlsafe(24),
                "longest": self.longest,
            },
        )
        return base64url.encode(name + self.tags.make(name, _TAG_BYTES))

    async def find(self, connection: Connection, cookie: str, *, by_hand: bool = True) -> Session | None:
        """The session of a cookie, or None when there is none, or none any more.

        `by_hand`: a person asks; what a page asks by itself keeps no session alive.
        """
        identity = self._identity(cookie)
        if identity is None:
            return None
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(FIND, {"id": identity, "idle": self.idle})
            row = await cursor.fetchone()
        if row is None:
            return None
        if row["stale"] and by_hand:
            await connection.execute(SEEN, (identity,))
        return Session(
            id=identity,
            user_id=row["user_id"],
            user_name=row["user_name"],
            rights=Rights.model_validate(row["rights"]),
            form_token=row["form_token"],
        )

    def is_ours(self, cookie: str) -> bool:
        """Whether we signed the cookie; whether its session still stands, only the table knows."""
        return self._identity(cookie) is not None

    async def close(self, connection: Connection, session: Session) -> None:
        """The log-out."""
        await connection.execute(CLOSE, (session.id,))

    def _identity(self, cookie: str) -> str | None:
        try:
            whole = base64url.decode(cookie)
        except (ValueError, TypeError):
            return None
        name, tag = whole[:_NAME_BYTES], whole[_NAME_BYTES:]
        return _id(name) if len(tag) == _TAG_BYTES and self.tags.fits(name, tag) else None


def _id(name: bytes) -> str:
    return sha256(name).hexdigest()
