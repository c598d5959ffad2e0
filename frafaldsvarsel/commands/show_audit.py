"""How an audit is shown: the equations for people, one object for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from frafaldsvarsel.commands.terminal import fail, out
from models.calendar import COPENHAGEN
from ops.audit.report import ABOUT, AuditReport, CheckResult, Waiting

_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAnswer:
    """`audit --json` (docs/command-line.md)."""

    unaccounted: int
    under_way: int
    oldest_seconds: float
    stuck: Sequence[Waiting]
    canary_home_at: str | None
    accounts: Sequence[CheckResult]
    exceptions: Sequence[Mapping[str, object]]
    """Without the fields that are not known."""


def audit_answer(result: AuditReport) -> AuditAnswer:
    """What a program reads of an audit."""
    return AuditAnswer(
        unaccounted=result.unaccounted,
        under_way=result.under_way,
        oldest_seconds=round(result.oldest_seconds, 1),
        stuck=result.stuck,
        canary_home_at=None if result.canary_home_at is None else result.canary_home_at.isoformat(),
        accounts=result.accounts,
        exceptions=[one.model_dump(mode="json", exclude_none=True) for one in result.exceptions],
    )


def show(result: AuditReport) -> None:
    """The equations, and the first exceptions."""
    for account in result.accounts:
        sound = account.balances and not account.unaccounted
        out.print(f"{'[green]✓[/]' if sound else '[bold red]✗[/]'} {ABOUT[account.hop]}", highlight=False)
        out.print(f"  [bold]{account.total:,}[/] = {_equation(account)}", highlight=False)
    for one in result.exceptions[:_SHOWN]:
        place = f"{one.topic}/{one.partition}@{one.offset}" if one.topic is not None else one.task_id or ""
        case = f"({one.case})" if one.case else ""
        said = (f"{one.what}: {place}", one.message_id, one.detail, case)
        fail(" ".join(part for part in said if part))
    if len(result.exceptions) > _SHOWN:
        fail(f"… and {len(result.exceptions) - _SHOWN} more; --json lists all.")
    state = (
        "[green]unaccounted 0[/]"
        if not result.unaccounted
        else f"[bold red]unaccounted {result.unaccounted}[/]"
    )
    since = f", the oldest for {result.oldest_seconds:,.0f} s" if result.under_way else ""
    out.print(f"{state}, under way {result.under_way:,}{since}", highlight=False)
    for still in result.stuck:
        place = f"{still.topic}/{still.partition}"
        out.print(
            f"[bold red]stuck[/] {place}: work waits, and nothing has moved for {still.seconds:,.0f} s",
            highlight=False,
        )
    if result.canary_home_at is not None:
        sent = result.canary_home_at.astimezone(COPENHAGEN)
        out.print(f"the last canary that came home was sent {sent:%d %b %H:%M:%S}", highlight=False)


def _equation(account: CheckResult) -> str:
    parts = {
        name: number for name, number in account.parts.items() if number or len(account.parts) == 1
    } or account.parts
    said = [f"{name.replace('_', ' ')} {number:,}" for name, number in parts.items()]
    if account.under_way:
        said.append(f"under way {account.under_way:,}")
    said.append(f"unaccounted {account.unaccounted:,}")
    beside = [f"{name.replace('_', ' ')} {number:,}" for name, number in account.beside.items() if number]
    return " + ".join(said) + (f"   [dim](besides: {', '.join(beside)})[/]" if beside else "")
