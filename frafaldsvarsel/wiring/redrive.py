"""The composition root's part for driving missing records again."""

import asyncio
from collections.abc import Callable, Sequence

from config.settings import Settings
from frafaldsvarsel.wiring import common as common_wiring
from ops.audit.report import Missing
from ops.recovery.redrive import redrive


def redriver(settings: Settings) -> Callable[[Sequence[Missing]], list[Missing]]:
    """Drives what is missing again, and returns what was driven."""
    return lambda due: asyncio.run(redrive(settings.kafka, common_wiring.intake_context(settings), due))
