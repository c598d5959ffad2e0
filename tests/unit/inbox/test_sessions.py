"""A session's name cannot be guessed, and what the table holds opens nothing."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from crypto import base64url
from crypto.hmac_tokens import HmacTokens, Purpose
from inbox.rights import Rights
from inbox.sessions import OPEN, Sessions
from infra.postgres import Connection


class Written:
    """Takes statements in place of PostgreSQL."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    async def execute(self, statement: str, row: object = None) -> "Written":
        """Keeps what a new session writes."""
        if statement == OPEN:
            self.rows.append(row)
        return self

    async def fetchone(self) -> tuple[datetime]:
        """What time it is."""
        return (datetime(2026, 10, 1, tzinfo=UTC),)


async def test_a_name_has_256_bits_of_chance_and_a_tag_and_the_table_holds_its_hash_alone() -> None:
    table = Written()
    tags = HmacTokens({"v1": bytes(32)}, "v1", Purpose.SESSION)
    sessions = Sessions(tags=tags, idle=timedelta(minutes=30), longest=timedelta(hours=8))
    cookies = [
        await sessions.open(cast(Connection, table), user_id="anna", user_name="Anna", rights=Rights())
        for _ in range(3)
    ]
    wholes = [base64url.decode(cookie) for cookie in cookies]
    assert {len(whole) for whole in wholes} == {64}
    assert len({whole[:32] for whole in wholes}) == 3
    assert [row["id"] for row in table.rows] == [sha256(whole[:32]).hexdigest() for whole in wholes]
    assert all(cookie not in str(table.rows) for cookie in cookies)
    assert all(sessions.is_ours(cookie) for cookie in cookies)
