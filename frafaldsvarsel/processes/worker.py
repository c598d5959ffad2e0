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
    from streams.engine.event_loop import use_uvloop

    use_uvloop()
    from streams.app import build
    from streams.engine.agents import make_app
    from streams.engine.run import run_forever

    def assigned(partitions: frozenset[tuple[str, int]]) -> None:
        announce(settings.ready_file, f"{len(partitions)} partitions")

    preflight.kafka(settings)
    stream = build(
        common_wiring.worker(settings),
        common_wiring.intake_context(settings),
        common_wiring.law(settings),
        assigned,
    )
    app = make_app(stream)
    gc_tuning.keep_for_good()
    run_forever(app)
