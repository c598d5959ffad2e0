"""`lag`: how far each step is behind, in records and in seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from config.environments import LagEnvironment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, JsonObjectFlag, emit, fail, out, show
from infra import logging as logs

if TYPE_CHECKING:
    from ops.lag.sample import LagSample, PartitionLag


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLag:
    """One topic that a group reads."""

    group: str
    topic: str
    records: int
    seconds: float | None
    """The age of the oldest record that waits; None: it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LagAnswer:
    """`lag --once --json`."""

    taken_at: str
    duty_lag_seconds: float | None
    """None: unknown."""
    groups: dict[str, str]
    """The state of each, as Kafka names it."""
    topics: Sequence[TopicLag]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("lag")(lag_command)


def lag_command(
    data: DataDir = None,
    once: Annotated[bool, typer.Option("--once", help="Look once, say what there is, and end.")] = False,
    as_json: JsonObjectFlag = False,
    metrics_port: Annotated[
        int | None, typer.Option(min=1, help="Serve metrics here; else the setting.")
    ] = None,
) -> None:
    """Watch how far each step is behind, and serve it as metrics; needs no database. Exit code 2 without Kafka."""
    from frafaldsvarsel.processes.lag import look_once, run_lag
    from ops.lag.log_reader import LagUnknown

    known = settings(LagEnvironment, data)
    if not once:
        logs.configure(form=known.log.form)
        raise typer.Exit(run_lag(known, metrics_port))
    logs.configure("CRITICAL")
    try:
        answer = _answer(look_once(known))
    except LagUnknown as error:
        fail(str(error))
        raise typer.Exit(2) from None
    if as_json:
        emit(answer)
    else:
        _show(answer)


def _answer(sample: "LagSample") -> LagAnswer:
    topics: dict[tuple[str, str], list[PartitionLag]] = {}
    for one in sample.partitions:
        topics.setdefault((one.group, one.topic), []).append(one)
    duty = sample.duty_age(sample.taken_at)
    return LagAnswer(
        taken_at=sample.taken_at.isoformat(timespec="milliseconds"),
        duty_lag_seconds=None if duty is None else round(duty, 3),
        groups={group: state.state for group, state in sample.groups.items()},
        topics=[
            TopicLag(
                group=group,
                topic=topic,
                records=sum(one.records for one in each),
                seconds=_oldest(each, sample.taken_at),
            )
            for (group, topic), each in topics.items()
        ],
    )


def _oldest(partitions: "Sequence[PartitionLag]", at: datetime) -> float | None:
    ages = [one.age(at) for one in partitions if one.records]
    known = [age for age in ages if age is not None]
    return round(max(known, default=0.0), 3) if len(known) == len(ages) else None


def _show(answer: LagAnswer) -> None:
    def waits(one: TopicLag) -> str:
        if not one.records:
            return ""
        return "unknown" if one.seconds is None else f"{one.seconds:,.1f} s"

    rows = ([one.group, one.topic, f"{one.records:,}", waits(one)] for one in answer.topics)
    show("", ("group", "reads", "behind", "oldest waits"), rows, empty="Nothing is read.")
    for group, state in answer.groups.items():
        if state != "Stable":
            out.print(
                f"[yellow]![/] {group} is {state}: a process that reads for it does not run, or joins just now."
            )
    if answer.duty_lag_seconds is None:
        out.print("How long the oldest record has been without an answer is unknown: it could not be read.")
    elif answer.duty_lag_seconds:
        out.print(
            f"The oldest record that may make a duty has been without an answer for {answer.duty_lag_seconds:,.1f} s.",
            highlight=False,
        )
    else:
        out.print("[green]✓[/] Nothing that may make a duty waits.")
