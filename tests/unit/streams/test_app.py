"""What the worker asks of its stream engine, whichever that is."""

from datetime import timedelta
from typing import cast

from config.kafka import KafkaSettings
from config.topics import Topic
from models.eligibility.law import Law
from models.events.event_types import InputTopic
from streams.app import build
from streams.intake import Context
from streams.settings import WorkerSettings
from streams.watch import StreamWatch

SETTINGS = WorkerSettings(
    kafka=KafkaSettings(bootstrap_servers="kafka.invalid:9092"),
    instance=None,
    session_timeout=timedelta(seconds=10),
    data_dir="unused",
)


class Heard:
    """Whoever watches."""

    def __init__(self) -> None:
        self.said: list[object] = []

    def assigned(self, partitions: frozenset[tuple[str, int]]) -> None:
        self.said.append(partitions)

    def revoked(self) -> None:
        self.said.append("revoked")

    def tally(self, *_: object) -> None:
        """Not heard here."""


def test_two_agents_read_every_input_and_the_person_events() -> None:
    app = build(SETTINGS, cast(Context, None), cast(Law, None), cast(StreamWatch, Heard()))
    assert {agent.name: set(agent.topics) for agent in app.agents} == {
        "intake": set(map(str, InputTopic)),
        "match": {str(Topic.PERSON_EVENTS)},
    }
    assert all(agent.max_record_batches > 0 for agent in app.agents)


async def test_readiness_hears_of_every_assignment_and_a_shutdown_without_clients_is_quiet() -> None:
    heard = Heard()
    app = build(SETTINGS, cast(Context, None), cast(Law, None), cast(StreamWatch, heard))
    app.on_revoked()
    app.on_assigned(iter([("enrolments", 1), ("person-events", 3)]))
    app.on_revoked()
    app.on_assigned([])
    ours = frozenset({("enrolments", 1), ("person-events", 3)})
    assert heard.said == ["revoked", ours, "revoked", frozenset()]
    await app.on_shutdown()
