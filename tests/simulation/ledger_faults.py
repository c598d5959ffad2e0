"""What befalls the ledger, the outbox and the database."""

from typing import Any

from tests.simulation.faults import Fault
from tests.simulation.ledgers import deal, send_outbox
from tests.simulation.world import World


async def ledger(world: World) -> None:
    """A ledger polls."""
    process = world.rng.choice(world.ledgers)
    process.session.may_fail(world.rng, 0.15)
    world.say("ledger")
    await process.step()
    process.session.strike = None


async def outbox(world: World) -> None:
    """The outbox is emptied."""
    session = world.ledgers[0].session
    session.may_fail(world.rng, 0.2)
    await send_outbox(session, world.log)
    session.strike = None


async def restart_ledger(world: World) -> None:
    """A ledger's process is replaced."""
    process = world.rng.choice(world.ledgers)
    places = process.consumer.places
    process.start()
    process.assign(places)
    world.count(Fault.LEDGER_RESTARTED)


async def deal_ledgers(world: World) -> None:
    """The ledgers' group deals anew, or one does not hear of it."""
    apart = world.rng.random() < 0.5
    if not apart:
        world.count(Fault.LEDGER_REBALANCED)
    deal(world.ledgers, world.log, apart=apart)


async def back_up(world: World) -> None:
    """Somebody makes a backup."""
    world.last_backup = await _backup(world)
    world.say("backup")


async def restore(world: World) -> None:
    """Somebody puts it back, under running processes; never one from before the first restore's."""
    if world.last_backup is not None:
        await _put_back(world, world.last_backup)


async def back_up_before_growth(world: World) -> None:
    """One that may be put back after it."""
    if world.grower.restores and world.grower.backup is None:
        world.grower.backup = await _backup(world)
        world.say("backup before a growth")


async def restore_across_growth(world: World) -> bool:
    """Whether it was put back: once."""
    if not world.grower.done or world.grower.backup is None:
        return False
    await _put_back(world, world.grower.backup)
    world.grower.restores = False
    world.count(Fault.RESTORED_ACROSS_GROWTH)
    return True


async def _backup(world: World) -> Any:
    return await world.database.backup(), dict(world.office.done)


async def _put_back(world: World, backup: Any) -> None:
    rows, world.office.done = backup
    await world.database.restore(rows)
    world.last_backup = world.grower.backup = None
    world.restored()
    world.count(Fault.RESTORED)
