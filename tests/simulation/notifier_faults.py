"""What befalls the notices: notifiers, receivers, runners of steps, and mails that come back."""

from typing import Any

from tests.simulation.notifiers import Notifier
from tests.simulation.world import World


async def notify(world: World) -> None:
    """A notifier does the next thing."""
    await _move(world, world.rng.choice(world.mailers))


async def call(world: World) -> None:
    """A notifier of webhooks does the next thing."""
    await _move(world, world.rng.choice(world.callers))


async def _move(world: World, notifier: Notifier[Any]) -> None:
    notifier.session.may_fail(world.rng, 0.06)
    drawn = world.rng.random()
    world.say(f"notifier {drawn:.3f}")
    if drawn < 0.35:
        await notifier.claim(world.rng.randint(1, 4))
    elif drawn < 0.6:
        await notifier.send()
    elif drawn < 0.85:
        await notifier.record()
    elif drawn < 0.95:
        await notifier.renew()
    else:
        await notifier.expire()
    notifier.session.strike = None


async def kill_notifier(world: World) -> None:
    """A notifier dies."""
    world.rng.choice(world.notifiers).kill()


async def turn_receiver(world: World) -> None:
    """A unit's own system goes down or comes back."""
    world.receivers.turn()


async def remind(world: World) -> None:
    """A runner of steps looks what is due."""
    runner = world.rng.choice(world.runners)
    runner.session.may_fail(world.rng, 0.2)
    world.say("runner of steps")
    await runner.round(sweep=world.rng.random() < 0.4)
    runner.session.strike = None


async def read_returns(world: World) -> None:
    """What the mail system reports is read."""
    world.reader.may_fail(world.rng, 0.15)
    if await world.post.sweep(world.reader):
        world.say("a report was read")
    world.reader.strike = None
