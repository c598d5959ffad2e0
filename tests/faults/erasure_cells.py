"""People erased under load: the command, the workers, the ledgers and the broker struck anywhere in between.

Whoever has no open task when a round begins may be erased; some of them send anew afterwards, and that counts.
"""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, LiteralString
from uuid import uuid4

import psycopg

from infra.failpoints import FailpointAction, Point
from tests.faults.cells import Cell, Family, Run, halves
from tests.faults.gather import inputs
from tests.faults.observation import Erased, Seen
from tests.faults.postgres_cells import amend_restored, copy_of_database, put_back
from tests.faults.rig import LEDGERS, NOTIFIERS
from tests.faults.struck_command import StruckCommand
from tests.faults.workload import Sent

_PEOPLE: Final = 6
"""Erased at once."""
_AGAIN: Final = 3
"""Of them send anew."""
_ASK: Final[LiteralString] = """
INSERT INTO erasure_requests (id, people, ground, asked_by, approved_by, approved_at)
VALUES (%s, %s, 'tried', 'a cell', 'another cell', now())
"""
_WHO: Final[LiteralString] = """
SELECT min(person_id) FROM applied a WHERE (origin_topic, origin_partition, origin_offset) = (%s, %s, %s)
    AND NOT EXISTS (SELECT FROM tasks t WHERE t.person_id = a.person_id AND t.status = 'open')
    AND NOT EXISTS (SELECT FROM person_joins j WHERE a.person_id IN (j.person_id, j.joined_to))
"""
_NOTICES: Final[LiteralString] = """
SELECT d.id::text FROM deliveries d JOIN tasks t ON t.id = d.task_id WHERE t.person_id = ANY(%s)
"""
_CUT_OFF: Final[LiteralString] = "SELECT erased_before FROM erasure_requests WHERE id = %s"
_DONE: Final[LiteralString] = "SELECT done_at IS NOT NULL FROM erasure_requests WHERE id = %s"
_TABLES: Final[LiteralString] = """
SELECT quote_ident(table_name) FROM information_schema.tables
WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'
"""
_OF_COMMAND: Final = (
    Point.ERASE_CUT_OFF,
    Point.ERASE_TOLD,
    Point.ERASE_FORGOTTEN,
    Point.ERASE_BURYING,
    Point.OUTPUT_HALF,
    Point.ERASE_BURIED,
)
_OF_SERVICE: Final = (
    Point.MATCH_JUDGED,
    Point.OUTPUT_HALF,
    Point.PEOPLE_AFTER,
    Point.LEDGER_BEFORE_COMMIT,
    Point.LEDGER_COMMITTED,
)


def _erase(
    run: Run, chunk: Sequence[Sent], *, injure: Callable[[Run, StruckCommand], int], before: bool = False
) -> int:
    """Half the records, then the erasure under the other half, then what some of those people send anew.

    `before`: the injury must be set before the command starts.
    """
    first, second = halves(chunk)
    run.publish(first)
    run.rig.drain()
    request, people = _ask(run, first, second)
    command = StruckCommand(run, "erase run")
    process = None if before else command.start()
    run.publish(halves(second)[0])
    struck = injure(run, command)
    run.healed()
    command.finish(process or command.start())
    struck += command.deaths
    _note(run, request, people)
    run.publish([*halves(second)[1], *_anew(run, list(people)[:_AGAIN])])
    return struck


def _ask(run: Run, sent: Sequence[Sent], coming: Sequence[Sent]) -> tuple[str, dict[str, str]]:
    """CPR and pseudonym of some who have no open task, and get none by what is `coming`; asked and approved."""
    people: dict[str, str] = {}
    with run.rig.connect() as connection:
        for cpr, place in _places(run, sent, coming).items():
            row = connection.execute(_WHO, place).fetchone()
            if row and row[0] and row[0] != "erased" and len(people) < _PEOPLE:
                people[cpr] = row[0]
        request = uuid4()
        connection.execute(_ASK, (request, sorted(people.values())))
        rows = connection.execute(_NOTICES, (list(people.values()),)).fetchall()
        run.notices_erased |= {name for (name,) in rows}
    return str(request), people


def _places(run: Run, sent: Sequence[Sent], coming: Sequence[Sent]) -> dict[str, tuple[str, int, int]]:
    taken = {one.cpr for one in run.erased}
    wanted = (
        {one.cpr for one in sent} - {one.cpr for one in coming} - taken - _shared([*run.published, *coming])
    )
    found = inputs(run.rig, run.marks, run.published)
    return {one.sent.cpr: one.place for one in found if one.sent.cpr in wanted and one.sent.event is not None}


def _shared(sent: Sequence[Sent]) -> set[str]:
    """Whoever is named for another person by an id, or has another number: what is theirs alone cannot be said."""
    owners: dict[str, set[str]] = {}
    for one in sent:
        if one.event is not None:
            owners.setdefault(one.event.id, set()).add(one.cpr)
            if (new := one.event.data.get("new_cpr")) is not None:
                owners[f"join {new}"] = {one.cpr, new}
    return {cpr for group in owners.values() if len(group) > 1 for cpr in group}


