"""`publish`: a file of events to Kafka, signed and sealed, with a bar and a sentence for every line that is wrong."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from config.environments import KafkaEnvironment
from config.kafka import KafkaSettings
from config.senders import SenderRegister
from config.settings import from_environment, is_told
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import err, fail, out
from infra import logging as logs
from publisher.events import Binding, FileFault
from publisher.keys import KeyFolder, NoKey, SingleKey
from publisher.lines import Reading, read_file
from publisher.prepare import LATEST, ContractVersion
from publisher.publish import NotPublished, PublishResult, prepared, publish
from publisher.publish import PublishProgress as Sent

_SHOWN_FAULTS = 50


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
    bootstrap: Annotated[
        str | None,
        typer.Option("--bootstrap", help="Kafka's address; else the environment or the keys' service."),
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
            help="ContractVersion of the contract to send in, whatever the lines say.",
        ),
    ] = LATEST,
    unchecked: Annotated[
        bool, typer.Option("--no-check", help="Send what the contract would refuse: to test intake.")
    ] = False,
) -> None:
    """Send the events of FILE and wait until the brokers have each of them."""
    # What the libraries would say of a broker that is away, the sentences below say.
    logs.configure("CRITICAL")
    if (keys is None) == (key is None):
        fail("Give either --keys FOLDER or --key FILE.")
        raise typer.Exit(2)
    folder = keys if keys is not None else (key or Path()).parent
    data = folder.parent if (folder.parent / "addresses.json").exists() else None
    signing: KeyFolder | SingleKey = (
        KeyFolder(folder) if key is None else SingleKey(key, service_key or folder / "service.public.json")
    )
    senders = folder.parent / "senders"
    reading = Reading(
        register=SenderRegister(senders) if senders.is_dir() else None,
        check=not unchecked,
    )
    try:
        result = _send(
            file,
            reading,
            signing,
            _kafka(bootstrap, data),
            Binding.BINARY if binary else Binding.STRUCTURED,
            1 if contract == 1 else LATEST,
        )
    except (NotPublished, FileFault, NoKey) as error:
        fail(str(error))
        raise typer.Exit(1) from None
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


def _kafka(bootstrap: str | None, data: Path | None) -> KafkaSettings:
    if bootstrap is not None:
        return KafkaSettings(bootstrap_servers=bootstrap)
    if is_told("KAFKA_BOOTSTRAP_SERVERS"):
        return from_environment(KafkaEnvironment).kafka
    return settings(KafkaEnvironment, data).kafka


def _send(
    file: Path,
    reading: Reading,
    signing: KeyFolder | SingleKey,
    kafka: KafkaSettings,
    binding: Binding,
    version: ContractVersion,
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
    try:
        with file.open("rb") as opened:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(1 << 20), b"")) or None
    except OSError:
        return None
