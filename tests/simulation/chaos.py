"""Who acts next: everything at once, each with its weight."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.simulation import booking, notifying, streaming, working
from tests.simulation.world import World

ACTIONS: Final[dict[str, Callable[[World], Awaitable[None]]]] = {
    "send": streaming.send,
    "wait": streaming.wait,
    "intake": streaming.intake,
    "match": streaming.match,
    "ledger": booking.ledger,
    "outbox": booking.outbox,
    "notify": notifying.notify,
    "work": working.work,
    "calm": working.calm,
    "hear": streaming.hear,
    "late_write": streaming.late_write,
    "rebalance": streaming.rebalance,
    "skew": streaming.skew,
    "hole": streaming.hole,
    "compact": streaming.compact,
    "restart_ledger": booking.restart_ledger,
    "deal_ledgers": booking.deal_ledgers,
    "back_up": booking.back_up,
    "restore": booking.restore,
    "kill_notifier": notifying.kill_notifier,
    "pause": streaming.pause,
    "call": notifying.call,
    "turn_receiver": notifying.turn_receiver,
    "remind": notifying.remind,
    "read_returns": notifying.read_returns,
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
