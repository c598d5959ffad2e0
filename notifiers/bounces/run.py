"""Reads the Maildir into which the relay puts what comes back, for as long as the notifier runs.

A report that PostgreSQL has is marked as taken, and removed when no backup that would be restored is older; so it can
be read again after a restore. A file that is no report of ours stays, marked as seen, for people. Nothing of its
content is logged.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from infra.postgres import Pool
from infra.postgres_timeouts import shut_down_after
from notifiers.bounces.report import read
from notifiers.bounces.store import BounceAddress, BounceEffect, take
from notifiers.listen import DATABASE_AWAY

log = logging.getLogger(__name__)

LARGEST: Final = 1024 * 1024
"""Bytes of a file that are read; a report with a whole mail of ours has a tenth."""
KEPT: Final = timedelta(days=30)
"""How long a report that was taken in stays, from its arrival."""
_BETWEEN_CLEARINGS: Final = 3600.0
_BATCH: Final = 200
_FLAGS: Final = ":2,"
_SEEN: Final = "S"
_TAKEN: Final = "ST"
"""Seen, and to be thrown away, as Maildir has it."""

OnEffect = Callable[[BounceEffect], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceMailbox:
    """Where reports lie, and how ours are known."""

    maildir: Path
    bounce_address: BounceAddress
    poll_seconds: float = 5.0
    database_seconds: float = 60.0
    """For one report; then its connection is ended."""


async def run(
    mailbox: BounceMailbox, pool: Pool, stop: asyncio.Event, *, on_effect: OnEffect = lambda _: None
) -> None:
    """Until `stop`; an outage of the database or the folder is waited for, and said once."""
    away, cleared_at = False, -math.inf
    while not stop.is_set():
        try:
            taken = await sweep(mailbox, pool, on_effect=on_effect)
            if time.monotonic() - cleared_at > _BETWEEN_CLEARINGS:
                await asyncio.to_thread(clear, mailbox.maildir, before=datetime.now(UTC) - KEPT)
                cleared_at = time.monotonic()
            if away:
                log.warning("bounces: going on")
            away = False
        except (*DATABASE_AWAY, OSError) as fault:
            if not away:
                log.warning("bounces: waiting; cannot go on: %s", type(fault).__name__)
            away, taken = True, 0
        if taken < _BATCH:
            with suppress(TimeoutError):
                async with asyncio.timeout(mailbox.poll_seconds):
                    await stop.wait()


async def sweep(mailbox: BounceMailbox, pool: Pool, *, on_effect: OnEffect = lambda _: None) -> int:
    """Take in what lies there now, up to a batch; how many files."""
    files = await asyncio.to_thread(_waiting, mailbox.maildir)
    for file in files:
        content = await asyncio.to_thread(_content, file)
        if content is None:
            continue  # another notifier has it
        report = read(content) if len(content) <= LARGEST else None
        effect = BounceEffect.NOT_OURS
        if report is not None:
            async with pool.connection() as connection:
                with shut_down_after(connection, mailbox.database_seconds):
                    effect = await take(connection, mailbox.bounce_address, report, content)
        if effect is BounceEffect.NOT_OURS:
            log.warning("bounces: a mail that is no report on ours is left in cur")
        elif effect is BounceEffect.REFUSED:
            log.warning("bounces: a notice came back, its recipient is refused")
        await asyncio.to_thread(_settle, file, _SEEN if effect is BounceEffect.NOT_OURS else _TAKEN)
        on_effect(effect)
    return len(files)


def clear(maildir: Path, *, before: datetime) -> None:
    """Remove the reports that were taken in and arrived before that; what is left for people stays."""
    for file in (maildir / "cur").glob(f"*{_FLAGS}{_TAKEN}"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < before.timestamp():
                file.unlink()


def _waiting(maildir: Path) -> list[Path]:
    return sorted(file for file in (maildir / "new").iterdir() if file.is_file())[:_BATCH]


def _content(file: Path) -> bytes | None:
    try:
        with file.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except FileNotFoundError:
        return None


def _settle(file: Path, flags: str) -> None:
    # One that people have moved back may have its old flags.
    name = file.name.partition(_FLAGS)[0] + _FLAGS + flags
    with suppress(FileNotFoundError):
        file.rename(file.parent.parent / "cur" / name)
