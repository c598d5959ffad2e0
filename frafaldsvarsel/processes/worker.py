"""The stream worker as a process. It loads neither database nor mail: the two that a machine runs start the sooner."""

from datetime import UTC, datetime
from typing import NoReturn

from config.environments import WorkerEnvironment
from frafaldsvarsel import preflight
from frafaldsvarsel.processes.traced import traced
from frafaldsvarsel.processes.watched import watched
from frafaldsvarsel.processes.worker_watch import WorkerWatch
from frafaldsvarsel.wiring.law import say_horizon
from frafaldsvarsel.wiring.worker import worker_parts
from infra import failpoints, gc_tuning
from infra.readiness import announce
from models.calendar import copenhagen_date


def run_worker(settings: WorkerEnvironment) -> NoReturn:
    """Run the Faust worker until SIGTERM. Blocks; owns the event loop."""
    failpoints.arm(settings.failpoints.directory)
    from streams.engine.event_loop import use_uvloop

    use_uvloop()
    from streams.app import build
    from streams.engine.agents import make_app
    from streams.engine.run import run_forever

    def assigned(partitions: frozenset[tuple[str, int]]) -> None:
        announce(settings.ready.file, f"{len(partitions)} partitions")

    parts = worker_parts(settings)  # what is wrong in it is said before servers are waited for
    watch = WorkerWatch(assigned, sealed_until=settings.keys.intake.vault.seals.until)
    registry, name = watch.metrics.registry, settings.instance.name
    with (
        watched(settings.metrics.port, registry, watch.health),
        traced(settings.traces, registry, process="worker", instance=name) as watch.traces,
    ):
        preflight.kafka(settings.kafka, settings.replication, settings.stream)
        say_horizon(parts.law, copenhagen_date(datetime.now(UTC)))
        app = make_app(build(parts.settings, parts.context, parts.law, watch, watch.traces))
        gc_tuning.keep_for_good()
        run_forever(app)
