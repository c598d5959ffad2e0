"""The books made once more, from the log and the acts, as `rebuild ledger` makes them: they must say the same.

By the service's own code, in the order of a rebuild: every receipt before the first decision, partition by partition.
"""

import json
from bisect import bisect_left
from dataclasses import replace
from typing import Any, Final, cast

from config.topics import Topic
from infra.partitioner import generations
from infra.postgres import Connection
from ledger.consume.batch import Batch
from ledger.consume.joins import settle
from ledger.consume.project import project
from ledger.rebuild import compare
from ledger.reminders.scheduler import plan_stale
from ledger.store import action_log
from tests.simulation.postgres_in_memory import Memory
from tests.simulation.units import POLICY, STEPS
from tests.simulation.world import World

Rows = list[dict[str, Any]]
_WITHOUT_STEPS: Final = replace(POLICY, steps=None)
"""As the service rebuilds: what falls due is planned by the runner of steps, when the tables have been exchanged."""
_STANDS: Final = frozenset({"acknowledged", "moment_passed", "already_fired"})
"""Why a step that is planned may stand as stopped."""
_COMPARED: Final = (compare.SUBJECTS, compare.TASKS, compare.TRANSFERS)
_PLACED: Final = (compare.PERSON_FACTS, compare.VERDICTS)
"""A row for each record, whatever the order in which it was read."""


class RebuildRefused(Exception):
    """A partition waits for a last word that compaction has taken; the service's own rebuild says so and ends."""


async def remake(world: World, done: Rows) -> Memory:
    """Everything once more, into tables of its own; `done` are the acts."""
    memory = Memory(world.clock)
    connection = cast(Connection, await memory.connect())
    known: dict[tuple[str, int], int] = {}
    early: list[action_log.ActionRow] = []
    for topic in (Topic.RECEIPTS, Topic.APPLIED, Topic.DECISIONS, Topic.PERSON_EVENTS):
        parts = range(world.log.partitions(topic))
        for generation in generations(len(parts)):
            starts = {part: 0 for part in parts if part in generation.all}
            while starts:
                left = await _as_far_as_possible(world, connection, topic, starts, known, done, early)
                if left == starts:
                    raise RebuildRefused
                starts = left
    return memory


async def _as_far_as_possible(
    world: World,
    connection: Connection,
    topic: Topic,
    starts: dict[int, int],
    known: dict[tuple[str, int], int],
    done: Rows,
    early: list[action_log.ActionRow],
) -> dict[int, int]:
    """Each partition from its start; where those go on that have to wait for another one."""
    left = {}
    for partition, start in starts.items():
        place = (str(topic), partition)
        batch = Batch()
        for record in world.log.read(place, start, world.log.end(place)):
            if record.value is not None:  # a tombstone says nothing
                batch.add(topic, record.value, partition, record.offset, record.origin.appended_at)
        batch.next_offsets[place] = world.log.end(place)
        async with connection.transaction():
            await settle(connection, batch)
            upto = batch.next_offsets[place] if batch.is_held else float("inf")
            again = [
                (bisect_left(batch.offsets, row["after_offset"]), action_log.row_of(row))
                for row in sorted(done, key=lambda row: (row["after_offset"], row["serial"]))
                if topic == Topic.DECISIONS
                and row["partition"] == partition
                and (start == 0 or row["after_offset"] > start)
                and row["after_offset"] <= upto
            ]
            if batch.decisions:
                again[:0] = [(0, row) for row in early]
                early.clear()
            acts = await project(connection, batch, known, _WITHOUT_STEPS, again)
            early += acts.early
        known |= batch.next_offsets
        if batch.is_held:
            left[partition] = batch.next_offsets[place]
    return left


async def differences(world: World, tables: dict[str, Rows], contested: set[str]) -> list[str]:
    """What a rebuild would find. Where an id was used for two things it reads in another order than was lived."""
    try:
        memory = await remake(world, tables["acts"])
    except RebuildRefused:
        # What settles it stands in a later generation (docs/decisions/0069, "not held").
        known = world.grower.done and world.eraser.cut_offs
        return [] if known else ["a rebuild waits for a last word that never comes"]
    contested = contested | _acted_between(world, tables["acts"])
    found: list[str] = []
    for table in _COMPARED:
        columns = (*table.key, *table.columns)
        lived, made = (
            {
                tuple(row[name] for name in table.key): {name: row[name] for name in columns}
                for row in rows
                if row["person_id"] not in contested and ":" not in row["person_id"]
            }
            for rows in (tables[table.name], await memory.rows(table.name))
        )
        found += [
            f"a rebuild gives {made.get(key)} in {table.name}, and there stands {lived.get(key)}"
            for key in lived.keys() | made.keys()
            if lived.get(key) != made.get(key)
        ]
    lived_in, made_in = (
        {_name(row): row["task_id"] for row in rows}
        for rows in (tables["messages"], await memory.rows("messages"))
    )
    found += [
        f"a rebuild puts message {name} into {made_in.get(name)}, and it stands in {lived_in.get(name)}"
        for name in lived_in.keys() | made_in.keys()
        if name[2] not in contested and lived_in.get(name) != made_in.get(name)
    ]
    for table in _PLACED:
        stands, made = (
            {(row["partition"], row["offset"]): row for row in rows if ":" not in row["person_id"]}
            for rows in (tables[table.name], await memory.rows(table.name))
        )
        if stands != made:
            found.append(f"a rebuild gives other rows in {table.name}")
    return found + await _otherwise_planned(memory, tables, contested)


def _acted_between(world: World, acts: Rows) -> set[str]:
    """The numbers of people on whose task a unit has acted between a mark and the first decision behind it.

    Such an act has no place in a rebuild that reads in another order (docs/decisions/0041, "not held").
    """
    marks: dict[str, tuple[int, str]] = {}
    for record in world.log.all_of(Topic.DECISIONS):
        said = json.loads(record.value or b"{}")
        if "joined_to" in said:
            marks.setdefault(said["person_id"], (record.offset, said["joined_to"]))
    found = set()
    for act in acts:
        number = act["person_id"]
        if number in marks and act["after_offset"] > marks[number][0]:
            found.add(number)
            while number in marks:
                number = marks[number][1]
                found.add(number)
    return found


async def _otherwise_planned(memory: Memory, tables: dict[str, Rows], contested: set[str]) -> list[str]:
    """Planned anew from nothing, an open task has the steps that it has: come, stopped for a reason, or to come.

    When a unit got a task does not follow from the log: a rebuild leaves it as it stands.
    """
    lived = {row["id"]: row for row in tables["tasks"] if row["status"] == "open"}
    for identity, row in memory.tables["tasks"].items():
        if identity in lived:
            memory.tables["tasks"][identity] = {**row, "opened_at": lived[identity]["opened_at"]}
    memory.tables["audit"] = {row["id"]: row for row in tables["audit"]}
    connection = cast(Connection, await memory.connect())
    while await plan_stale(connection, STEPS, limit=50):
        pass
    stands = {
        row["id"]
        for row in tables["steps"]
        if row["status"] != "stopped" or row["reason"] in _STANDS
    }  # fmt: skip
    return [
        f"planned anew, {row['kind']} {row['level']} of {row['task_id']} falls due at {row['due_at']}, and is not there"
        for row in memory.tables["steps"].values()
        if row["task_id"] in lived
        and lived[row["task_id"]]["person_id"] not in contested
        and row["id"] not in stands
    ]


def _name(row: dict[str, Any]) -> tuple[str, str, str]:
    return (row["sender"], row["message_id"], row["person_id"])
