"""`up` and the single processes, and the topics that they need."""

import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from config.command_environments import DatabaseEnvironment, TopicsEnvironment
from config.environments import InboxEnvironment, LedgerEnvironment, NotifierEnvironment, WorkerEnvironment
from config.settings import from_environment
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import Because, By, DataDir, fail, needs_a_clone, note, out
from frafaldsvarsel.commands.topics_grow import grow
from frafaldsvarsel.wiring import common as common_wiring
from frafaldsvarsel.wiring import quotas as quotas_wiring
from frafaldsvarsel.wiring.quotas import SenderQuotaEnvironment
from infra import logging as logs
from infra import topic_admin, topic_compaction
from infra.client_quotas import apply_quotas

ledger_commands = typer.Typer(invoke_without_command=True)
topic_commands = typer.Typer(help="Make and verify the Kafka topics.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(up)
    app.command()(worker)
    app.add_typer(ledger_commands, name="ledger")
    app.command()(notify)
    app.command()(inbox)
    topic_commands.command()(grow)
    app.add_typer(topic_commands, name="topics")


def up(
    data: Annotated[Path, typer.Option("--data", help="Everything lies here, and is kept.")] = Path("data"),
    workers: Annotated[int, typer.Option(min=1, max=8, help="Stream workers to share the partitions.")] = 1,
    canary: Annotated[
        bool, typer.Option(help="Send a made-up message through the whole chain every minute.")
    ] = True,
    with_prometheus: Annotated[
        bool, typer.Option("--prometheus", help="Start Debian's Prometheus beside it, with the alert rules.")
    ] = False,
) -> None:
    """Run the whole service with an embedded broker, database and mail catcher, until Ctrl-C."""
    needs_a_clone()
    from local.servers.prometheus import NoPrometheus, binary, prometheus
    from local.service import NotUp, Service

    if with_prometheus:
        try:
            binary()
        except NoPrometheus as error:
            fail(str(error))
            raise typer.Exit(1) from None
    logs.configure("WARNING")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    service = Service(
        data,
        workers=workers,
        beside=("audit", *(["canary"] if canary else []), "lag", "trail"),
        say=lambda part: note(f"[dim]starting: {part}[/]"),
    )
    try:
        with service.running(), ExitStack() as beside:
            known = service.settings
            out.print("[bold green]Ready to take messages.[/]")
            out.print(f"  Kafka         {known.kafka.bootstrap_servers}", highlight=False)
            out.print(
                f"  PostgreSQL    {known.database.url.get_secret_value()}", highlight=False, soft_wrap=True
            )
            out.print(f"  Mail catcher  {service.mail_pages}", highlight=False)
            out.print(f"  Inbox         {service.inbox_pages}", highlight=False)
            out.print(f"  Operators     {service.inbox_pages}drift (log in as Hanne Dahl)", highlight=False)
            out.print(f"  Interface     {service.api}", highlight=False)
            for name, page in service.metrics_pages.items():
                out.print(f"  Metrics       {page} ({name})", highlight=False)
            if with_prometheus:
                watching = beside.enter_context(prometheus(service.data, service.metrics_pages))
                out.print(f"  Prometheus    {watching} (alerts: {watching}alerts)", highlight=False)
            out.print(f"  Addresses     {service.data / 'addresses.json'}", highlight=False, soft_wrap=True)
            out.print("Stop with Ctrl-C.")
            stop.wait()
            note("[dim]stopping[/]")
    except NotUp as error:
        fail(str(error))
        raise typer.Exit(1) from None


def worker() -> None:
    """Run a stream worker (intake and match) against real servers."""
    from frafaldsvarsel.processes.worker import run_worker

    known = from_environment(WorkerEnvironment)
    logs.configure(form=known.log.form)
    run_worker(known)


@ledger_commands.callback()
def ledger(context: typer.Context) -> None:
    """Run the ledger: decisions into PostgreSQL, exactly once."""
    if context.invoked_subcommand is not None:
        return
    from frafaldsvarsel.processes.ledger import run_ledger

    known = from_environment(LedgerEnvironment)
    logs.configure(form=known.log.form)
    raise typer.Exit(run_ledger(known))


@ledger_commands.command("skip")
def skip_record(
    place: Annotated[str, typer.Argument(metavar="TOPIC/PARTITION@OFFSET", help="As the ledger says it.")],
    because: Because,
    by: By = None,
    data: DataDir = None,
) -> None:
    """Let the ledger pass one record that this version cannot read. What it says is given up: first try the version
    that wrote it.
    """
    from frafaldsvarsel.commands.database import database, operator
    from frafaldsvarsel.commands.requests import approved
    from ops.recovery import skips
    from ops.recovery.requests import RequestKind

    try:
        found = skips.parse(place)
    except skips.NoPlace as error:
        raise typer.BadParameter(f"{error}", param_hint="TOPIC/PARTITION@OFFSET") from None
    with database(settings(DatabaseEnvironment, data).database) as connection:
        if (wrong := skips.objection(connection, found)) is not None:
            fail(f"{place}: {wrong}.")
            raise typer.Exit(1)
        who = operator(connection, by, because)
        if not approved(connection, RequestKind.SKIP, {skips.written(found): None}, who):
            raise typer.Exit(1)
        fresh = skips.skip(connection, found, who)
    out.print(f"{place} is let pass{'' if fresh else ' already'}; the ledger goes on when it begins again.")


def notify() -> None:
    """Run a notifier: due deliveries to the units."""
    from frafaldsvarsel.processes.notifier import run_notifier

    known = from_environment(NotifierEnvironment)
    logs.configure(form=known.log.form)
    raise typer.Exit(run_notifier(known))


def inbox() -> None:
    """Run the inbox: the units' pages, and the interface for their case systems."""
    from frafaldsvarsel.processes.inbox import run_inbox

    known = from_environment(InboxEnvironment)
    logs.configure(form=known.log.form)
    raise typer.Exit(run_inbox(known))


@topic_commands.command("apply")
def apply_topics(data: DataDir = None) -> None:
    """Make the topics that are missing, turn on the compaction that is safe, and set the quotas that are configured."""
    known = settings(TopicsEnvironment, data)
    try:
        made = topic_admin.apply(
            known.kafka,
            common_wiring.replication(known.replication),
            mac_required=known.stream.mac_required,
        )
        compaction = topic_compaction.turn_on(known.kafka)
        quotas = quotas_wiring.quotas(known.quotas, lambda: settings(SenderQuotaEnvironment, data).senders)
        changes = apply_quotas(known.kafka, quotas) if quotas else []
    except topic_admin.TopicsUnreachable as error:
        fail(str(error))
        raise typer.Exit(1) from None
    for name in made:
        out.print(f"[green]+[/] {name}")
    out.print(f"{len(made)} made; the others were there." if made else "Every topic is there.")
    for step in compaction:
        out.print(f"{'[green]+[/]' if step.turned_on else '[yellow]![/]'} {step.sentence}", highlight=False)
    for change in changes:
        user = "every other user" if change.user is None else change.user
        before = "none" if change.before is None else f"{change.before}"
        out.print(
            f"[green]+[/] {user} may write {change.now} bytes a second; before: {before}", highlight=False
        )
    if quotas and not changes:
        out.print("Every quota is as it should be.")


@topic_commands.command("acl")
def topic_rights(
    data: DataDir = None,
    apply: Annotated[bool, typer.Option("--apply", help="Give what is missing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="With --apply: take back what these users have beyond it.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 where it differs.")
    ] = False,
    senders: Annotated[bool, typer.Option(help="Also the senders of the register.")] = False,
) -> None:
    """Print the rights of the service's users at Kafka as calls of `kafka-acls.sh`; or set them, or look."""
    from frafaldsvarsel.commands.topics_acl import print_commands, show_gap
    from frafaldsvarsel.wiring.kafka_rights import wanted_rights
    from infra import broker_rights

    known = settings(TopicsEnvironment, data)
    register = (lambda: settings(SenderQuotaEnvironment, data).senders) if senders else None
    wanted = wanted_rights(known.users, known.quotas, register)
    if not apply and not check:
        print_commands(wanted)
        return
    try:
        gap = broker_rights.compare(known.kafka, wanted)
        if apply:
            broker_rights.grant(known.kafka, gap.missing)
            out.print(f"{len(gap.missing)} rights given; the others were there.", highlight=False)
            if prune:
                broker_rights.revoke(known.kafka, gap.too_much)
                out.print(f"{len(gap.too_much)} rights taken back.", highlight=False)
            gap = broker_rights.compare(known.kafka, wanted)
    except topic_admin.TopicsUnreachable as error:
        fail(str(error))
        raise typer.Exit(2) from None
    if not show_gap(gap):
        raise typer.Exit(1)


@topic_commands.command("check")
def check_topics(data: DataDir = None) -> None:
    """Hold every topic against the table; exit code 1 where one differs."""
    known = settings(TopicsEnvironment, data)
    try:
        faults = [
            fault.sentence
            for fault in topic_admin.check(
                known.kafka,
                common_wiring.replication(known.replication),
                mac_required=known.stream.mac_required,
            )
        ]
    except topic_admin.TopicsUnreachable as error:
        faults = [str(error)]
    for sentence in faults:
        fail(sentence)
    if faults:
        raise typer.Exit(1)
    out.print("[green]✓[/] Every topic is as it should be.")
