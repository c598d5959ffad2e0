"""`render` and `test-send`: how a notice would look, and whether one arrives (docs/command-line.md)."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import typer

from config.environments import NoticeEnvironment
from frafaldsvarsel.commands.context import must_be_known, settings
from frafaldsvarsel.commands.terminal import DataDir, JsonFlag, emit, fail, out, show
from models.notifications.delivery import Audience, Channel, Occasion, SendAttempt, SendOutcome

ChannelOption = Annotated[Channel, typer.Option("--channel", help="email or webhook.")]
UnitOption = Annotated[str, typer.Argument(help="A unit's id.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAnswer:
    """`test-send --json`: what came of one address."""

    recipient: str
    outcome: SendOutcome
    detail: str
    code: int | None


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(render)
    app.command("test-send")(try_out)


def render(
    occasion: Annotated[Occasion, typer.Argument(help="Why the notice is sent.")],
    unit: Annotated[str, typer.Option(help="To whom.")] = "jc-0101",
    audience: Annotated[Audience, typer.Option(help="Who at the unit, or above it.")] = Audience.UNIT,
    channel: ChannelOption = Channel.EMAIL,
    html: Annotated[bool, typer.Option("--html", help="The HTML part instead of the text.")] = False,
    data: DataDir = None,
) -> None:
    """Write a made-up notice to standard output as text, as HTML or as a webhook's body. Nothing is sent."""
    from frafaldsvarsel.preview_notice import sample_hook, sample_mail

    known, now = settings(NoticeEnvironment, data), datetime.now(UTC)
    must_be_known(known.reference, unit)
    if channel is Channel.WEBHOOK:
        try:
            typer.echo(sample_hook(known, occasion, unit, now).body)
        except ValueError:
            fail(f"No webhook is sent for {occasion}.")
            raise typer.Exit(1) from None
        return
    mail = sample_mail(known, occasion, audience, unit, now)
    if html:
        typer.echo(mail.html)
    else:
        typer.echo(f"Subject: {mail.subject}\n\n{mail.text}", nl=False)


def try_out(
    unit: UnitOption, channel: ChannelOption = Channel.EMAIL, data: DataDir = None, as_json: JsonFlag = False
) -> None:
    """Send a test, marked as one, to every address of a unit, and say what came of it.

    It is sent once and noted nowhere. Exit code 1 unless it was taken everywhere.
    """
    from frafaldsvarsel.preview_notice import send_test

    known = settings(NoticeEnvironment, data)
    must_be_known(known.reference, unit)

    async def sent() -> list[tuple[str, SendAttempt]]:
        return [one async for one in send_test(known, unit, channel, datetime.now(UTC))]

    found = asyncio.run(sent())
    if as_json:
        for recipient, attempt in found:
            emit(
                TrialAnswer(
                    recipient=recipient,
                    outcome=attempt.outcome,
                    detail=attempt.detail,
                    code=attempt.code,
                )
            )
    else:
        show(
            "",
            ("recipient", "outcome", "why"),
            ([recipient, attempt.outcome, attempt.detail] for recipient, attempt in found),
            empty=f"The unit {unit} has no address for {channel}.",
        )
    if not found or any(attempt.outcome is not SendOutcome.DELIVERED for _, attempt in found):
        raise typer.Exit(1)
    if not as_json:
        out.print(f"{len(found)} taken.", highlight=False)
