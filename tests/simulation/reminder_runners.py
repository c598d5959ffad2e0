"""The runners of steps: the real `ledger.reminders.runner.Runner`, a round at a time."""

from typing import Any, cast

import psycopg

from ledger.reminders.failed_deliveries import follow_failures
from ledger.reminders.runner import Runner
from tests.simulation.failing_connection import Session
from tests.simulation.units import STEPS

_BATCH = 200


class StepRunner:
    """One of two. It keeps nothing between rounds that a restart would lose."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._runner = Runner(cast(Any, session), STEPS)

    async def round(self, *, sweep: bool) -> None:
        """What a round of `Runner` does, as far as the database goes along."""
        try:
            if sweep:
                await self._runner.sweep()
            await self._runner.fire()
            await follow_failures(cast(Any, self.session), STEPS, limit=_BATCH)
        except psycopg.OperationalError:
            return
