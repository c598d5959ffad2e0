"""What the units do, and a moment without faults."""

from tests.simulation.stream_faults import deliver
from tests.simulation.world import World


async def work(world: World) -> None:
    """Somebody at a unit does something with a task, or sends again what got no answer."""
    world.office.session.may_fail(world.rng, 0.15)
    if world.rng.random() < 0.3:
        await world.office.again()
    else:
        # What is left of an erased task leads to nobody, and has a random name.
        tasks = [row for row in await world.database.rows("tasks") if ":" not in row["person_id"]]
        if tasks:
            world.say(await world.office.work(tasks))
    world.office.session.strike = None


async def note(world: World) -> None:
    """Somebody notes a word on an open task, which is handed over or erased later, or goes on."""
    tasks = [row for row in await world.database.rows("tasks") if row["status"] == "open"]
    if tasks:
        world.say(await world.office.note(tasks, world.eraser.rng))


async def calm(world: World) -> None:
    """For a moment nothing goes wrong: what was sent reaches the units, and somebody works."""
    for _ in range(3):
        for worker in world.group.workers:
            for step in ("intake", "match"):
                await deliver(world, worker, step, gently=True)
        await world.database.at(world.clock.now)
        for process in world.ledgers:
            await process.step()
    for _ in range(world.rng.randint(1, 8)):
        await work(world)
    await world.rng.choice(world.runners).round(sweep=True)
