"""Ids that were used twice."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from ledger.consume import duplicates
from ledger.store.erasures import ERASED
from tests.simulation.faults import Mutation
from tests.simulation.statements.server import Result, Row, Server, statement


@statement(duplicates.FIND)
def _find(server: Server, values: tuple[list[str], list[str]]) -> Result:
    touched = set(zip(*values, strict=True))
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in server.tables["receipts"].values():
        name = (row["sender"], row["event_id"])
        if row["status"] == "accepted" and name in touched:
            groups[name].append(row)
    changed: list[Row] = []
    table = server.tables["repeats"]
    for (sender, event_id), rows in sorted(groups.items()):
        first, *others = sorted(rows, key=_order)
        for row in others:
            place = _place(row)
            kind = "duplicate" if _hashes(row) & _hashes(first) else "conflict"
            known = table.get(place)
            if known is not None and known["kind"] == kind:
                continue
            named = dict(zip(("topic", "partition", "offset"), place, strict=True))
            new = {**named, "sender": sender, "event_id": event_id, "kind": kind}
            table[place] = {**new, "resolved_at": None}
            changed.append({**new, "appended_at": row["appended_at"]})
    return changed, len(changed)


def _hashes(row: Row) -> set[str]:
    return {row[name] for name in ("fingerprint", "fingerprint_utc") if row[name] is not None}


def _place(row: Row) -> tuple[str, int, int]:
    return (row["topic"], row["partition"], row["offset"])


def _order(row: Row) -> tuple[datetime, str, int, int]:
    return (row["appended_at"], *_place(row))


@statement(duplicates.OPEN)
def _open_repeats(server: Server, _: None) -> Result:
    found = {
        (row["sender"], row["event_id"])
        for row in server.tables["repeats"].values()
        if row["kind"] == "conflict" and row["resolved_at"] is None
    }
    if server.mutation is Mutation.REFUSAL_NOT_TOLD:
        return [], 0
    return [{"sender": sender, "event_id": event_id} for sender, event_id in sorted(found)], len(found)


@statement(duplicates.DUPLICATES)
def _open_duplicates(server: Server, _: None) -> Result:
    """A join: a row for each pair of entries, where match has applied a record more than once."""
    receipts = server.tables["receipts"]
    people = _applied_to(server)
    held = {_place(row) for row in server.tables["subjects"].values()}
    found: list[dict[str, Any]] = []
    for place, row in server.tables["repeats"].items():
        if row["kind"] != "duplicate" or row["resolved_at"] is not None:
            continue
        same = [
            one
            for one in receipts.values()
            if one["status"] == "accepted"
            and (one["sender"], one["event_id"]) == (row["sender"], row["event_id"])
        ]
        first = _place(min(same, key=_order))
        found += [
            {
                **{name: row[name] for name in ("topic", "partition", "offset")},
                "appended_at": receipts[place]["appended_at"],
                "person_id": person,
                "?column?": None if one is None else one == ERASED and first not in held,
            }
            for person in people.get(place, [None])
            for one in people.get(first, [None])
        ]
    if server.mutation is Mutation.REFUSAL_NOT_TOLD:
        return [], 0
    return found, len(found)


def _applied_to(server: Server) -> dict[tuple[str, int, int], list[str | None]]:
    """By record, the people of its entries."""
    people: dict[tuple[str, int, int], list[str | None]] = defaultdict(list)
    for entry in server.tables["applied"].values():
        origin = (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
        people[origin].append(entry["person_id"])
    return people


@statement(duplicates.NAMESAKES)
def _namesakes(server: Server, values: tuple[list[str], list[str]]) -> Result:
    wanted = set(zip(*values, strict=True))
    applied = sorted(
        server.tables["applied"].values(),
        key=lambda row: (row["person_id"] == ERASED, row["partition"], row["offset"]),
    )
    people: dict[tuple[str, int, int], str] = {}
    later: dict[tuple[str, int, int], str] = {}
    for entry in applied:
        origin = (entry["origin_topic"], entry["origin_partition"], entry["origin_offset"])
        people.setdefault(origin, entry["person_id"])
    found = [
        row
        for row in server.tables["receipts"].values()
        if row["status"] == "accepted" and (row["sender"], row["event_id"]) in wanted
    ]
    found.sort(key=lambda row: (row["sender"], row["event_id"], *_order(row)))
    for subject in sorted(server.tables["subjects"].values(), key=lambda row: row["person_id"], reverse=True):
        if people.get(_place(subject)) == ERASED:
            later[_place(subject)] = subject["person_id"]
    people |= later
    names = ("sender", "event_id", "topic", "partition", "offset", "appended_at")
    known, told = server.tables["repeats"], server.tables["outbox"]
    return [
        {
            **{name: row[name] for name in names},
            "person_id": people.get(_place(row)),
            "is_resolved": known.get(_place(row), {}).get("resolved_at") is not None,
            "is_told": "/".join(["refusal", *map(str, _place(row))]) in told,
        }
        for row in found
    ], len(found)


@statement(duplicates.RESOLVED)
def _resolve(server: Server, values: tuple[list[str], list[int], list[int]]) -> Result:
    table = server.tables["repeats"]
    places = [place for place in zip(*values, strict=True) if place in table]
    fresh = [place for place in places if table[place]["resolved_at"] is None]
    for place in fresh:
        table[place] = {**table[place], "resolved_at": server.now}
    return [], len(fresh)


@statement(duplicates.LOOK_AGAIN)
def _look_again_at(server: Server, values: tuple[list[str], list[int], list[int]]) -> Result:
    table = server.tables["repeats"]
    again = [place for place in zip(*values, strict=True) if place in table and table[place]["resolved_at"]]
    for place in again:
        table[place] = {**table[place], "resolved_at": None}
    return [], len(again)


@statement(
    duplicates.CONFLICTS,
)
def _refused(server: Server, values: tuple[list[str], list[int], list[int]]) -> Result:
    table = server.tables["repeats"]
    rows = [
        {"topic": place[0], "partition": place[1], "offset": place[2]}
        for place in zip(*values, strict=True)
        if place in table and table[place]["kind"] == "conflict"
    ]
    return rows, len(rows)


@statement(duplicates.LOCK)
def _lock(server: Server, _: tuple[int]) -> Result:
    return [{"pg_advisory_xact_lock": ""}], 1
