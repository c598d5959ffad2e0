"""Who acts next: everything at once, each with its weight."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.simulation import ledger_faults, notifier_faults, stream_faults, unit_work
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
}
_WEIGHTS: Final = (22, 14, 26, 30, 26, 8, 36, 16, 7, 5, 4, 4, 1, 2, 4, 1, 2, 2, 1, 2, 0, 18, 2, 8, 8)
_NAMES: Final = tuple(ACTIONS)
_CUMULATED: Final = tuple(sum(_WEIGHTS[: number + 1]) for number in range(len(_WEIGHTS)))


async def chaos(world: World) -> None:
    """Everything at once, for a while."""
    await world.begin()
    for _ in range(44 + 5 * len(world.story)):
        await act(world, world.rng.choices(_NAMES, cum_weights=_CUMULATED)[0])


async def act(world: World, name: str) -> None:
    """One thing happens."""
    world.actions += 1
    await world.database.at(world.clock.now)
    await ACTIONS[name](world)
