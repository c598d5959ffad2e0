"""All statements that the database in memory knows."""

from typing import Final

from tests.simulation.statements import (
    acts,
    deliveries,
    endpoints,
    outbox,
    projection,
    repeats,
    server,
    steps,
)

HANDLERS: Final = server.HANDLERS
"""Each file has put its own in when it was imported."""
FILES: Final = (acts, deliveries, endpoints, outbox, projection, repeats, steps)
