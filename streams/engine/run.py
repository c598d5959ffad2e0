"""Runs a Faust application as the whole process."""

from typing import NoReturn

import faust

from streams.engine.faust_app import App


def run_forever(app: App) -> NoReturn:
    """Run until SIGTERM. Owns the event loop; ends with `SystemExit`, which holds the worker's exit code."""
    worker = faust.Worker(
        app, loglevel="INFO", redirect_stdouts=False, override_logging=False, quiet=True, daemon=True
    )
    worker.execute_from_commandline()
    raise SystemExit
