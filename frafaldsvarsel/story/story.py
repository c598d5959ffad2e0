"""The story as it is played: acts one after another, each of them records for Kafka.

It says what is sent and in which order; what must come of it is counted apart, in `frafaldsvarsel.story.expected`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle, islice
from pathlib import Path
from typing import Final

from frafaldsvarsel.story.bad import EXPIRED_FROM, EXPIRED_TO, FAULTS, BadRecord, StoryKeys, expired_kid
from frafaldsvarsel.story.cast import Cast, School, load_cast
from frafaldsvarsel.story.pen import Pen
from frafaldsvarsel.story.people import made_up_cpr
from frafaldsvarsel.story.timetable import Phase
from frafaldsvarsel.story.write import TARGET_SHARE, write_cases, write_ordinary
from publisher.local_keys import add_key
from publisher.plain import Binding, Outgoing, PlainEvent, Ready
from publisher.prepare import prepare

Item = PlainEvent | BadRecord
SEED: Final = 20260810
MESSAGES: Final = 5000
FEWEST_STUDENTS: Final = 800
_TITLES: Final = {
    Phase.FACTS: "Summer: who came from the target group, who lives where, who is admitted",
    Phase.FIRST_NIGHTS: "Nights of 11 to 19 August: first messages, some before the enrolment that proves the duty",
    Phase.LATE_FACTS: "20 August: enrolments and homes that are told late",
    Phase.SEPTEMBER: "Nights until 30 September: the bursts, with bad input among them",
    Phase.AUTUMN: "Nights until 13 November: more messages, more bad input",
    Phase.CHANGES: "16 to 19 November: corrections, withdrawals, moves and periods told late",
    Phase.REPEATS: "Repeats: the same again, the same id with other content, and bad input of every kind",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One part of the story. The next one is played when everything of this one has settled."""

    phase: Phase
    title: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole autumn; the same for the same seed, size and cast."""

    acts: Sequence[Act]
    cast: Cast

    @property
    def published(self) -> int:
        """The number of all records, bad ones and repeats included."""
        return sum(len(act.items) for act in self.acts)


def make_story(
    *, seed: int = SEED, messages: int = MESSAGES, students: int | None = None, cast: Cast | None = None
) -> Story:
    """The story with `messages` at-risk messages; four students to a message unless `students` says otherwise."""
    if messages < 1:
        raise ValueError("A story has one message at least.")
    students = students or max(FEWEST_STUDENTS, 4 * messages)
    people = students // TARGET_SHARE
    cast = cast or load_cast()
    pen = Pen(seed=seed, cast=cast, messages=messages)
    write_ordinary(pen, write_cases(pen, people), people, students)
    pages: dict[Phase, list[Item]] = {}
    for phase, page in pen.pages.items():
        page.sort(key=lambda entry: entry[:2])
        pages[phase] = [event for _, _, event in page]
    _repeat(pen, pages, messages, range(people, students))
    _spoil(pen, pages, messages)
    acts = [Act(phase, _TITLES[phase], pages[phase]) for phase in Phase if pages[phase]]
    return Story(tuple(acts), cast)


def ensure_story_keys(data: Path, cast: Cast) -> None:
    """The expired key that one kind of bad input is signed with; call it after `publisher.local_keys.ensure_keys`."""
    number = _careless(cast).number
    add_key(data, number, expired_kid(number), valid_from=EXPIRED_FROM, valid_to=EXPIRED_TO)


def outgoing(items: Iterable[Item], keys: StoryKeys, numbers: Iterator[int] | None = None) -> Iterator[Outgoing]:
    """Kafka records of `items`, each made when it is asked for; `numbers` tells them apart in a publisher's report."""
    for number, item in zip(numbers or count(1), items, strict=False):
        yield Outgoing(number, item.make(keys) if isinstance(item, BadRecord) else ready(item, keys))


def ready(event: PlainEvent, keys: StoryKeys) -> Ready:
    """Some senders use the binary binding, most the structured one."""
    return prepare(
        event,
        signing_key=keys.signing_key(event.sender),
        service_key=keys.service_key(),
        binding=Binding.BINARY if event.sender[-1] in "37" else Binding.STRUCTURED,
    )


def _careless(cast: Cast) -> School:
    """The institution that goes on using a key that is valid no more."""
    return cast.schools[0]


def _repeat(pen: Pen, pages: dict[Phase, list[Item]], messages: int, others: range) -> None:
    """What was sent before comes again: as it was, with other content, and about somebody else."""
    chance = pen.chance
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


def _spoil(pen: Pen, pages: dict[Phase, list[Item]], messages: int) -> None:
    """Every kind of bad input at the end, and the same again in the middle of the bursts."""
    good = _messages(pages)
    number = max(len(FAULTS), messages // 50)
    careless = _careless(pen.cast)
    for place, (reason, spoil) in enumerate(islice(cycle(FAULTS), number)):
        copied = pen.chance.choice(good)
        event = replace(
            copied,
            id=pen.uid(),
            sender=careless.number,
            source=careless.source,
            data={**copied.data, "institution_number": careless.number},
        )
        bad = BadRecord(reason, event, spoil)
        phase = Phase.REPEATS if place < len(FAULTS) else pen.chance.choice((Phase.SEPTEMBER, Phase.AUTUMN))
        pages[phase].insert(pen.chance.randrange(len(pages[phase]) + 1), bad)


def _messages(pages: dict[Phase, list[Item]]) -> list[PlainEvent]:
    nights = (Phase.FIRST_NIGHTS, Phase.SEPTEMBER, Phase.AUTUMN)
    return [item for phase in nights for item in pages[phase] if isinstance(item, PlainEvent)]
