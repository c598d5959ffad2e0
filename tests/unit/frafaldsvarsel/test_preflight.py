"""Before it begins a process waits for its servers and says so; what a person must mend stops it."""

import logging

import pytest

from config.database_roles import DatabaseRole
from config.errors import ConfigError
from config.every_environment import EveryEnvironment
from config.settings import load
from frafaldsvarsel import preflight
from frafaldsvarsel.preflight_postgres import postgres
from infra import topic_admin
from tests.unit.config.test_settings import environment


@pytest.fixture
def settings() -> EveryEnvironment:
    # Nothing listens on port 1, and nothing ever lies at this socket.
    return load(
        EveryEnvironment,
        environment(
            KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1",
            DATABASE_URL="postgresql://nobody@/none?host=/nonexistent",
        ),
    )


class Enough(Exception):
    """Ends a wait that would go on."""


def test_it_waits_for_postgresql_longer_each_time_and_says_so(
    settings: EveryEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 7:
            raise Enough

    with caplog.at_level(logging.WARNING), pytest.raises(Enough):
        postgres(settings.database, DatabaseRole.LEDGER, sleep=sleep)
    assert waits == [0.5, 1, 2, 4, 8, 10, 10]
    assert caplog.messages == ["waiting: PostgreSQL does not answer."] * 7


def test_missing_topics_stop_it_and_odd_retention_does_not(
    settings: EveryEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    odd = topic_admin.TopicDifference("Topic receipts: retention.ms is 1, not 2.", fatal=False)
    gone = topic_admin.TopicDifference("Topic people is missing.", fatal=True)
    preflight.judge([odd])
    assert "retention.ms" in caplog.text
    with pytest.raises(ConfigError) as caught:
        preflight.judge([odd, gone])
    said = [str(fault) for fault in caught.value.faults]
    assert said[0] == "Topic people is missing."
    assert "topics apply" in said[-1]
    assert not any("retention" in one for one in said)
