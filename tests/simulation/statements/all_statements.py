"""All statements that the database in memory knows."""

from typing import Final

from tests.simulation.statements import (
    actions,
    deliveries,
    duplicates,
    endpoints,
    erasures,
    outbox,
    projection,
    reminders,
    server,
    subjects,
)

HANDLERS: Final = server.HANDLERS
"""Each file has put its own in when it was imported."""
FILES: Final = (actions, deliveries, endpoints, erasures, outbox, projection, duplicates, reminders, subjects)
