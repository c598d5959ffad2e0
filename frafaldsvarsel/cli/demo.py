"""`demo`: the story on the screen, and a summary that a person likes to read."""

import signal
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from config import logs
from frafaldsvarsel.cli import audit as audit_command
from frafaldsvarsel.cli.terminal import emit, err, fail, note, out
from frafaldsvarsel.demo import Demo, NotADemoFolder, NotSettled, Result, Standing, demo_service
from frafaldsvarsel.service import NotUp, Service


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("demo")(demo)


def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The last line is one JSON object.")] = False,
    seed: Annotated[int | None, typer.Option(help="Another autumn; the same for the same seed.")] = None,
    messages: Annotated[
        int | None, typer.Option(min=1, help="How many at-risk messages; 5,000 unless told.")
    ] = None,
    data: Annotated[Path, typer.Option("--data", help="Everything lies here; emptied at the start.")] = Path(
        ".demo"
    ),
) -> None:
    """Play an autumn of real input through the whole service, and hold the result against an independent count."""
    logs.configure("WARNING")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _interrupt(stop))
    began = time.monotonic()
    try:
        with demo_service(data, lambda part: note(f"[dim]starting: {part}[/]")) as service:
            note(f"[dim]up after {time.monotonic() - began:.1f} s[/]")
            result = _play(Demo(service, seed=seed, messages=messages))
            if not as_json:
                _summary(result, service, time.monotonic() - began)
            for sentence in result.differences:
                fail(sentence)
            if as_json:
                emit(result.as_object())
                sys.stdout.flush()
            if not once:
                note("The service stays up. Stop with Ctrl-C.")
                stop.wait()
    except (NotUp, NotSettled, NotADemoFolder) as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if not result.sound:
        raise typer.Exit(1)


def _interrupt(stop: threading.Event) -> None:
    """The first Ctrl-C ends the story or the waiting; what is up is always stopped in order."""
    if stop.is_set():
        return
    stop.set()
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

                def move(sent: int, standing: Standing, bar: Progress = bar, task: object = task) -> None:
                    bar.update(task, completed=sent)  # type: ignore[arg-type]  # rich's own id, bound early
                    live.update(Group(bar, _line(standing)))

                standing = running.play(act, move)
                seconds[act.title] = time.monotonic() - began
                live.console.print(
                    f"[green]✓[/] {act.title}  [dim]{len(act.items):,} records, {seconds[act.title]:.1f} s[/]",
                    highlight=False,
                )
                live.update(_line(standing))
        return running.result(seconds)
    finally:
        running.close()


def _bar() -> Progress:
    return Progress(
        TextColumn("  [bold]{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), console=err
    )


def _line(standing: Standing) -> Text:
    return Text(
        f"  receipts {standing.receipts:,} · obliged {standing.obliged:,} · not obliged {standing.not_obliged:,} · "
        f"undecided {standing.undecided:,} · tasks {standing.tasks:,} · mails {standing.mails:,}",
        style="cyan",
    )


def _summary(result: Result, service: Service, seconds: float) -> None:
    now = result.standing
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
    audit_command.show(result.audit)
    agrees = "[green]✓[/] Every number agrees with the independent count, by reason and by unit."
    out.print(agrees if not result.differences else "[bold red]✗[/] The independent count differs:")
    out.print()
    out.print(f"  Read the mails     {service.mail_pages}", highlight=False)
    out.print(f"  See the tasks      frafaldsvarsel tasks --data {service.data.name}", highlight=False)
    out.print(f"  See the reasons    frafaldsvarsel decisions --data {service.data.name}", highlight=False)
    out.print(
        f"  What was refused   frafaldsvarsel receipts --status rejected --data {service.data.name}",
        highlight=False,
    )
    out.print(f"[dim]{seconds:.1f} s in all[/]", highlight=False)
