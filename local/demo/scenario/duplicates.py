"""Adds what goes wrong between systems: repeats of every kind, and input that intake must refuse."""

from dataclasses import replace
from itertools import cycle, islice

from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.institutions import Institutions, School
from local.demo.scenario.invalid_records import FAULTS, BadRecord
from local.demo.scenario.people import made_up_cpr
from local.demo.scenario.timetable import Phase
from publisher.events import PlainEvent

Item = PlainEvent | BadRecord


def careless_school(cast: Institutions) -> School:
    """The institution that goes on using a key that is valid no more."""
    return cast.schools[0]


def add_repeats(writer: EventWriter, pages: dict[Phase, list[Item]], messages: int, others: range) -> None:
    """What was sent before comes again: as it was, with other content, and about somebody else."""
    chance = writer.chance
    facts = [item for item in pages[Phase.FACTS] if isinstance(item, PlainEvent)]
    warnings = _messages(pages)
    again: list[Item] = []
    again += chance.choices(warnings, k=max(2, messages // 80))
    again += chance.choices(facts, k=max(2, messages // 100))
    for event in chance.choices(warnings, k=max(2, messages // 250)):
        again.append(_but(event, severity="high" if event.data["severity"] != "high" else "low"))
    for event in chance.choices(warnings, k=max(2, messages // 250)):
        again.append(_but(event, cpr=made_up_cpr(chance.choice(others))))
    enrolments = [event for event in facts if "study_start" in event.data]
    for event in chance.choices(enrolments, k=max(2, messages // 500)):
        again.append(_but(event, study_start="2026-01-19"))
    for event in chance.choices(enrolments, k=max(2, messages // 500)):
        again.append(_but(event, cpr=made_up_cpr(chance.choice(others))))
    chance.shuffle(again)
    pages[Phase.REPEATS] += again


def _but(event: PlainEvent, **fields: str) -> PlainEvent:
    return replace(event, data={**event.data, **fields})


def add_bad_input(writer: EventWriter, pages: dict[Phase, list[Item]], messages: int) -> None:
    """Every kind of bad input at the end, and the same again in the middle of the bursts."""
    good = _messages(pages)
    number = max(len(FAULTS), messages // 50)
    careless = careless_school(writer.cast)
    for place, (reason, spoil) in enumerate(islice(cycle(FAULTS), number)):
        copied = writer.chance.choice(good)
        event = replace(
            copied,
            id=writer.uid(),
            sender=careless.number,
            source=careless.source,
            data={**copied.data, "institution_number": careless.number},
        )
        bad = BadRecord(reason, event, spoil)
        phase = (
            Phase.REPEATS if place < len(FAULTS) else writer.chance.choice((Phase.SEPTEMBER, Phase.AUTUMN))
        )
        pages[phase].insert(writer.chance.randrange(len(pages[phase]) + 1), bad)


def _messages(pages: dict[Phase, list[Item]]) -> list[PlainEvent]:
    nights = (Phase.FIRST_NIGHTS, Phase.SEPTEMBER, Phase.AUTUMN)
    return [item for phase in nights for item in pages[phase] if isinstance(item, PlainEvent)]
