"""People who were named for one another: the service struck while a subject goes from one of them to the other."""

import json
import signal
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import zip_longest
from typing import Any, Final, LiteralString

import psycopg
from confluent_kafka import Producer

from config.topics import Topic
from infra.failpoints import FailpointAction, Point
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.judge import names_nothing
from tests.faults.kafka_log import QUIET, read
from tests.faults.observation import Place, Seen
from tests.faults.pairs import draw_pairs, mistyped_ends
from tests.faults.rig import LEDGERS
from tests.faults.service_cells import strike
from tests.faults.workload import Sent

_PATIENCE: Final = 30.0
_LOOK_SECONDS: Final = 0.01
_GRACE: Final = timedelta(hours=73)
"""More than an event may wait for what it names."""
_UNTOLD: Final = "SELECT count(*) FROM outbox WHERE sent_at IS NULL AND id LIKE 'across|%'"
_MOVED: Final = """
SELECT count(*) FROM (SELECT FROM subjects WHERE counts AND says IS NULL AND kind <> 'message'
    AND recorded_at > now() - interval '5 minutes'
    GROUP BY kind, name, sender HAVING count(DISTINCT person_id) > 1) AS moved
"""
_AGE: Final = """
UPDATE subjects SET recorded_at = recorded_at - %s WHERE names_nothing AND told_at IS NULL
RETURNING topic, partition, "offset"
"""
_NAMING_NOTHING: Final = 'SELECT topic, partition, "offset" FROM subjects WHERE names_nothing'
_COPIES: Final = 3
_MISTYPED: Final = 6
_POINTS: Final = (
    Point.MATCH_JUDGED,
    Point.OUTPUT_HALF,
    Point.PEOPLE_AFTER,
    Point.LEDGER_BEFORE_COMMIT,
    Point.LEDGER_COMMITTED,
    Point.OUTBOX_SENT,
)


def _struck(run: Run, chunk: Sequence[Sent], *, point: Point, times: int) -> int:
    """Killed at the point, among pairs and others."""
    return strike(run, _pairs(run, chunk), point=point, action=FailpointAction.KILL, times=times)


def _untold(run: Run, chunk: Sequence[Sent]) -> int:
    """Both ledgers are killed as soon as the books say that something is another person's, and tell nobody for a while.

    By chance match has been told already: then once more, with the next.
    """
    waited = 0
    with run.rig.connect() as connection:
        known = _count(connection, _MOVED)
        run.publish(_pairs(run, chunk))
        deadline = time.monotonic() + _PATIENCE
        while not waited and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            if (moved := _count(connection, _MOVED)) > known:
                for name in LEDGERS:
                    run.rig.children.signal(name, signal.SIGKILL)
                waited, known = _count(connection, _UNTOLD), moved
    run.healed()
    if waited:
        run.told.append("both ledgers were dead while words to people's records waited in the outbox")
    return min(waited, 1)


def _count(connection: psycopg.Connection[Any], query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _said_again(run: Run, chunk: Sequence[Sent]) -> int:
    """Everything that the ledger has told of subjects is told again, in order and the other way round."""
    before, after = halves(_pairs(run, chunk))
    first = run.rig.ends([Topic.PERSON_EVENTS])
    run.publish(before)
    run.rig.drain()
    ends = run.rig.ends([Topic.PERSON_EVENTS])
    words = [
        message
        for message in read(run.rig.direct, {place: (first[place], ends[place]) for place in ends})
        if json.loads(message.value() or b"{}")["content"]["kind"].startswith("subject.")
    ]
    run.publish(after)
    producer = Producer({"bootstrap.servers": run.rig.direct, "linger.ms": 5, **QUIET})
    for turn in range(_COPIES):
        for word in words if turn % 2 else reversed(words):
            place = word.partition()
            producer.produce(
                Topic.PERSON_EVENTS, word.value(), word.key(), place, headers=word.headers() or []
            )
    if producer.flush(30):
        run.left_out.append("the broker did not take the copies")
    run.healed()
    return len(words)


class _NamingNothing:
    """The ledger is killed when it tells senders that what they have ended is nobody's."""

    def __init__(self, point: Point) -> None:
        self._point = point
        self._due: set[Place] = set()

    def round(self, run: Run, chunk: Sequence[Sent]) -> int:
        run.publish(mistyped_ends(run.rig.load, _MISTYPED))
        run.rig.drain()
        run.rig.children.strike(self._point, FailpointAction.KILL)
        with run.rig.connect() as connection:
            aged = set(connection.execute(_AGE, (_GRACE,)).fetchall())
        self._due |= aged
        run.publish(chunk)
        pid = run.rig.children.fired(self._point, seconds=_PATIENCE)
        run.healed()
        return 0 if pid is None or not aged else 1

    def all_told(self, run: Run, seen: Seen) -> None:
        """Each that was due is told, and no other; what names nothing in the books does so by the oracle too."""
        expected = names_nothing(seen.inputs, run.rig.rules.law)
        of_cell = {logged.place for logged in seen.inputs}
        with run.rig.connect() as connection:
            rows = connection.execute(_NAMING_NOTHING).fetchall()
        noted = set(rows) & of_cell
        if noted != expected:
            run.left_out.append(f"{len(noted ^ expected)} events name nothing by one account alone")
        ends = run.rig.ends([Topic.RECEIPTS])
        places = {at: (run.marks.ends[at], ends[at]) for at in ends}
        told = []
        for message in read(run.rig.direct, places):
            value = json.loads(message.value() or b"{}")
            if "names_nothing" in value:
                origin = value["origin"]
                told.append((origin["topic"], origin["partition"], origin["offset"]))
        # What was due and names something by now may have been told before it did.
        missing, wrong = self._due & expected - set(told), set(told) & of_cell - self._due
        if missing or wrong:
            run.left_out.append(f"{len(missing)} senders were never told, and {len(wrong)} before it was due")
        run.told.append(f"{len(set(told))} events name nothing; {len(told)} receipts say so")


def _pairs(run: Run, chunk: Sequence[Sent]) -> list[Sent]:
    """As many again, of people who are mixed up."""
    pairs = draw_pairs(run.rig.load, len(chunk))
    both = zip_longest(chunk, pairs)
    return [one for two in both for one in two if one is not None]


def _naming_nothing(point: Point) -> Cell:
    cell = _NamingNothing(point)
    return Cell(
        f"kill at {point} while events name nothing",
        Family.SERVICE,
        cell.round,
        most_rounds=10,
        amend=cell.all_told,
    )


def _cell(
    name: str, work: Callable[[Run, Sequence[Sent]], int], *, per_round: int = 1, most: int = 10
) -> Cell:
    return Cell(name, Family.SERVICE, work, per_round=per_round, most_rounds=most)


CELLS: Final = (
    *(
        _cell(
            f"kill at {point} while people are mixed up", partial(_struck, point=point, times=2), per_round=2
        )
        for point in _POINTS
    ),
    _cell("ledgers killed before a move is told", _untold),
    _cell("what was told of subjects is told again", _said_again, per_round=20, most=3),
    *(
        _naming_nothing(point)
        for point in (Point.LEDGER_BEFORE_COMMIT, Point.LEDGER_COMMITTED, Point.OUTBOX_SENT)
    ),
)
