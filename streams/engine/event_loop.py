"""Chooses the event loop of a Faust process. Call it before Faust is imported, which may make one."""

from mode.loop import use


def use_uvloop() -> None:
    """From now on every event loop of this process is uvloop's."""
    use("uvloop")
