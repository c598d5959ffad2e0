"""What events are about, across people."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from ledger.store import subjects
from tests.simulation.faults import Mutation
from tests.simulation.statements.server import Result, Row, Server, statement

_NAMED: Final = (
    "topic", "partition", "offset", "person_id", "kind", "name", "sender", "event_id", "registered_at", "rank",
    "appended_at", "says",
)  # fmt: skip
_SHOWN: Final = (*_NAMED, "counts")


def _shown(rows: Iterable[Row]) -> Result:
    found = [{name: row[name] for name in _SHOWN} for row in rows]
    return found, len(found)


def _place(row: Row) -> tuple[str, int, int]:
    return (row["topic"], row["partition"], row["offset"])


def _order(row: Row) -> tuple[Any, ...]:
    return (row["registered_at"], row["rank"], row["appended_at"], *_place(row))


def _one_order(row: Row) -> tuple[Any, ...]:
    return (_order(row), row["person_id"])


@statement(subjects.ADD)
def _add_subjects(server: Server, columns: tuple[list[Any], ...]) -> Result:
    table, new = server.tables["subjects"], []
    for values in zip(*columns, strict=True):
        row = dict(zip(_NAMED, values, strict=True))
        key = (*_place(row), row["person_id"])
        if key in table:
            continue
        row["says"] = None if row["says"] is None else orjson.loads(row["says"])
        counts = _place(row) not in server.tables["repeats"]
        row |= {"counts": counts, "names_nothing": counts and row["says"] is not None}
        table[key] = row | {"recorded_at": server.now, "told_at": None}
        new.append(row)
    return _shown(new)


@statement(subjects.STRIKE)
def _strike_subjects(server: Server, columns: tuple[list[Any], ...]) -> Result:
    places, table = set(zip(*columns, strict=True)), server.tables["subjects"]
    gone = [key for key, row in table.items() if _place(row) in places and row["counts"]]
    for key in gone:
        table[key] = {**table[key], "counts": False, "names_nothing": False}
    return _shown(table[key] for key in gone)


@statement(subjects.FORGET)
def _forget_subjects(server: Server, values: tuple[list[str], list[datetime]]) -> Result:
    (person,), (before,) = values
    table = server.tables["subjects"]
    gone = [key for key, row in table.items() if row["person_id"] == person and row["appended_at"] < before]
    return _shown([table.pop(key) for key in gone])


def _speaking(server: Server, kind: str, name: str, sender: str, *, takes_back: bool) -> Iterator[Row]:
    for row in server.tables["subjects"].values():
        named = (row["kind"], row["name"], row["sender"]) == (kind, name, sender)
        if row["counts"] and named and (row["says"] is not None) == takes_back:
            yield row


@statement(subjects.SHARED)
def _shared_subjects(server: Server, columns: tuple[list[Any], ...]) -> Result:
    counted = Counter[int]()
    for nth, *named in zip(*columns, strict=True):
        for takes_back in (False, True):
            counted[nth] += len(list(_speaking(server, *named, takes_back=takes_back)))
    found = [{"nth": nth} for nth, number in counted.items() if number > 1]
    return found, len(found)


@statement(subjects.FIRSTS)
def _first_subjects(server: Server, columns: tuple[list[Any], ...]) -> Result:
    found = []
    for kind, name, sender in zip(*columns, strict=True):
        said = [row["appended_at"] for row in _speaking(server, kind, name, sender, takes_back=False)]
        if said:
            found.append({"kind": kind, "name": name, "sender": sender, "appended_at": min(said)})
    return found, len(found)


def _beside(
    server: Server, columns: tuple[list[Any], ...], pick: Callable[[list[Row], tuple[Any, ...]], Row | None]
) -> Result:
    found = []
    for nth, kind, name, sender, *order in zip(*columns, strict=True):
        row = pick(list(_speaking(server, kind, name, sender, takes_back=False)), tuple(order))
        if row is not None:
            found.append({"nth": nth, **{key: row[key] for key in _SHOWN}})
    return found, len(found)


@statement(subjects.BEFORE)
def _before(server: Server, columns: tuple[list[Any], ...]) -> Result:
    return _beside(
        server,
        columns,
        lambda rows, at: max((row for row in rows if _order(row) < at), key=_one_order, default=None),
    )


@statement(subjects.BEHIND)
def _behind(server: Server, columns: tuple[list[Any], ...]) -> Result:
    if server.mutation is Mutation.MOVE_NOT_TOLD:
        return [], 0
    return _beside(
        server,
        columns,
        lambda rows, at: min((row for row in rows if _order(row) > at), key=_one_order, default=None),
    )


@statement(subjects.LAST_STATED)
def _last_stated(server: Server, columns: tuple[list[Any], ...]) -> Result:
    return _beside(server, columns, lambda rows, _: max(rows, key=_one_order, default=None))


@statement(subjects.LAST_TAKEN_BACK)
def _last_taken_back(server: Server, columns: tuple[list[Any], ...]) -> Result:
    found = []
    for nth, kind, name, sender, since in zip(*columns, strict=True):
        rows = _speaking(server, kind, name, sender, takes_back=True)
        row = max((row for row in rows if row["appended_at"] >= since), key=_one_order, default=None)
        if row is not None:
            found.append({"nth": nth, **{key: row[key] for key in _SHOWN}})
    return found, len(found)


def _names(server: Server, columns: tuple[list[Any], ...], *, nothing: bool) -> Result:
    table = server.tables["subjects"]
    voices = list(zip(*columns, strict=True))
    changed = [
        key
        for key, row in table.items()
        if row["counts"] and row["says"] is not None and row["names_nothing"] != nothing
        if any(
            (row["kind"], row["name"], row["sender"]) == tuple(named) and row["appended_at"] >= since
            for *named, since in voices
        )
    ]
    for key in changed:
        table[key] = {**table[key], "names_nothing": nothing}
    return [], len(changed)


@statement(subjects.NAMES_SOMETHING)
def _names_something(server: Server, columns: tuple[list[Any], ...]) -> Result:
    return _names(server, columns, nothing=False)


@statement(subjects.NAMES_NOTHING_AGAIN)
def _names_nothing_again(server: Server, columns: tuple[list[Any], ...]) -> Result:
    return _names(server, columns, nothing=True)


@statement(subjects.TOLD_BECAUSE_OF)
def _told_because_of(server: Server, values: tuple[list[str]]) -> Result:
    grounds = set(values[0])
    found = [
        {"ground": row["id"].split("|")[1], "key": row["key"]}
        for row in server.tables["outbox"].values()
        if row["id"].startswith("across|") and row["id"].split("|")[1] in grounds
    ]
    return found, len(found)


@statement(subjects.UNTOLD)
def _untold(server: Server, values: tuple[timedelta]) -> Result:
    due: datetime = server.now - values[0]
    names = ("topic", "partition", "offset", "appended_at", "kind", "sender", "event_id")
    found = [
        {name: row[name] for name in names}
        for row in server.tables["subjects"].values()
        if row["names_nothing"] and row["told_at"] is None and row["recorded_at"] < due
    ][:500]
    return found, len(found)


@statement(subjects.TOLD)
def _told_subjects(server: Server, columns: tuple[list[Any], ...]) -> Result:
    places, table = set(zip(*columns, strict=True)), server.tables["subjects"]
    told = [key for key, row in table.items() if _place(row) in places]
    for key in told:
        table[key] = {**table[key], "told_at": server.now}
    return [], len(told)
