"""The composition root's part for driving missing records again."""

import asyncio
from collections.abc import Callable, Sequence

from config.environments import HealingAuditEnvironment
from frafaldsvarsel.wiring.common import intake_context, stream_mac
from ops.audit.report import Missing
from ops.recovery.redrive import redrive


def redriver(settings: HealingAuditEnvironment) -> Callable[[Sequence[Missing]], list[Missing]]:
    """Drives what is missing again, and returns what was driven."""
    mac = stream_mac(settings.stream)
    return lambda due: asyncio.run(redrive(settings.kafka, intake_context(settings), due, mac))
