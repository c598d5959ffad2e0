"""Serves what a process says of itself while it runs, where a port is set."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry

from config.errors import ConfigError, Fault
from config.sections.base import PREFIX
from infra.health import Health
from infra.logging import CPR_FOUND
from infra.watch_server import WatchServer


@contextmanager
def watched(port: int | None, registry: CollectorRegistry, health: Health) -> Iterator[None]:
    """Serve metrics and health at `port`; None: serve nothing. Raises `ConfigError` when the port is taken."""
    if port is None:
        yield
        return
    registry.register(CPR_FOUND)
    try:
        server = WatchServer(port, registry, health)
    except OSError as error:
        raise ConfigError([Fault(f"{PREFIX}METRICS_PORT {port} cannot be used: {error.strerror}.")]) from None
    try:
        yield
    finally:
        server.stop()
