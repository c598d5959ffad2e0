"""How a world comes to rest: faults are over, everything that can still happen does, notices go out.

Then time goes on until nothing falls due any more, with nights, weekends and outages of days in between.
"""

from datetime import timedelta
from typing import Any, Final

from config.topics import Topic
from notifiers.repository import LEASE_EXPIRED
from tests.simulation import ledgers
from tests.simulation.faults import Fault
from tests.simulation.ledger_faults import restore_across_growth
from tests.simulation.ledgers import deal, send_outbox
from tests.simulation.schedule import act, chaos
from tests.simulation.stream_faults import deliver, grow, late_write, send_one
from tests.simulation.world import World

_PATIENCE: Final = 4000
"""Rounds within which everything must have come to rest."""
_OUTAGES: Final = (timedelta(hours=1), timedelta(hours=13), timedelta(days=2), timedelta(days=5))
_STILL_BAD: Final = 25
"""Rounds for which relays and receivers may go on failing."""
_LEFT: Final = {
    "notify": 14,
    "call": 9,
    "work": 3,
    "read_returns": 3,
    "remind": 4,
    "pause": 4,
    "wait": 1,
    "turn_receiver": 1,
    "kill_notifier": 1,
}


async def play(world: World) -> None:
    """A whole run: chaos, then rest."""
    await chaos(world)
    await rest(world)


async def rest(world: World) -> None:
    """Every fault is over, first in the stream and the ledger, then in what is sent."""
    world.say("rest")
    while world.unsent:
        send_one(world)
    await world.database.at(world.clock.now)
    while world.office.unanswered:
        await world.office.again()
    stays = world.late if world.rng.random() < 0.5 else []
    world.late = [] if stays else world.late
    await _settle(world)
    due = sum(row["status"] == "due" for row in await world.database.rows("deliveries"))
    tasks = len(await world.database.rows("tasks"))
    for _ in range(6 * due + 12 * tasks):
        await act(world, world.rng.choices(tuple(_LEFT), tuple(_LEFT.values()))[0])
    while world.office.unanswered:
        await world.office.again()
    world.late = world.late or stays
    await _settle(world)
    if world.eraser.cut_offs:
        await world.eraser.again()
        await _settle(world)
    await _time_goes_on(world)
    if world.eraser.cut_offs:
        world.log.compact()
    await _count_what_a_claim_found(world)


async def _settle(world: World) -> None:
    while world.late:
        await late_write(world)
    for worker in world.group.workers:
        worker.start()
    world.group.rebalance(world.rng)
    _start_ledgers(world)
    for _ in range(_PATIENCE):
        await world.database.at(world.clock.now)
        delivered = [
            await deliver(world, worker, step, gently=True)
            for worker in world.group.workers
            for step in ("intake", "match")
        ]
        for process in world.ledgers:
            await process.step()
        sent = await send_outbox(world.ledgers[0].session, world.log)
        erasing = world.eraser.under_way is not None
        await world.eraser.run(await world.database.rows("erasures"), gently=True)
        if erasing:
            if world.grower.begun and not world.grower.done:
                await grow(world, gently=True)  # match may wait for it, and the erasure for match
            continue
        if not any(delivered) and sent == 0 and await _projected(world) and not await _rests(world):
            if world.grower.begun and not world.grower.done:
                await grow(world, gently=True)
            elif await restore_across_growth(world):
                _start_ledgers(world)  # their connections have gone with the server
            else:
                return
    raise AssertionError("the world does not come to rest")


def _start_ledgers(world: World) -> None:
    for process in world.ledgers:
        process.start()
    deal(world.ledgers, world.log, apart=True)


async def _rests(world: World) -> bool:
    """Minutes pass, and nothing comes: whether a worker found what the engine had skipped at a partition's end."""
    before = world.log.end((str(Topic.PROGRESS), 0))
    for _ in range(2):
        for worker in world.group.workers:
            await worker.refresh()
        world.clock.forward(timedelta(seconds=150))
    return world.log.end((str(Topic.PROGRESS), 0)) > before


async def _projected(world: World) -> bool:
    rows = await world.database.rows("position")
    known = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    return all(
        not world.log.read(place, known.get(place, 0), world.log.end(place))
        for place in ledgers.places(world.log)
    )


async def _time_goes_on(world: World) -> None:
    """From one thing that is due to the next; now and then nobody is there for days."""
    still_bad = world.rng.choice((0, _STILL_BAD))
    for turn in range(_PATIENCE):
        if turn == still_bad:
            world.heal(receivers_too=world.rng.random() < 0.7)
        await world.database.at(world.clock.now)
        while await world.post.sweep(world.reader):
            pass
        await world.runners[turn % 2].round(sweep=turn % 4 < 2)
        for notifier in (world.mailers[turn % 2], world.callers[turn % 2]):
            await notifier.finish()
            await notifier.claim(32)
            await notifier.finish()
        if turn % 4 == 0:
            await world.mailers[0].expire()
        moment = await _next(world)
        if moment is None and turn >= still_bad:
            for notifier in world.notifiers:
                await notifier.finish()
            await world.runners[0].round(sweep=True)  # and what the last notices have come to is followed
            if await _next(world) is None:
                return
        moment = moment or world.clock.now
        world.clock.forward(max(moment - world.clock.now, timedelta(0)) + timedelta(milliseconds=1))
        if world.rng.random() < 0.15:
            world.clock.forward(world.rng.choice(_OUTAGES))
            world.count(Fault.STEPS_ASLEEP)
    raise AssertionError("notices do not come to an end")


async def _next(world: World) -> Any:
    """When there is something to do again."""
    moments = [
        max(row["due_at"], row["lease_until"] or row["due_at"])
        for row in await world.database.rows("deliveries")
        if row["status"] == "due"
    ]
    steps = [row["due_at"] for row in await world.database.rows("steps") if row["status"] == "waiting"]
    # What was due before now has had its chance: that it still waits is for the judge to say.
    moments += [due_at for due_at in steps if due_at > world.clock.now]
    moments += [one.at for one in world.post.waiting]
    return min(moments, default=None)


async def _count_what_a_claim_found(world: World) -> None:
    """Both happen inside a claim too, where nobody sees them but who reads the tables."""
    attempts = await world.database.rows("attempts")
    world.faults[Fault.LEASE_EXPIRED] = sum(row["detail"] == LEASE_EXPIRED.detail for row in attempts)
    ended = [row["detail"].get("reason") for row in await world.database.rows("audit")]
    world.faults[Fault.DEADLINE_PASSED] = ended.count("deadline_passed")
