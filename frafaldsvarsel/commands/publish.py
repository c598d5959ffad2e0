"""`publish`: a file of events to Kafka, signed and sealed, with a bar and a sentence for every line that is wrong."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from config.command_environments import KafkaEnvironment
from config.kafka import KafkaSettings
from config.senders import SenderRegister
from config.settings import from_environment, is_told
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, err, fail, out
from infra import logging as logs
from publisher.events import Binding, FileFault
from publisher.keys import KeyFolder, NoKey, SingleKey
from publisher.lines import Reading, read_file
from publisher.prepare import LATEST, ContractVersion
from publisher.publish import NotPublished, PublishResult, prepared, publish
from publisher.publish import PublishProgress as Sent

_SHOWN_FAULTS = 50
_INTERRUPTED = 130
"""As a shell says it of Ctrl-C."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("publish")(publish_file)


def publish_file(
    file: Annotated[Path, typer.Argument(help="JSON Lines of CloudEvents, or CSV; with the plain CPR.")],
    keys: Annotated[
        Path | None, typer.Option("--keys", help="Folder of keys: each line is signed as its sender.")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="One sender's private key (JWK), for a file of its own events."),
    ] = None,
    service_key: Annotated[
        Path | None,
        typer.Option("--service-key", help="The service's public key; else beside the other keys."),
    ] = None,
    data: DataDir = None,
    bootstrap: Annotated[
        str | None,
        typer.Option(
            "--bootstrap", help="Kafka's address; else --data, the environment or the keys' service."
        ),
    ] = None,
    binary: Annotated[
        bool, typer.Option("--binary", help="Binary Kafka binding in place of structured.")
    ] = False,
    contract: Annotated[
        int,
        typer.Option(
            "--contract",
            min=1,
            max=LATEST,
            help="Version of the contract to send in, whatever the lines say.",
        ),
    ] = LATEST,
    unchecked: Annotated[
        bool, typer.Option("--no-check", help="Send what the contract would refuse: to test intake.")
    ] = False,
) -> None:
    """Send the events of FILE and wait until the brokers have each of them."""
    # What the libraries would say of a broker that is away, the sentences below say.
    logs.configure("CRITICAL")
    if (keys is not None and key is not None) or (keys is key is data is None):
        fail("Give either --keys FOLDER or --key FILE, or --data DIR of a service that has keys.")
        raise typer.Exit(2)
    if keys is None and data is not None:
        keys = data / "keys"
    folder = keys if keys is not None else (key or Path()).parent
    beside = folder.parent if (folder.parent / "addresses.json").exists() else None
    senders = (folder.parent if data is None else data) / "senders"
    register = SenderRegister(senders) if senders.is_dir() else None
    if register is not None:
        register.find("")
    signing: KeyFolder | SingleKey = (
        KeyFolder(folder)
        if key is None
        else SingleKey(
            key,
            service_key or folder / "service.public.json",
            () if register is None else register.senders,
        )
    )
    latest = Sent(0, 0, 0)

    def remember(sent: Sent) -> None:
        nonlocal latest
        latest = sent

    try:
        result = _send(
            file,
            Reading(register=register, check=not unchecked),
            signing,
            _kafka(bootstrap, data, beside),
            Binding.BINARY if binary else Binding.STRUCTURED,
            1 if contract == 1 else LATEST,
            remember,
        )
    except (NotPublished, FileFault, NoKey) as error:
        fail(str(error))
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        fail(
            f"Interrupted: of {latest.read:,} lines read the brokers have taken {latest.acknowledged:,}. "
            "Publish the file again: what was taken counts once."
        )
        raise typer.Exit(_INTERRUPTED) from None
    if result.faulty > _SHOWN_FAULTS:
        fail(f"… and more: {result.faulty} lines in all.")
    rate = result.acknowledged / result.seconds if result.seconds else 0
    out.print(
        f"{result.acknowledged:,} of {result.read:,} lines published in {result.seconds:.1f} s "
        f"({rate:,.0f}/s); {result.faulty:,} with faults.",
        highlight=False,
    )
    if not result.complete:
        raise typer.Exit(1)


def _kafka(bootstrap: str | None, data: Path | None, beside: Path | None) -> KafkaSettings:
    if bootstrap is not None:
        return KafkaSettings(bootstrap_servers=bootstrap)
    if data is None and is_told("KAFKA_BOOTSTRAP_SERVERS"):
        return from_environment(KafkaEnvironment).kafka
    return settings(KafkaEnvironment, data or beside).kafka


def _send(
    file: Path,
    reading: Reading,
    signing: KeyFolder | SingleKey,
    kafka: KafkaSettings,
    binding: Binding,
    version: ContractVersion,
    on_progress: Callable[[Sent], None],
) -> PublishResult:
    shown = 0

    def show(sentence: str) -> None:
        nonlocal shown
        shown += 1
        if shown <= _SHOWN_FAULTS:
            fail(sentence)

    with Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
    ) as bar:
        total = _count_lines(file)
        task = bar.add_task("publishing", total=total)

        def progress(sent: Sent) -> None:
            on_progress(sent)
            bar.update(task, completed=sent.acknowledged + sent.faulty)

        return asyncio.run(
            publish(
                prepared(read_file(file, reading), signing, binding=binding, version=version),
                kafka=kafka,
                on_progress=progress,
                on_fault=lambda found: show(found.sentence),
            )
        )


def _count_lines(file: Path) -> int | None:
    """How many lines there are, for the bar; None where counting would take them away, as with a pipe."""
    if not file.is_file():
        return None
    try:
        with file.open("rb") as opened:
            chunks = iter(lambda: opened.read(1 << 20), b"")
            return sum(chunk.count(b"\n") or chunk.count(b"\r") for chunk in chunks) or None
    except OSError:
        return None
