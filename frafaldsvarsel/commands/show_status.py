"""The status page in 80 columns: the flow as a line, below it the promises and what waits for people."""

import time
from contextlib import suppress
from typing import Final

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from doctor.status.answer import status_answer
from doctor.status.look import StatusLook, StatusReader
from doctor.words import duration
from frafaldsvarsel.commands.terminal import out
from models.calendar import COPENHAGEN
from models.service_status import FlowStep, Level, StatusAnswer, StepName

_STYLES: Final = {
    Level.FAULT: "bold red",
    Level.WARNING: "bold yellow",
    Level.UNKNOWN: "dim",
    Level.FINE: "green",
}
_UNKNOWN: Final = Text("?", style="dim")
_PROCESSES: Final = {StepName.INTAKE: "worker", StepName.MATCH: "worker", StepName.LEDGER: "ledger"}
_SECONDS_APART: Final = 0.2


def live(reader: StatusReader, every: float) -> None:
    """Show it anew after each look, until Ctrl-C."""
    before: StatusLook | None = None
    with suppress(KeyboardInterrupt), Live(console=out, screen=True, auto_refresh=False) as shown:
        while True:
            began = time.monotonic()
            now = reader.look()
            foot = Text(f"A look every {every:.0f} s. Ctrl-C ends it.", style="dim")
            shown.update(Group(page_of(status_answer(before, now)), foot), refresh=True)
            before = now
            time.sleep(max(_SECONDS_APART, every - (time.monotonic() - began)))


def page_of(answer: StatusAnswer) -> RenderableType:
    """The whole page."""
    at = answer.taken_at.astimezone(COPENHAGEN)
    below = Table.grid(padding=(0, 4, 0, 0))
    below.add_row(_promises(answer), _people(answer))
    return Group(
        Text.assemble(("Frafaldsvarsel", "bold"), (f"  {at:%Y-%m-%d %H:%M:%S}", "dim")),
        Text(),
        _flow(answer),
        Text(),
        below,
        Text(),
        *(
            Text.assemble(("? ", "bold blue"), (name, "bold"), f"  {why}")
            for name, why in answer.away.items()
        ),
    )


def _flow(answer: StatusAnswer) -> Table:
    table = Table(box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
    table.add_column("")
    for number, step in enumerate(answer.flow):
        arrow = "" if number == 0 else "─▶ "
        table.add_column(f"{arrow}{step.step}", justify="right", no_wrap=True, min_width=11)
    table.add_row("each second", *(_rate(step) for step in answer.flow))
    table.add_row("waits", *(_number(step) for step in answer.flow))
    table.add_row("the oldest", *(_oldest(step) for step in answer.flow))
    table.add_row("processes", *(_readers(step) for step in answer.flow))
    return table


def _rate(step: FlowStep) -> Text:
    return _UNKNOWN if step.per_second is None else Text(f"{step.per_second:,.1f}")


def _number(step: FlowStep) -> Text:
    if step.step is StepName.SENDERS:
        return Text()
    return _UNKNOWN if step.waiting is None else Text(f"{step.waiting:,}", style=_STYLES[step.level])


def _oldest(step: FlowStep) -> Text:
    if step.step is StepName.SENDERS or step.waiting == 0:
        return Text()
    if step.oldest_seconds is None:
        return _UNKNOWN
    return Text(duration(step.oldest_seconds), style=_STYLES[step.level])


def _readers(step: FlowStep) -> Text:
    process = _PROCESSES.get(step.step)
    if process is None:
        return Text()
    if step.members is None:
        return _UNKNOWN
    if not step.members:
        return Text(f"no {process}", style="bold red")
    joining = "" if step.group_state == "Stable" else " joining"
    return Text(f"{step.members} {process}{'s' if step.members > 1 else ''}{joining}")


def _promises(answer: StatusAnswer) -> Table:
    table = _list("Promises")
    said = answer.promises
    if said.unaccounted is not None:
        table.add_row("unaccounted for", _count(said.unaccounted, said.unaccounted_level))
    table.add_row("longest wait for an answer", _seconds(said.duty_lag_seconds, said.duty_lag_level))
    table.add_row("overdue without contact", _count(said.overdue_without_contact, said.overdue_level))
    table.add_row(
        "oldest notice not delivered", _seconds(said.oldest_undelivered_seconds, said.undelivered_level)
    )
    return table


def _people(answer: StatusAnswer) -> Table:
    table = _list("Waits for people")
    people = answer.people
    table.add_row("in quarantine", _count(people.in_quarantine, people.quarantine_level))
    table.add_row("undecided past review", _count(people.undecided_past_review, people.undecided_level))
    table.add_row("units no mail reaches", _count(people.units_not_reached, people.units_level))
    return table


def _list(title: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(min_width=22)
    table.add_column(justify="right", min_width=6)
    table.add_row(Text(title, style="bold"))
    return table


def _count(number: int | None, level: Level) -> Text:
    return _UNKNOWN if number is None else Text(f"{number:,}", style=_STYLES[level])


def _seconds(seconds: float | None, level: Level) -> Text:
    return _UNKNOWN if seconds is None else Text(duration(seconds), style=_STYLES[level])
