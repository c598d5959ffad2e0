"""How a world comes to rest: faults are over, everything that can still happen does, the audit heals, mails go out."""

from datetime import timedelta
from typing import Final

from notifiers.store import LEASE_EXPIRED
from tests.simulation import ledgers
from tests.simulation.faults import Fault
from tests.simulation.healing import heal
from tests.simulation.ledgers import send_outbox
from tests.simulation.mailers import Notifier
from tests.simulation.world import World

_PATIENCE: Final = 4000
"""Rounds within which everything must have come to rest."""


async def play(world: World) -> None:
    """A whole run: chaos, then rest."""
    await world.chaos()
    await rest(world)


async def rest(world: World) -> None:
    """Every fault is over, first in the stream and the ledger, then in the mail."""
    world.say("rest")
    while world.unsent:
        world.send_one()
    await world.database.at(world.clock.now)
    while world.office.unanswered:
        await world.office.again()
    stays = world.late if world.rng.random() < 0.5 else []
    world.late = [] if stays else world.late
    await _settle(world)
    due = sum(row["status"] == "due" for row in await world.database.rows("deliveries"))
    for _ in range(8 * due):
        await world.act(world.rng.choices(("notify", "wait", "kill_notifier"), (14, 2, 1))[0])
    world.relay.healed = True
    world.late = world.late or stays
    await _settle(world)
    await _deliver_all_mail(world)
    await _count_what_a_claim_found(world)


async def _settle(world: World) -> None:
    while world.late:
        await world.late_write()
    for worker in world.group.workers:
        worker.start()
    world.group.rebalance(world.rng)
    for process in world.ledgers:
        process.start()
    world.deal(apart=True)
    for _ in range(_PATIENCE):
        await world.database.at(world.clock.now)
        delivered = [
            await world.deliver(worker, step, gently=True)
            for worker in world.group.workers
            for step in ("intake", "match")
        ]
        for process in world.ledgers:
            await process.step()
        sent = await send_outbox(world.ledgers[0].session, world.log)
        if not any(delivered) and sent == 0 and await _projected(world) and not await heal(world):
            return
    raise AssertionError("the world does not come to rest")


async def _projected(world: World) -> bool:
    rows = await world.database.rows("position")
    known = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    return all(
        not world.log.read(place, known.get(place, 0), world.log.end(place)) for place in ledgers.PLACES
    )


async def _deliver_all_mail(world: World) -> None:
    for _ in range(_PATIENCE):
        await world.database.at(world.clock.now)
        for notifier in world.notifiers:
            await _finish(notifier)
            await notifier.expire()
            await notifier.claim(32)
            await _finish(notifier)
        due = [row for row in await world.database.rows("deliveries") if row["status"] == "due"]
        if not due:
            return
        moment = min(max(row["due_at"], row["lease_until"] or row["due_at"]) for row in due)
        world.clock.forward(max(moment - world.clock.now, timedelta(0)) + timedelta(milliseconds=1))
    raise AssertionError("mails do not come to an end")


async def _finish(notifier: Notifier) -> None:
    while notifier.busy:
        await notifier.send()
        await notifier.record()


async def _count_what_a_claim_found(world: World) -> None:
    """Both happen inside a claim too, where nobody sees them but who reads the tables."""
    attempts = await world.database.rows("attempts")
    world.faults[Fault.LEASE_EXPIRED] = sum(row["detail"] == LEASE_EXPIRED.detail for row in attempts)
    ended = [row["detail"].get("reason") for row in await world.database.rows("audit")]
    world.faults[Fault.DEADLINE_PASSED] = ended.count("deadline_passed")
