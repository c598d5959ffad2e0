"""The command line `frafaldsvarsel`: it reads, calls and prints; it decides nothing."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Final

import typer

from config.errors import ConfigError
from frafaldsvarsel import VERSION
from frafaldsvarsel.commands.terminal import EX_CONFIG, fail
from infra import gc_tuning

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "service": ("up", "worker", "ledger", "notify", "inbox", "topics"),
    "migrate": ("migrate",),
    "check_config": ("check-config",),
    "doctor": ("doctor",),
    "status": ("status",),
    "publish": ("publish",),
    "lists": ("receipts", "decisions"),
    "tasks": ("tasks",),
    "senders": ("senders",),
    "keys": ("keys",),
    "api_client": ("api-client",),
    "audit": ("audit",),
    "canary": ("canary",),
    "lag": ("lag",),
    "trail": ("trail",),
    "insight": ("insight",),
    "sessions": ("sessions",),
    "erase": ("erase",),
    "retention": ("retention",),
    "requests": ("requests",),
    "dismiss": ("dismiss",),
    "redecide": ("redecide",),
    "quarantine": ("quarantine",),
    "routes": ("routes",),
    "notices": ("render", "test-send"),
    "deliveries": ("deliveries", "webhooks"),
    "rebuild": ("rebuild",),
    "demo": ("demo",),
}
"""Which module has which commands, in the order in which `--help` lists them."""


def commands(asked: str = "") -> typer.Typer:
    """The command line; of a command that is asked for, only its own module is loaded."""
    app = typer.Typer(
        name="frafaldsvarsel",
        help="From an institution's message about a student at risk to the jobcentre's task and mail.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    # So that a single command is still called by its name.
    app.callback()(_options)
    for module in [module for module, names in MODULES.items() if asked in names] or MODULES:
        import_module(f"{__name__}.{module}").add_to(app)
    return app


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"frafaldsvarsel {VERSION}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run a command; a configuration that cannot be used ends with its sentences and exit code 78 (EX_CONFIG)."""
    gc_tuning.search_seldom()
    try:
        commands(*sys.argv[1:2])()
    except ConfigError as error:
        for fault in error.faults:
            fail(str(fault))
        sys.exit(EX_CONFIG)
