"""Rolling restarts: what counts as delivered once more, what is a fault, and a short form of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.topics import Topic
from streams.engine.batch_transport import MAX_RECORDS
from tests.faults.rig import Rig
from tests.faults.rolling import ALL, BATCH, Restart, Rolled, repeats, roll, with_repeats
from tests.faults.rolling_page import rolling
from tests.faults.verdict import Verdict


@dataclass
class Record:
    """As confluent-kafka gives one."""

    name: Topic
    said: dict[str, Any]
    at: float

    def topic(self) -> str:
        return str(self.name)

    def value(self) -> bytes:
        return json.dumps(self.said).encode()

    def timestamp(self) -> tuple[int, int]:
        return (1, round(self.at * 1000))


def receipt(offset: int, at: float, **more: Any) -> Record:
    origin = {"topic": "benefits", "partition": 1, "offset": offset}
    return Record(Topic.RECEIPTS, {"origin": origin, **more}, at)


def applied(at: float, *offsets: int) -> Record:
    return Record(Topic.APPLIED, {"partition": 3, "entries": [{"offset": one} for one in offsets]}, at)


def test_an_answer_that_was_written_before_is_a_record_that_came_once_more() -> None:
    records = [
        receipt(1, 10),
        receipt(2, 11),
        receipt(2, 12, repeat="retransmission"),  # says something of a record that has its receipt
        receipt(1, 30),
        applied(13, 5, 6),
        applied(31, 6, 7),
    ]
    assert repeats(records) == [30.0, 31.0]
    assert repeats(list(reversed(records))) == [30.0, 31.0]


def test_what_came_once_more_belongs_to_the_restart_before_it() -> None:
    restarts = [Restart("worker-1", 10, 1, 1), Restart("worker-2", 20, 1, 1)]
    assert [one.again for one in with_repeats(restarts, [9.9, 10.0, 19.9, 20.0, 99.0])] == [2, 2]


def test_a_batch_is_what_the_worker_takes_at_once() -> None:
    assert BATCH == MAX_RECORDS


def rolled(*restarts: Restart, **changes: Any) -> Rolled:
    values: dict[str, Any] = {"run": "r", "seconds": 1, "verdict": Verdict(records=9), "unaccounted": 0}
    return Rolled(restarts=restarts or (Restart("ledger-1", 0, 2, 3, 5),), **values | changes)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (rolled(Restart("ledger-1", 0, 30.0, 3)), "took 30 s to end: ledger-1"),
        (rolled(Restart("worker-1", 0, 2, 3, BATCH + 1)), "more than a batch came once more after: worker-1"),
        (rolled(verdict=Verdict(lost=1)), "1 violations"),
        (rolled(verdict=Verdict(copies=2)), "2 mails went out twice"),
        (rolled(unaccounted=3), "3 unaccounted"),
    ],
)
def test_what_must_not_be_is_a_fault(found: Rolled, said: str) -> None:
    [fault] = found.faults
    assert said in fault


def test_the_page_has_the_figures() -> None:
    text = "\n".join(rolling(rolled().figures()))
    assert "**1 times**" in text
    assert "| 5 |" in text
    assert "2.0 s, 2.0 s" in text
    assert rolled().faults == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_process_is_restarted_once_under_load(jars: Path, tmp_path: Path) -> None:
    with Rig(tmp_path, jars) as rig:
        found = roll(rig, len(ALL))
    assert found.faults == []
    assert found.verdict.records > 0
