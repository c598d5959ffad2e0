"""`topics grow`: more partitions for people, so that more workers can share them."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from config.command_environments import GrowEnvironment
from config.reference.law import law_of
from frafaldsvarsel.commands.context import settings
from frafaldsvarsel.commands.terminal import DataDir, fail, note, out
from frafaldsvarsel.wiring.common import read_reference, stream_mac

if TYPE_CHECKING:
    from infra.postgres import SyncConnection
    from ops.growth.foreign_keys import ForeignKeys
    from ops.growth.grow import Grown

_UNREACHABLE = 2


def grow(
    to: Annotated[
        int, typer.Option("--to", help="How many partitions: 24 where there are 8, 56 where there are 24.")
    ],
    ledger_seconds: Annotated[
        float, typer.Option(help="How long the ledger may take to project what is decided already.")
    ] = 600,
    foreign_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY",
            help="A key's id that no ring of the service ever had: its records are passed by. May be repeated.",
        ),
    ] = None,
    data: DataDir = None,
) -> None:
    """Give people more partitions. Stop all workers first, let the ledger run; a run that was cut off is done again.

    Senders go on publishing meanwhile: nothing is read until the workers are started again.
    """
    from frafaldsvarsel.commands.database import database
    from infra.topic_admin import TopicsUnreachable
    from ops.growth.errors import NotCarried
    from ops.growth.foreign_keys import ForeignKeys
    from ops.growth.grow import CannotGrow
    from ops.growth.projected import is_alone, told_foreign

    known = settings(GrowEnvironment, data)
    with database(known.database, unreachable=_UNREACHABLE) as connection:
        if not is_alone(connection):
            fail("Another run of this command is under way.")
            raise typer.Exit(1)
        try:
            keys = ForeignKeys(names=frozenset(foreign_key or ()), told=told_foreign(connection))
            done = asyncio.run(_grow(known, connection, to, ledger_seconds, keys))
        except (CannotGrow, NotCarried) as error:
            fail(str(error))
            raise typer.Exit(1) from None
        except TopicsUnreachable as error:
            fail(str(error))
            raise typer.Exit(_UNREACHABLE) from None
        except (KafkaError, TimeoutError) as error:
            fail(f"Kafka does not answer: {type(error).__name__}.")
            raise typer.Exit(_UNREACHABLE) from None
    if not (done.people or done.buried):
        out.print(f"People have {done.partitions} partitions already.", highlight=False)
        return
    out.print(
        f"[green]+[/] People have {done.partitions} partitions now: {done.people} carried over, "
        f"{done.events} events decided before it.",
        highlight=False,
    )
    out.print(
        "Start the workers again. rebuild people and audit show that nothing was lost.", highlight=False
    )


async def _grow(
    known: GrowEnvironment, connection: "SyncConnection", to: int, ledger_seconds: float, keys: "ForeignKeys"
) -> "Grown":
    from ops.growth.brokers import KafkaBrokers
    from ops.growth.grow import Growth
    from ops.growth.projected import projected

    law = law_of(read_reference(known.reference))
    producer = AIOKafkaProducer(**known.kafka.producer())
    await producer.start()
    try:
        growth = Growth(
            brokers=KafkaBrokers(known.kafka),
            producer=producer,
            mac=stream_mac(known.stream),
            law=law,
            projected=lambda: projected(connection),
            ledger_seconds=ledger_seconds,
            say=lambda what: note(f"[dim]{what}[/]"),
            keys=keys,
        )
        return await growth.run(to)
    finally:
        await producer.stop()
