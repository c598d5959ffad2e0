"""The command line `frafaldsvarsel`: it reads, calls and prints; it decides nothing."""

import sys

import typer

from config.errors import ConfigError
from frafaldsvarsel import heap
from frafaldsvarsel.cli import (
    api_client,
    audit,
    canary,
    demo,
    dismiss,
    lists,
    publish,
    quarantine,
    rebuild,
    senders,
    service,
    tasks,
)
from frafaldsvarsel.cli.terminal import fail

app = typer.Typer(
    name="frafaldsvarsel",
    help="From an institution's message about a student at risk to the jobcentre's task and mail.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
service.add_to(app)
publish.add_to(app)
lists.add_to(app)
tasks.add_to(app)
senders.add_to(app)
api_client.add_to(app)
audit.add_to(app)
canary.add_to(app)
dismiss.add_to(app)
quarantine.add_to(app)
rebuild.add_to(app)
demo.add_to(app)


def main() -> None:
    """Run a command; a configuration that cannot be used ends with its sentences and exit code 78 (EX_CONFIG)."""
    heap.search_seldom()
    try:
        app()
    except ConfigError as error:
        for fault in error.faults:
            fail(str(fault))
        sys.exit(service.EX_CONFIG)