def _note(run: Run, request: str, people: Mapping[str, str]) -> None:
    with run.rig.connect() as connection:
        row = connection.execute(_CUT_OFF, (request,)).fetchone()
        done = connection.execute(_DONE, (request,)).fetchone()
    if row is None or row[0] is None or done != (True,):
        run.left_out.append("an erasure has no cut-off, or is not noted as done")
        return
    cut_off: datetime = row[0]
    run.erased += [Erased(cpr, person, cut_off) for cpr, person in people.items()]
    run.told.append(f"{len(people)} people erased")


def _anew(run: Run, people: Sequence[str]) -> list[Sent]:
    """They begin an education again, and another institution is worried."""
    found = []
    for cpr in people:
        pen = run.rig.load.next_pen()
        pen.cpr = cpr
        found += [run.rig.load.sent(event) for event in pen.whole()]
    return found


def _command_killed(run: Run, command: StruckCommand, *, point: Point) -> int:
    """Before it starts; the deaths are counted where it is run again."""
    command.strike(point)
    return 0


def _service_killed(run: Run, command: StruckCommand, *, point: Point) -> int:
    run.rig.children.strike(point, FailpointAction.KILL)
    return int(run.rig.children.fired(point, seconds=20.0) is not None)


def _broker_killed(run: Run, command: StruckCommand) -> int:
    run.rig.broker.kill()
    time.sleep(1)
    run.rig.broker.start()
    run.rig.broker.wait_ready()
    return 1


def _ledgers_killed(run: Run, command: StruckCommand) -> int:
    for name in LEDGERS:
        run.rig.children.signal(name, signal.SIGKILL)
    return len(LEDGERS)


def _restored(run: Run, chunk: Sequence[Sent]) -> int:
    """The backup is from before the erasure: whoever was erased stands in it, until the ledger has read on."""
    rig = run.rig
    first, second = halves(chunk)
    run.publish(first)
    rig.drain()
    rig.children.hold(*LEDGERS, *NOTIFIERS)
    copy_of_database(rig)
    rig.children.release(*LEDGERS, *NOTIFIERS)
    request, people = _ask(run, first, second)
    command = StruckCommand(run, "erase run")
    command.finish(command.start())
    _note(run, request, people)
    run.publish([*halves(second)[0], *_anew(run, list(people)[:_AGAIN])])
    rig.drain()
    rig.children.hold(*LEDGERS, *NOTIFIERS)
    with rig.connect() as connection:
        run.gone_from_books = {str(one) for (one,) in connection.execute("SELECT id FROM deliveries")}
    put_back(rig)
    with rig.connect() as connection:
        back = _rows_naming(connection, list(people.values()))
    if not back:
        run.left_out.append("the backup names nobody who was erased: it shows nothing")
    rig.children.release(*LEDGERS, *NOTIFIERS)
    again = StruckCommand(run, "erase again")
    again.finish(again.start())
    run.healed()
    run.publish(halves(second)[1])
    return 1


def amend(run: Run, seen: Seen) -> None:
    """Hand the judge who is erased, and where they are still named; what went out to units before is no phantom."""
    seen.erased = {one.cpr: one for one in run.erased}
    seen.mails = [
        mail for mail in seen.mails if mail.message_id.partition("@")[0].lstrip("<") not in run.notices_erased
    ]
    with run.rig.connect() as connection:
        seen.named = _rows_naming(connection, [one.person_id for one in run.erased])


def _rows_naming(connection: psycopg.Connection[Any], people: Sequence[str]) -> list[tuple[str, str]]:
    """Table and pseudonym, of every row of every table; bytes are read as text."""
    found = []
    for (table,) in connection.execute(_TABLES).fetchall():
        columns = "t::text"
        if table == "outbox":
            columns = "t.key || convert_from(t.value, 'UTF8')"
        query = f"SELECT p FROM {table} t JOIN unnest(%s::text[]) p ON position(p in {columns}) > 0"  # noqa: S608 - our own names
        found += [(table, person) for (person,) in connection.execute(query.encode(), (list(people),))]
    return found


def _amend_restored(run: Run, seen: Seen) -> None:
    amend_restored(run, seen)
    amend(run, seen)


def _cell(name: str, injure: Callable[[Run, StruckCommand], int], *, before: bool = False) -> Cell:
    work = partial(_erase, injure=injure, before=before)
    return Cell(name, Family.ERASURE, work, most_rounds=2, amend=amend)


CELLS: Final = (
    *(
        _cell(f"erasing command killed at {point}", partial(_command_killed, point=point), before=True)
        for point in _OF_COMMAND
    ),
    *(
        _cell(f"kill at {point} while people are erased", partial(_service_killed, point=point))
        for point in _OF_SERVICE
    ),
    _cell("both ledgers killed while people are erased", _ledgers_killed),
    _cell("broker killed while people are erased", _broker_killed),
    Cell(
        "a backup from before an erasure restored",
        Family.ERASURE,
        _restored,
        most_rounds=1,
        amend=_amend_restored,
    ),
)
