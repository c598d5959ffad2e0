"""What waits for people is told by kind, and a kind of which nothing waits is 0."""

import psycopg
import pytest

from models.dead_letter import DeadLetterKind
from ops.recovery import metrics
from ops.recovery.figures import for_people


@pytest.fixture
def url(ledger_url: str) -> str:
    """With its tables."""
    return ledger_url


def test_an_empty_service_has_nothing_for_people(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = {(metric, *labels): value for metric, labels, value in for_people(connection)}
    assert {kind: found[metrics.QUARANTINE, kind.value] for kind in DeadLetterKind} == dict.fromkeys(
        DeadLetterKind, 0
    )
    assert found[metrics.UNITS_NOT_REACHED,] == 0
    assert found[metrics.FOR_PEOPLE_AT,] > 1_700_000_000


def test_what_is_refused_is_counted_until_somebody_has_decided(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            'INSERT INTO foreign_records (topic, partition, "offset", appended_at, reason) '
            "SELECT 'decisions', 0, n, now(), 'no_mac' FROM generate_series(1, 3) n"
        )
        found = {(metric, *labels): value for metric, labels, value in for_people(connection)}
        assert found[metrics.QUARANTINE, "foreign"] == 3
        connection.execute(
            "INSERT INTO quarantine (kind, id, since, state, reason, decided_by, because, decided_at) "
            "SELECT 'foreign', 'decisions/0/1', appended_at, 'dismissed', reason, 'me', 'seen', now() "
            'FROM foreign_records WHERE "offset" = 1'
        )
        found = {(metric, *labels): value for metric, labels, value in for_people(connection)}
    assert found[metrics.QUARANTINE, "foreign"] == 2
