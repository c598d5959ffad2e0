"""Who acts next: everything at once, each with its weight."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.simulation import ledger_faults, notifier_faults, stream_faults, unit_work
from tests.simulation.faults import Fault
from tests.simulation.world import World

ACTIONS: Final[dict[str, Callable[[World], Awaitable[None]]]] = {
    "send": stream_faults.send,
    "wait": stream_faults.wait,
    "intake": stream_faults.intake,
    "match": stream_faults.match,
    "ledger": ledger_faults.ledger,
    "outbox": ledger_faults.outbox,
    "notify": notifier_faults.notify,
    "work": unit_work.work,
    "calm": unit_work.calm,
    "hear": stream_faults.hear,
    "late_write": stream_faults.late_write,
    "rebalance": stream_faults.rebalance,
    "skew": stream_faults.skew,
    "hole": stream_faults.hole,
    "compact": stream_faults.compact,
    "restart_ledger": ledger_faults.restart_ledger,
    "deal_ledgers": ledger_faults.deal_ledgers,
    "back_up": ledger_faults.back_up,
    "restore": ledger_faults.restore,
    "kill_notifier": notifier_faults.kill_notifier,
    "pause": stream_faults.pause,
    "call": notifier_faults.call,
    "turn_receiver": notifier_faults.turn_receiver,
    "remind": notifier_faults.remind,
    "read_returns": notifier_faults.read_returns,
    "erase": stream_faults.erase,
    "note": unit_work.note,
    "grow": stream_faults.grow,
}
_WEIGHTS: Final = (22, 14, 26, 30, 26, 8, 36, 16, 7, 5, 4, 4, 1, 2, 4, 1, 2, 2, 1, 2, 0, 18, 2, 8, 8, 0, 0, 0)
_ERASING: Final = 0.09
"""Of the turns of a world in which people are erased, beside what happens anyway."""
_GROWING: Final = 0.04
"""Of the turns of a world in which people get more partitions."""
_NOTING: Final = 0.4
"""Of the same turns: most find no open task."""
_STILL: Final = 0.2
"""Of the worlds in which a step stands still."""
_NAMES: Final = tuple(ACTIONS)
_CUMULATED: Final = tuple(sum(_WEIGHTS[: number + 1]) for number in range(len(_WEIGHTS)))


_STEPS: Final = (("intake",), ("match",), ("ledger",), ("outbox",), ("notify", "call"), ("remind",))
"""What is done by one process: where it stands still, its backlog grows."""


async def chaos(world: World) -> None:
    """Everything at once, for a while; in some worlds one step does nothing for the greater part of it."""
    await world.begin()
    turns = 44 + 5 * len(world.story)
    still: tuple[str, ...] = world.rng.choice(_STEPS) if world.rng.random() < _STILL else ()
    begins = world.rng.randrange(turns)
    ends = world.rng.randrange(begins, 2 * turns)
    for turn in range(turns):
        name = world.rng.choices(_NAMES, cum_weights=_CUMULATED)[0]
        if name not in still or not begins <= turn < ends:
            await act(world, name)
        else:
            world.count(Fault.STOOD_STILL)
        if world.eraser.is_on and world.eraser.rng.random() < _ERASING:
            await act(world, "erase")
        if world.eraser.is_on and world.eraser.rng.random() < _NOTING:
            await act(world, "note")
        if world.grower.is_on and world.grower.rng.random() < _GROWING:
            await act(world, "grow")


async def act(world: World, name: str) -> None:
    """One thing happens."""
    world.actions += 1
    await world.database.at(world.clock.now)
    if world.eraser.is_on:
        await world.eraser.look(await world.database.rows("tasks"), await world.database.rows("deliveries"))
    await ACTIONS[name](world)
