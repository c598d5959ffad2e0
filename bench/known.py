"""``python -m bench.known``: what an event costs a worker that knows few people, and one that knows very many.

The same events come of as many people: three more facts about each of `PEOPLE`, in random order, on top of what is
known of them. The sizes take turns; where nobody else would be left, a round has brokers of its own. By the clock, and
by the worker's processor time, from the first event to the last acknowledged output: a start is not in it.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from typing import Final

from bench.events import content_of, event_of, person_events
from bench.place import Place, place
from bench.spread import spread
from bench.start import fill_people
from bench.throughput import run_fill
from models.events.person_event import PersonEvent

PEOPLE: Final = 10_000
_EVENTS_EACH: Final = 3
_SECONDS: Final = 600.0


def main() -> None:
    """Print the medians, and the ratio to the smallest number of people."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    told = parser.parse_args()
    found: dict[int, list[tuple[float, float]]] = {people: [] for people in told.people}
    with ExitStack() as stack:
        kept = {people: _filled(stack, people) for people in told.people if people >= PEOPLE * told.rounds}
        for number in range(told.rounds):
            for people, values in found.items():
                with ExitStack() as round_alone:
                    made = kept.get(people) or _filled(round_alone, people)
                    values.append(_one(made, people, number if people in kept else 0))
    few = min(told.people)
    for people, values in found.items():
        clock = [one / other for (one, _), (other, _) in zip(values, found[few], strict=True)]
        spent = [one / other for (_, one), (_, other) in zip(values, found[few], strict=True)]
        print(
            f"{people:>9,} people: {spread([one for one, _ in values], 1)} µs by the clock, "
            f"{spread([one for _, one in values], 1)} µs of processor time an event; "
            f"× {few:,}: {spread(clock, 2)}, {spread(spent, 2)}"
        )


def _filled(stack: ExitStack, people: int) -> Place:
    made = stack.enter_context(place())
    asyncio.run(fill_people(made, people))
    return made


def _one(made: Place, people: int, number: int) -> tuple[float, float]:
    events = run_fill(made, _facts(people, number))
    marks = made.data / f"known-{number}.json"
    given = {"PEER_MARKS": str(marks), "PEER_EVENTS": str(events)}
    with made.worker(("-m", "bench.peers.programs.service"), given) as process:
        process.wait_for(marks, "The worker", _SECONDS)
    said = json.loads(marks.read_text("utf-8"))
    return said["seconds"] / events * 1e6, said["cpu_seconds"] / events * 1e6


def _facts(people: int, number: int) -> Iterator[PersonEvent]:
    """Of each round other people, whom `bench.start.fill_people` has written."""
    chance = random.Random(number)
    everybody = [person for person, _ in groupby(person_events(2 * people, seed=7), attrgetter("person_id"))]
    chosen = random.Random(1).sample(everybody[:people], len(everybody[:people]))
    names = chosen[number * PEOPLE : (number + 1) * PEOPLE] * _EVENTS_EACH
    chance.shuffle(names)
    for place_of, name in enumerate(names):
        kind = chance.choice(("residence", "benefit", "risk"))
        yield event_of(name, content_of(kind, chance), chance, 10_000_000 * (number + 1) + place_of)


if __name__ == "__main__":
    main()
