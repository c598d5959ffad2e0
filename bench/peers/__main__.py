"""``make bench-peers``: match beside its peers, over one backlog, correctness before speed, in alternating rounds."""

import asyncio
import tempfile
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from bench.peers.backlog import spread
from bench.peers.installed import install
from bench.peers.runs import Course, Figures, Peer
from bench.peers.truth import differences, of_todays_rules
from bench.peers.yardstick import COMMIT, check_out, truth
from bench.place import place
from bench.throughput import fill
from config.topics import PERSON_PARTITIONS
from frafaldsvarsel.commands.terminal import note
from models.events.person_event import PersonEvent
from streams.batch_producer import partition_of


def main(
    events: Annotated[int, typer.Option(help="Person events.")] = 60_000,
    people: Annotated[int, typer.Option(help="People that they are about.")] = 20_000,
    rounds: Annotated[int, typer.Option(help="Rounds; the medians count.")] = 5,
    peers: Annotated[str, typer.Option(help="Which peers, separated by commas.")] = ",".join(Peer),
) -> None:
    """Measure."""
    chosen = [Peer(name) for name in peers.split(",")]
    installed, backlog = install(), list(spread(events, people, seed=1))
    records = [
        (
            partition_of(event.person_id, PERSON_PARTITIONS),
            event.person_id.encode(),
            event.model_dump_json(exclude_none=True).encode(),
        )
        for event in backlog
    ]
    figures: dict[Peer, list[Figures]] = {peer: [] for peer in chosen}
    with tempfile.TemporaryDirectory(prefix="frafaldsvarsel-peers-") as folder:
        rules, law = check_out(Path(folder) / "rules"), Path(folder) / "law.json"
        todays, old = of_todays_rules(records), truth(rules, records, law)
        ours, theirs = todays.last, old.last
        differ = sum(ours[one][1] != said[1] for one, said in theirs.items())
        note(f"{len(theirs)} messages; today's rules give {differ} another outcome than those of {COMMIT}")
        for number in range(rounds):
            with place() as here:
                course = Course(here, installed, rules, law, asyncio.run(fill(here, backlog, _person)))
                # Nobody is always first, nor always behind the same peer.
                start = number % len(chosen)
                for peer in chosen[start:] + chosen[:start]:
                    measured, found = course.run(peer)
                    faults = (
                        [] if found is None else differences(todays if peer is Peer.SERVICE else old, found)
                    )
                    if faults:
                        raise SystemExit(f"{peer.label} is wrong, and its speed counts for nothing: {faults}")
                    figures[peer].append(measured)
                    note(
                        f"round {number + 1} of {rounds}: {peer.label}, {events / measured.seconds:,.0f} events/s"
                    )
    _table(figures, events)


def _person(event: PersonEvent) -> bytes:
    """The key that a peer keeps its state by."""
    return event.person_id.encode()


def _table(figures: dict[Peer, list[Figures]], events: int) -> None:
    typer.echo("| | events/s (from–to) | × the hand-written loop | CPU µs an event | × its CPU | MB |")
    typer.echo("|---|---|---|---|---|---|")
    yardstick = figures.get(Peer.HAND, [])
    for peer, runs in figures.items():
        rates = sorted(events / one.seconds for one in runs)
        cpu = median(one.cpu_seconds for one in runs) / events * 1e6
        # Each run against that of its own round: the machine is another one from hour to hour.
        pairs = list(zip(runs, yardstick, strict=bool(yardstick)))
        faster = f"{median(hand.seconds / one.seconds for one, hand in pairs):.2f}" if pairs else ""
        dearer = f"{median(one.cpu_seconds / hand.cpu_seconds for one, hand in pairs):.2f}" if pairs else ""
        typer.echo(
            f"| {peer.label} | {median(rates):,.0f} ({rates[0]:,.0f}–{rates[-1]:,.0f}) | {faster} "
            f"| {cpu:.0f} | {dearer} | {max(one.peak_mb for one in runs):.0f} |"
        )


if __name__ == "__main__":
    typer.run(main)
