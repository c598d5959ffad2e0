"""Before what is sealed is opened, the line that tells of it is chained: no look leaves a line that can be taken back.

The wait is bounded. A person's duty to act does not end because the trail's keeper is away: the look goes on, its line
stands in the trail unchained, and an alarm counts it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from infra.postgres import Connection

log = logging.getLogger(__name__)

HURRY: Final[LiteralString] = "NOTIFY trail"
CHAINED: Final[LiteralString] = "SELECT count(*) FROM trail WHERE audit_id = ANY(%s)"
_LOOK_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class ChainWait:
    """How long to wait, and whom to tell that it was in vain. 0 seconds: no keeper is expected."""

    seconds: float
    in_vain: Callable[[], None] = lambda: None

    async def for_lines(self, connection: Connection, audit_ids: Sequence[int]) -> None:
        """Return when these lines are chained, or the time is over. `connection` is in autocommit."""
        if not self.seconds or not audit_ids:
            return
        await connection.execute(HURRY)
        loop = asyncio.get_running_loop()
        until = loop.time() + self.seconds
        while not await _chained(connection, audit_ids):
            if loop.time() >= until:
                log.error("a person was opened before its line was chained: is the trail's keeper running?")
                self.in_vain()
                return
            await asyncio.sleep(_LOOK_SECONDS)


async def _chained(connection: Connection, audit_ids: Sequence[int]) -> bool:
    row = await (await connection.execute(CHAINED, (list(audit_ids),))).fetchone()
    return row is not None and row[0] == len(audit_ids)


NO_WAIT: Final = ChainWait(0)
