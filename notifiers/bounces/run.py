"""Reads the Maildir into which the relay puts what comes back, for as long as the notifier runs.

A report that PostgreSQL has is marked as taken, and removed when no backup that would be restored is older; so it can
be read again after a restore. What is not understood is marked as flagged, and what is not ours as seen: both stay, for
people. Each file is read for itself: one that cannot be read holds up no other. Nothing of its content is logged.
"""

import asyncio
import logging
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from infra.postgres import Pool
from infra.postgres_timeouts import shut_down_after
from notifiers.bounces.report import read
from notifiers.bounces.store import BounceAddress, BounceEffect, take
from notifiers.listen import DATABASE_AWAY

log = logging.getLogger(__name__)

LARGEST: Final = 512 * 1024
"""Bytes of a file that are read, from its head; a report with a whole mail of ours has a fifth."""
KEPT: Final = timedelta(days=30)
"""How long a report that was taken in stays, from its arrival."""
_BETWEEN_CLEARINGS: Final = 3600.0
_BATCH: Final = 200
_LONGEST_NAME: Final = 255
"""Bytes of a file's name; one that was as long already has no room for the flags."""
_FLAGS: Final = ":2,"
_SEEN: Final = "S"
_UNREAD: Final = "FS"
"""Flagged, and seen: of a case for people."""
_TAKEN: Final = "ST"
"""Seen, and to be thrown away, as Maildir has it."""
_MARKS: Final = {BounceEffect.NOT_OURS: _SEEN, BounceEffect.UNREAD: _UNREAD}
_SAID: Final = {
    BounceEffect.NOT_OURS: "bounces: a mail that is no report on ours is left in cur",
    BounceEffect.UNREAD: "bounces: a mail came back that is not understood; it is in the quarantine, and left in cur",
    BounceEffect.REFUSED: "bounces: a notice came back, its recipient is refused",
}

_STAYS: Final = "bounces: a file cannot be read or put away, and stays in new: %s"

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
    passed: set[str] = set()
    while not stop.is_set():
        try:
            taken = await sweep(mailbox, pool, passed, on_effect=on_effect)
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


async def sweep(
    mailbox: BounceMailbox,
    pool: Pool,
    passed: set[str] | None = None,
    *,
    on_effect: OnEffect = lambda _: None,
) -> int:
    """Take in what lies there now, up to a batch; how many were.

    `passed`: names that could not be read or put away before. They are said once, and tried behind the others.
    """
    passed = set() if passed is None else passed
    taken = 0
    for file in await asyncio.to_thread(_waiting, mailbox.maildir, passed):
        try:
            await _take_in(mailbox, pool, file, on_effect)
            taken += 1
        except FileNotFoundError:
            continue  # another notifier has it
        except OSError as fault:
            if file.name not in passed:
                log.warning(_STAYS, type(fault).__name__)
            passed.add(file.name)
    return taken


async def _take_in(mailbox: BounceMailbox, pool: Pool, file: Path, on_effect: OnEffect) -> None:
    content = await asyncio.to_thread(_content, file)
    report = await asyncio.to_thread(read, content)
    async with pool.connection() as connection:
        with shut_down_after(connection, mailbox.database_seconds):
            effect = await take(connection, mailbox.bounce_address, report, content)
    flags = _MARKS.get(effect, _TAKEN)
    if effect is BounceEffect.REPEATED and file.name.endswith(_FLAGS + _UNREAD):
        flags = _UNREAD  # moved back after a restore, and its case is still there
    await asyncio.to_thread(_settle, file, flags)
    if effect in _SAID:
        log.warning(_SAID[effect])
    on_effect(effect)


def clear(maildir: Path, *, before: datetime) -> None:
    """Remove the reports that were taken in and arrived before that; what is left for people stays."""
    for file in (maildir / "cur").glob(f"*{_FLAGS}{_TAKEN}"):
        with suppress(FileNotFoundError):
            if file.stat().st_mtime < before.timestamp():
                file.unlink()


def _waiting(maildir: Path, passed: set[str]) -> list[Path]:
    """Regular files: a pipe would never end. Those that were passed by come behind the others."""
    found = []
    for file in (maildir / "new").iterdir():
        with suppress(OSError):  # it went away, or leads nowhere
            if file.is_file():
                found.append(file)
    passed.intersection_update({file.name for file in found})
    return sorted(found, key=lambda file: (file.name in passed, file.name))[:_BATCH]


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST)


def _settle(file: Path, flags: str) -> None:
    # One that people have moved back may have its old flags.
    name = file.name.partition(_FLAGS)[0]
    longest = _LONGEST_NAME - len(_FLAGS) - len(flags)
    if len(os.fsencode(name)) > longest:
        name = f"long-{sha256(os.fsencode(name)).hexdigest()}"
    cur = file.parent.parent / "cur"
    # A relay's names are unique, and what people put there may have a name that was used.
    if (cur / (name + _FLAGS + flags)).exists():
        name = f"again-{time.time_ns()}"
    with suppress(FileNotFoundError):
        file.rename(cur / (name + _FLAGS + flags))
