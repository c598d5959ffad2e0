"""The stream worker as a process. It loads neither database nor mail: the two that a machine runs start the sooner."""

from typing import NoReturn

from config.settings import Settings
from frafaldsvarsel import preflight
from frafaldsvarsel.wiring import common as common_wiring
from infra import failpoints, gc_tuning
from infra.readiness import announce


def run_worker(settings: Settings) -> NoReturn:
    """Run the Faust worker until SIGTERM. Blocks; owns the event loop."""
    failpoints.arm(settings.failpoints_dir)
    from mode.loop import use

    use("uvloop")
    import faust

    from streams.app import build

    def assigned(partitions: frozenset[tuple[str, int]]) -> None:
        announce(settings.ready_file, f"{len(partitions)} partitions")

    preflight.kafka(settings)
    app = build(
        common_wiring.worker(settings),
        common_wiring.intake_context(settings),
        common_wiring.law(settings),
        assigned,
    )
    worker = faust.Worker(
        app, loglevel="INFO", redirect_stdouts=False, override_logging=False, quiet=True, daemon=True
    )
    gc_tuning.keep_for_good()
    # Does not return: it raises SystemExit with the worker's exit code.
    worker.execute_from_commandline()
