"""The backlog of the peers: a person's events lie far apart, and the person is known again and again.

Of all events 15 % are messages and 1 % exact repeats; every person has one enrolment, and the rest are benefit periods
and residences. All in random order.
"""

import random
from collections.abc import Iterator

from bench.events import content_of, event_of
from models.events.person_event import PersonEvent


def spread(number: int, people: int, seed: int) -> Iterator[PersonEvent]:
    """`number` events of `people`, each with one enrolment while there are events enough."""
    chance = random.Random(seed)
    names = [f"{chance.getrandbits(128):032x}"[:26] for _ in range(people)]
    repeats, messages = number // 100, number * 15 // 100
    plan = [(name, "enrolment") for name in names] + [(chance.choice(names), "risk") for _ in range(messages)]
    while len(plan) < number - repeats:
        plan.append((chance.choice(names), chance.choice(("benefit", "residence"))))
    plan = plan[: number - repeats]
    chance.shuffle(plan)
    events = [
        event_of(name, content_of(kind, chance), chance, place) for place, (name, kind) in enumerate(plan)
    ]
    for place in range(repeats):
        one = chance.choice(events)
        origin = one.origin.model_copy(update={"offset": number + place})
        events.insert(chance.randrange(len(events)), one.model_copy(update={"origin": origin}))
    yield from events
