"""People get more partitions under load: the command killed at each of its steps, while senders go on publishing."""

import asyncio
from collections.abc import Sequence
from typing import Final

from config.command_environments import RebuildEnvironment
from config.reference.law import law_of
from frafaldsvarsel.wiring.common import read_reference, stream_mac
from frafaldsvarsel.wiring.ledger import policy
from infra.failpoints import FailpointAction, Point
from infra.partitioner import PersonPartitions
from ledger.rebuild.rebuild import rebuilding
from streams.rebuild_person_store import rebuild_person_store
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.observation import Seen
from tests.faults.rig import WORKERS
from tests.faults.struck_command import StruckCommand
from tests.faults.workload import Sent

_POINTS: Final = (
    Point.OUTPUT_HALF,
    Point.GROW_DECIDED,
    Point.PEOPLE_AFTER,
    Point.GROW_CARRIED,
    Point.GROW_MARKED,
    Point.GROW_PARTITIONS,
    Point.GROW_BURIED,
)


def _grown(run: Run, chunk: Sequence[Sent]) -> int:
    """What is published meanwhile waits; what match has left is decided by the command."""
    first, left, meanwhile, afterwards = halves(chunk, 4)
    children = run.rig.children
    run.publish(first)
    run.rig.drain()
    children.strike(Point.MATCH_JUDGED, FailpointAction.KILL)
    run.publish(left)
    struck = children.fired(Point.MATCH_JUDGED, seconds=20) is not None
    children.hold(*WORKERS)
    parts = halves(meanwhile, len(_POINTS))
    command = StruckCommand(run, "topics grow")
    for point, part in zip(_POINTS, parts, strict=True):
        run.publish(part)
        command.die_at(point)
    command.finish(command.start())
    run.rig.people_partitions = PersonPartitions(1).end
    children.release(*WORKERS)
    children.wait_ready(*WORKERS)
    run.healed()
    run.publish(afterwards)
    return 1 + struck + command.deaths


def _grown_half(run: Run, chunk: Sequence[Sent]) -> int:
    """It was cut off when everybody was carried over; the workers decide on where they did, and it is done again."""
    first, between, meanwhile, afterwards = halves(chunk, 4)
    children = run.rig.children
    run.publish(first)
    run.rig.drain()
    children.hold(*WORKERS)
    command = StruckCommand(run, "topics grow")
    for point, part in ((Point.PEOPLE_AFTER, between), (Point.GROW_CARRIED, meanwhile)):
        command.die_at(point)
        children.release(*WORKERS)
        children.wait_ready(*WORKERS)
        run.publish(part)
        run.rig.drain()
        children.hold(*WORKERS)
    command.finish(command.start())
    run.rig.people_partitions = PersonPartitions(1).end
    children.release(*WORKERS)
    children.wait_ready(*WORKERS)
    run.healed()
    run.publish(afterwards)
    return 1 + command.deaths


def _made_once_more(run: Run, seen: Seen) -> None:
    """People and the ledger follow from the log of all partitions, as they stand."""
    run.left_out += asyncio.run(_differences(run))


async def _differences(run: Run) -> list[str]:
    known = run.rig.told(RebuildEnvironment)
    reference = read_reference(known.reference)
    mac, told = stream_mac(known.stream), list[str]()
    people = await rebuild_person_store(known.kafka, law_of(reference), write=False, say=_nothing, mac=mac)
    if people.findings or people.removed or people.held_hash != people.rebuilt_hash:
        told.append(f"{len(people.findings)} of {people.people} people differ from what follows from the log")
    url = known.database.url.get_secret_value()
    async with rebuilding(known.kafka, url, policy(reference), _nothing, mac) as ledger:
        told += [
            f"{one.table} differs from what follows from the log" for one in ledger.tables if one.differing
        ]
    return told


def _nothing(_: str) -> None:
    """Nobody listens."""


CELLS: Final = tuple(
    Cell(name, Family.KAFKA, work, most_rounds=1, alone=True, amend=_made_once_more)
    for name, work in (
        ("more partitions for people", _grown),
        ("more partitions for people after two cuts", _grown_half),
    )
)
