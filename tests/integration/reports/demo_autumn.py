"""The demo's autumn: the story's own records, each with the moment at which the brokers have it, and more who leave."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from local.demo.scenario.invalid_records import BadRecord
from local.demo.scenario.story import make_story
from publisher.events import PlainEvent

_SEED: Final = 11
_ENROLMENT: Final = "dk.frafaldsvarsel.enrolment"
_REASONS: Final = ("dropped_out", "dropped_out", "dropped_out", "transferred", "completed", "other")


def told(messages: int) -> Iterator[tuple[datetime, PlainEvent]]:
    """What counts of the story: neither bad input nor a repeat."""
    known: set[tuple[str, str]] = set()
    rng = Random(_SEED)
    for act in make_story(messages=messages, seed=_SEED).acts:
        for number, item in enumerate(act.items):
            if isinstance(item, BadRecord) or (item.sender, item.id) in known:
                continue
            known.add((item.sender, item.id))
            yield datetime.fromisoformat(item.time) + timedelta(milliseconds=number), item
            # In the story few leave: too few for a figure that anybody may see.
            if item.type.startswith(f"{_ENROLMENT}.registered") and rng.random() < 0.4:
                yield _end(rng, item)


def _end(rng: Random, item: PlainEvent) -> tuple[datetime, PlainEvent]:
    """Told the day after; before, where the school knew it, or long after."""
    left = date.fromisoformat(item.data["study_start"]) + timedelta(
        days=rng.choice((-3, 0, 5, 20, 30, 31, 60, 91, 95))
    )
    registered = datetime.fromisoformat(f"{left + timedelta(days=rng.choice((1, 1, 1, 40)))}T07:30:00+02:00")
    at = max(registered, datetime.fromisoformat(item.time) + timedelta(hours=1))
    data = {
        "cpr": item.data["cpr"],
        "institution_number": item.data["institution_number"],
        "enrolment_id": item.data["enrolment_id"],
        "ended_on": left.isoformat(),
        "reason": rng.choice(_REASONS),
    }
    ended = PlainEvent(
        type=f"{_ENROLMENT}.ended.v1",
        id=f"{item.id[:-1]}{'0' if item.id[-1] != '0' else '1'}",
        sender=item.sender,
        source=item.source,
        time=at.isoformat(),
        data=data,
    )
    return at, ended
