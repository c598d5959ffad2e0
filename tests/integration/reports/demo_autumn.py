"""The demo's autumn as the ledger has it: the story's own records, judged by the rules, and what units did then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Final

from local.demo.scenario.invalid_records import BadRecord
from local.demo.scenario.story import make_story
from models.eligibility.decision import Outcome
from models.events.person_event import Origin
from publisher.events import PlainEvent
from tests.integration.reports.autumn import LAW, Autumn, react
from tests.unit.local.demo.scenario.test_expected import World
from tests.unit.ops.audit.test_oracle import person_event

_SEED: Final = 11
_RISK: Final = "dk.frafaldsvarsel.dropout-risk.raised"


def told(messages: int) -> Iterator[tuple[datetime, PlainEvent]]:
    """What counts of the story, with the moment at which the brokers have it: neither bad input nor a repeat."""
    known: set[tuple[str, str]] = set()
    for act in make_story(messages=messages, seed=_SEED).acts:
        for number, item in enumerate(act.items):
            if isinstance(item, BadRecord) or "cpr" not in item.data or (item.sender, item.id) in known:
                continue
            known.add((item.sender, item.id))
            yield datetime.fromisoformat(item.time) + timedelta(milliseconds=number), item


def demo_autumn(messages: int) -> tuple[Autumn, list[PlainEvent]]:
    """The same each time; and the records as they were written."""
    rng, autumn, world = Random(_SEED), Autumn(), World(LAW)
    story = sorted(told(messages), key=lambda pair: pair[0])
    raised = {}
    for number, (at, plain) in enumerate(story):
        origin = Origin(topic=plain.type, partition=0, offset=number, appended_at=at)
        event = person_event(plain, origin)
        if plain.type.startswith(_RISK):
            autumn.messages.append(event)
            raised[origin.place] = event
        else:
            autumn.events.append(event)
        said = len(world.log)
        world.apply([event])
        autumn.decisions += [(at, decision) for decision in world.log[said:]]
    for place, decision in world.last.items():
        if decision.verdict.outcome is Outcome.OBLIGED and place in raised:
            react(rng, autumn, raised[place], decision.verdict)
    return autumn, [plain for _, plain in story]
