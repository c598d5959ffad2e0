"""The command line loads no more than what is asked for, and has everything all the same."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from frafaldsvarsel import VERSION
from frafaldsvarsel import commands as cli
from frafaldsvarsel.commands import MODULES, commands


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_commands_that_the_table_gives_it(module: str) -> None:
    (first, *_) = MODULES[module]
    group = typer.main.get_command(commands(first))
    assert isinstance(group, typer.core.TyperGroup)
    assert sorted(group.commands) == sorted(MODULES[module])


def test_every_module_with_commands_stands_in_the_table_and_help_lists_them_all() -> None:
    folder = Path(cli.__file__).parent
    assert set(MODULES) == {
        file.stem for file in folder.glob("*.py") if "\ndef add_to(" in file.read_text("utf-8")
    }
    group = typer.main.get_command(commands())
    assert isinstance(group, typer.core.TyperGroup)
    assert sorted(group.commands) == sorted(name for names in MODULES.values() for name in names)


def test_the_worker_loads_neither_database_nor_mail() -> None:
    # In a process of its own: here the other tests have loaded everything.
    ask = (
        "import sys; from frafaldsvarsel.commands import commands; commands('worker')\n"
        "import frafaldsvarsel.processes.worker, streams.app, streams.engine.agents; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"streams.app", "streams.engine.agents"} <= set(loaded)
    assert {"psycopg", "notifiers", "ledger", "jinja2", "frafaldsvarsel.commands.quarantine"}.isdisjoint(
        loaded
    )


@pytest.mark.parametrize("process", ["worker", "ledger", "notifier"])
def test_without_a_collector_nothing_of_opentelemetry_is_loaded(process: str) -> None:
    ask = (
        f"import sys, frafaldsvarsel.processes.{process}; from prometheus_client import CollectorRegistry\n"
        "from config.sections.traces import TracesSection; from frafaldsvarsel.processes.traced import traced\n"
        "with traced(TracesSection(), CollectorRegistry(), process='p', instance=None) as traces:\n"
        "    print(traces.is_on, 'opentelemetry' in sys.modules, 'requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "False"]


def test_an_unknown_command_is_answered_by_the_whole_command_line() -> None:
    group = typer.main.get_command(commands("no-such-command"))
    assert isinstance(group, typer.core.TyperGroup)
    assert "worker" in group.commands


def test_it_says_its_version_and_does_no_more() -> None:
    done = CliRunner().invoke(commands("--version"), ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"frafaldsvarsel {VERSION}\n")
