"""One small story and local keys for it; and, for a whole story, what intake makes of each record."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.reference.law import law_of
from config.senders import SenderRegister, base_senders
from local.demo.scenario.duplicates import Item
from local.demo.scenario.invalid_records import BadRecord
from local.demo.scenario.story import Story, ensure_story_keys, make_story, outgoing
from models.eligibility.law import Law
from models.events.person_event import PersonEvent
from models.events.simple_event import SimpleOrigin
from publisher.key_files import ensure_keys
from publisher.keys import KeyFolder
from streams.intake import Context, InputRecord
from tests.keys import stored_keys
from tests.reference import SHIPPED
from tests.unit.streams.written_answer import WrittenAnswer, judged

FIRST_APPENDED = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """An item of the story and what intake said of its record."""

    act: int
    item: Item
    taken: WrittenAnswer

    @property
    def event(self) -> PersonEvent | None:
        """The person event, where the record was accepted."""
        return self.taken.event

    @property
    def wanted(self) -> str | None:
        """The reason for which a bad record must be refused."""
        return self.item.reason.value if isinstance(self.item, BadRecord) else None


@pytest.fixture(scope="session")
def law() -> Law:
    return law_of(SHIPPED)


@pytest.fixture(scope="session")
def story() -> Story:
    return make_story(messages=300, seed=11)


@pytest.fixture(scope="session")
def data(story: Story, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with keys for every sender of the story."""
    folder = tmp_path_factory.mktemp("data")
    ensure_keys(folder, base_senders(SHIPPED))
    ensure_story_keys(folder, story.cast)
    return folder


@pytest.fixture(scope="session")
def answers(story: Story, data: Path) -> Sequence[Answer]:
    """The whole story through sealing, signing and intake, in the order in which it is published."""
    service = stored_keys(data)
    context = Context(
        register=SenderRegister(data / "senders"),
        vault=service.vault,
        opening_keys=service.opening_keys,
        clock_tolerance=timedelta(minutes=5),
    )
    keys = KeyFolder(data / "keys")
    offsets: defaultdict[str, int] = defaultdict(int)
    found = []
    appended = FIRST_APPENDED
    for number, act in enumerate(story.acts):
        for item, record in zip(act.items, outgoing(act.items, keys), strict=True):
            appended += timedelta(milliseconds=1)
            topic = record.ready.topic
            origin = SimpleOrigin(topic, 0, offsets[topic], appended)
            offsets[topic] += 1
            taken = judged(InputRecord(origin, record.ready.value, record.ready.headers), context)
            found.append(Answer(number, item, taken))
    return found
