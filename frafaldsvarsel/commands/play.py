"""The demo on the screen: the story act by act, and a summary that a person likes to read."""

import logging
import os
import shlex
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from frafaldsvarsel.commands import show_audit
from frafaldsvarsel.commands.terminal import emit, err, fail, note, out
from infra import logging as logs
from local.demo.counts import DemoCounts
from local.demo.prepared_records import PreparedRecords
from local.demo.run import Demo, NotADemoFolder, NotSettled, Result, demo_service
from local.service import NotUp, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the demo is to be played."""

    once: bool
    as_json: bool
    seed: int | None
    messages: int | None
    data: Path


def play(options: Options) -> int:
    """Play, and return the exit code: 0 when every number is the expected one."""
    logs.configure("WARNING")
    # A partition that is a moment old has no leader yet, and what was sent to it is sent again.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    stop = threading.Event()
    began = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        service = demo_service(
            options.data, lambda part: note(f"[dim]starting: {part}[/]"), pages=not options.once
        )
        prepared = PreparedRecords(service.data, seed=options.seed, messages=options.messages)
        with service.running():
            note(f"[dim]takes messages after {time.monotonic() - began:.1f} s[/]")
            result = _play(Demo(service, prepared))
            if not options.as_json:
                show_result(result)
                _show_addresses(service, time.monotonic() - began)
            for sentence in result.differences:
                fail(sentence)
            if options.as_json:
                emit(result.as_object())
                sys.stdout.flush()
            prepared.keep()
            if not options.once:
                note("The service stays up. Stop with Ctrl-C.")
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, lambda *_: stop.set())
                stop.wait()
            # What is up is always stopped in order, however impatient somebody is.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
    except (NotUp, NotSettled, NotADemoFolder) as error:
        fail(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0 if result.sound else 1


def _interrupt(*_: object) -> None:
    """Once; while things are being stopped, a second Ctrl-C changes nothing."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _play(running: Demo) -> Result:
    seconds: dict[str, float] = {}
    try:
        note(f"[bold]{running.story.published:,} records[/] in {len(running.story.acts)} acts")
        with Live(console=err, refresh_per_second=8, transient=True) as live:
            for act in running.story.acts:
                began = time.monotonic()
                bar = _bar()
                task = bar.add_task(act.title, total=len(act.items))

                def move(sent: int, counts: DemoCounts, bar: Progress = bar, task: object = task) -> None:
                    bar.update(task, completed=sent)  # type: ignore[arg-type]  # rich's own id, bound early
                    live.update(Group(bar, _line(counts)))

                counts = running.play(act, move)
                seconds[act.title] = time.monotonic() - began
                live.console.print(
                    f"[green]✓[/] {act.title}  [dim]{len(act.items):,} records, {seconds[act.title]:.1f} s[/]",
                    highlight=False,
                )
                live.update(_line(counts))
        return running.result(seconds)
    finally:
        running.close()


def _bar() -> Progress:
    return Progress(
        TextColumn("  [bold]{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), console=err
    )


def _line(counts: DemoCounts) -> Text:
    return Text(
        f"  receipts {counts.receipts:,} · obliged {counts.obliged:,} · not obliged {counts.not_obliged:,} · "
        f"undecided {counts.undecided:,} · tasks {counts.tasks:,} · mails {counts.mails:,}",
        style="cyan",
    )


def show_result(result: Result) -> None:
    """What became of every record, the audit, and whether the independent count agrees."""
    now = result.counts
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold")
    table.add_column()
    for number, text in (
        (
            result.story.published,
            "records published by institutions, municipalities and the residence register",
        ),
        (
            now.accepted,
            f"accepted: {now.duplicates} of them repeats without effect, {now.conflicts} conflicts refused",
        ),
        (
            now.rejected,
            f"rejected, for {len(result.expected.rejected)} coded reasons; their bytes are kept, encrypted",
        ),
        (now.obliged, "messages that oblige a jobcentre to react"),
        (now.not_obliged, "messages that do not, each with its reason"),
        (now.undecided, "messages in the queue for people, with what is missing"),
        (now.tasks, f"open tasks at {len(result.expected.tasks)} units"),
        (now.mails, "mails to the units, none with personal data"),
    ):
        table.add_row(f"{number:,}", text)
    out.print()
    out.print(Panel(table, title="What became of the autumn", title_align="left", expand=False))
    show_audit.show(result.audit)
    agrees = "[green]✓[/] Every number agrees with the independent count, by reason and by unit."
    out.print(agrees if not result.differences else "[bold red]✗[/] The independent count differs:")


def _show_addresses(service: Service, seconds: float) -> None:
    out.print()
    if service.pages:
        out.print(f"  Work in the inbox  {service.inbox_pages}", highlight=False)
        out.print(f"  See how it stands  {service.inbox_pages}drift (log in as Hanne Dahl)", highlight=False)
        out.print(f"  Ask the interface  {service.api} (docs/api.md, Try it)", highlight=False)
    out.print(f"  Read the mails     {service.mail_pages}", highlight=False)
    for name, page in service.metrics_pages.items():
        out.print(f"  Metrics            {page} ({name})", highlight=False)
    for what, command in (
        ("See the tasks", "tasks"),
        ("See the reasons", "decisions"),
        ("What was refused", "receipts --status rejected"),
    ):
        out.print(
            f"  {what:<17}  {in_another_terminal(command, service.data)}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    out.print(f"[dim]{seconds:.1f} s in all[/]", highlight=False)


def in_another_terminal(command: str, data: Path) -> str:
    """The line that asks this service something, to be pasted as it is: the program as it was called itself."""
    near = os.path.relpath(data)
    folder = data.resolve() if near.startswith(os.pardir) else near
    program = sys.argv[0] if Path(sys.argv[0]).name == "frafaldsvarsel" else "frafaldsvarsel"
    return shlex.join([program, *command.split(), "--data", str(folder)])
