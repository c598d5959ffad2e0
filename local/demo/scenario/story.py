"""The story as it is played: acts one after another, each of them records for Kafka.

It says what is sent and in which order; what must come of it is counted apart, in `expected`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from local.demo.scenario.duplicates import Item, add_bad_input, add_repeats, careless_school
from local.demo.scenario.event_writer import EventWriter
from local.demo.scenario.institutions import Institutions, load_demo_institutions
from local.demo.scenario.invalid_records import EXPIRED_FROM, EXPIRED_TO, BadRecord, StoryKeys, expired_kid
from local.demo.scenario.timetable import Phase
from local.demo.scenario.totals import add_totals
from local.demo.scenario.write import TARGET_SHARE, write_cases, write_ordinary
from publisher.events import Binding, Outgoing, PlainEvent, Ready
from publisher.key_files import add_key
from publisher.prepare import LATEST, prepare

SEED: Final = 20260810
MESSAGES: Final = 5000
FEWEST_STUDENTS: Final = 800
_TITLES: Final = {
    Phase.FACTS: "Summer: who is admitted, came from where, lives where",
    Phase.FIRST_NIGHTS: "Nights of August: the first messages, some too early",
    Phase.LATE_FACTS: "20 August: enrolments and homes that are told late",
    Phase.SEPTEMBER: "Nights of September: bursts, with bad input in them",
    Phase.AUTUMN: "Nights until 13 November: more of both",
    Phase.CHANGES: "16 November: corrections, withdrawals, moves",
    Phase.REPEATS: "Repeats, conflicts, bad input of every kind, and control totals",
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One part of the story. The next one is played when everything of this one has settled."""

    phase: Phase
    title: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Story:
    """The whole autumn; the same for the same seed, size and cast."""

    acts: Sequence[Episode]
    cast: Institutions

    @property
    def published(self) -> int:
        """The number of all records, bad ones and repeats included."""
        return sum(len(act.items) for act in self.acts)


def make_story(
    *,
    seed: int = SEED,
    messages: int = MESSAGES,
    students: int | None = None,
    cast: Institutions | None = None,
) -> Story:
    """The story with `messages` at-risk messages, and four students to each unless `students` is given."""
    if messages < 1:
        raise ValueError("A story has one message at least.")
    students = students or max(FEWEST_STUDENTS, 4 * messages)
    people = students // TARGET_SHARE
    cast = cast or load_demo_institutions()
    writer = EventWriter(seed=seed, cast=cast, messages=messages)
    write_ordinary(writer, write_cases(writer, people), people, students)
    pages: dict[Phase, list[Item]] = {}
    for phase, page in writer.pages.items():
        page.sort(key=lambda entry: entry[:2])
        pages[phase] = [event for _, _, event in page]
    add_repeats(writer, pages, messages, range(people, students))
    add_bad_input(writer, pages, messages)
    add_totals(writer, pages)
    acts = [Episode(phase, _TITLES[phase], pages[phase]) for phase in Phase if pages[phase]]
    return Story(tuple(acts), cast)


def ensure_story_keys(data: Path, cast: Institutions) -> None:
    """The expired key that one kind of bad input is signed with; for after `key_files.ensure_keys`."""
    number = careless_school(cast).number
    add_key(data, number, expired_kid(number), valid_from=EXPIRED_FROM, valid_to=EXPIRED_TO)


def outgoing(
    items: Iterable[Item], keys: StoryKeys, numbers: Iterator[int] | None = None
) -> Iterator[Outgoing]:
    """Kafka records of `items`, each made when it is asked for; `numbers` tells them apart in a report."""
    for number, item in zip(numbers or count(1), items, strict=False):
        yield Outgoing(number, item.make(keys) if isinstance(item, BadRecord) else ready(item, keys))


def ready(event: PlainEvent, keys: StoryKeys) -> Ready:
    """Some senders use the binary binding, most the structured one; and some have not gone over to version 2 yet."""
    return prepare(
        event,
        signing_key=keys.signing_key(event.sender),
        service_key=keys.service_key(),
        binding=Binding.BINARY if event.sender[-1] in "37" else Binding.STRUCTURED,
        version=1 if event.sender[-1] in "48" else LATEST,
    )
