"""Who is logged in, kept in PostgreSQL: a session ends when its time is over, when it has rested, or at the log-out.

The cookie holds a random name and its tag. The table holds only a hash of the name, and a tag over the whole row: who
may write the table, and has no key of the inbox, gives nobody a right and no session a longer life.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
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
INSERT INTO inbox_sessions (id, user_id, user_name, rights, form_token, ends_at, checked_at, tag)
VALUES (%(id)s, %(user_id)s, %(user_name)s, %(rights)s, %(form_token)s, %(ends_at)s, %(checked_at)s, %(tag)s)
"""
FIND: Final = """
SELECT user_id, user_name, rights, form_token, ends_at, checked_at, tag, now() - checked_at AS unchecked,
       seen_at < now() - interval '1 minute' AS stale
FROM inbox_sessions
WHERE id = %(id)s AND ends_at > now() AND seen_at > now() - %(idle)s::interval
"""
CLOCK: Final = "SELECT now()"
CHECKED: Final = "UPDATE inbox_sessions SET checked_at = %(checked_at)s, tag = %(tag)s WHERE id = %(id)s"
SEEN: Final = "UPDATE inbox_sessions SET seen_at = now() WHERE id = %s"
CLOSE: Final = "DELETE FROM inbox_sessions WHERE id = %s"
SWEEP: Final = "DELETE FROM inbox_sessions WHERE ends_at < now() - interval '1 day'"


CHECKED_WITHIN: Final = timedelta(minutes=15)
"""So long a session's rights hold before the provider is asked again."""


class RightsAge(Enum):
    """How long ago the provider was asked for the rights."""

    FRESH = auto()
    DUE = auto()
    """The next page asks again; a form that lies open is still taken."""
    OVERDUE = auto()
    """Nothing is taken any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A person who is logged in."""

    id: str
    user_id: str
    user_name: str
    rights: Rights
    form_token: str
    ends_at: datetime
    check: RightsAge = RightsAge.FRESH


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
        now = await _clock(connection)
        session = Session(
            id=_id(name),
            user_id=user_id,
            user_name=user_name,
            rights=rights,
            form_token=secrets.token_urlsafe(24),
            ends_at=now + self.longest,
        )
        await connection.execute(
            OPEN,
            {
                "id": session.id,
                "user_id": user_id,
                "user_name": user_name,
                "rights": Jsonb(rights.model_dump(mode="json")),
                "form_token": session.form_token,
                "ends_at": session.ends_at,
                "checked_at": now,
                "tag": self.tags.make(signed_content(session, now), _TAG_BYTES),
            },
        )
        return base64url.encode(name + self.tags.make(name, _TAG_BYTES))

    async def checked(self, connection: Connection, session: Session) -> None:
        """The provider has said the same person and the same rights again."""
        now = await _clock(connection)
        tag = self.tags.make(signed_content(session, now), _TAG_BYTES)
        await connection.execute(CHECKED, {"id": session.id, "checked_at": now, "tag": tag})

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
        session = Session(
            id=identity,
            user_id=row["user_id"],
            user_name=row["user_name"],
            rights=Rights.model_validate(row["rights"]),
            form_token=row["form_token"],
            ends_at=row["ends_at"],
            check=_check(row["unchecked"]),
        )
        if not self.tags.fits(signed_content(session, row["checked_at"]), row["tag"] or b""):
            return None
        if row["stale"] and by_hand:
            await connection.execute(SEEN, (identity,))
        return session

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


async def _clock(connection: Connection) -> datetime:
    """The database's: sessions are judged by it."""
    row = await (await connection.execute(CLOCK)).fetchone()
    if row is None:
        raise RuntimeError("PostgreSQL tells no time")
    moment: datetime = row[0]
    return moment


def _check(unchecked: timedelta) -> RightsAge:
    if unchecked < CHECKED_WITHIN:
        return RightsAge.FRESH
    return RightsAge.DUE if unchecked < 2 * CHECKED_WITHIN else RightsAge.OVERDUE


def signed_content(session: Session, checked_at: datetime) -> bytes:
    """Everything of a row that says what somebody may do, and until when."""
    said = (
        "inbox session's row",
        session.id,
        session.user_id,
        session.user_name,
        session.rights.model_dump_json(),
        session.form_token,
        session.ends_at.astimezone(UTC).isoformat(),
        checked_at.astimezone(UTC).isoformat(),
    )
    return json.dumps(said).encode()


def _id(name: bytes) -> str:
    return sha256(name).hexdigest()
