"""Tasks and what people do with them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.simulation import expected
from tests.simulation.expected import Plain
from tests.simulation.expected_tasks import reaches
from tests.simulation.final_state import Books, key_of, obliged, subject_of
from tests.simulation.units import DAYS_OFF, REACT_BY_DAYS, UNITS


def tasks(books: Books) -> Iterator[str]:
    """Every obliged message is in one open or closed task, of its unit or of whom people gave it to; none is empty."""
    duties = obliged(books)
    for subject, number in Counter(subject_of(task) for task in books.open).items():
        if number > 1:
            yield f"{number} open tasks of {subject}"
    held = {row["task_id"] for name, row in books.messages.items() if name in duties}
    for task in books.open:
        if task["id"] not in held and task["person_id"] not in books.blurred:
            yield f"the open task of {subject_of(task)} has no message that obliges"
    for name, row in books.messages.items():
        if name[2] in books.blurred:
            continue
        holder, duty = books.tasks.get(row["task_id"]), duties.get(name)
        if duty is None:
            if holder is not None and holder["status"] != "closed":
                yield f"message {name} obliges nobody, and is in a task that is {holder['status']}"
        elif holder is None or holder["status"] == "withdrawn":
            yield f"message {name} obliges, and its task is {holder and holder['status']}"
        elif (holder["person_id"], holder["enrolment_id"]) != duty[:2] or not reaches(
            books.acts, books.tasks, duty, holder["unit_id"]
        ):
            yield f"message {name} is in a task of {subject_of(holder)}, and should be in {duty}"


def lives(books: Books) -> Iterator[str]:
    """Told from the decisions and the acts, each task, each message's place and each hand-over is what stands there."""
    told = books.lives
    for identity, row in books.tasks.items():
        life = told.tasks.get(key_of(row))
        if row["person_id"] in books.untold:
            continue
        if life is None:
            yield f"task {key_of(row)} should not be there"
            continue
        closed = row["follows"] and key_of(books.tasks[row["follows"]])
        found = {
            "react_by": row["react_by"],
            "status": row["status"],
            "ending": row["ending"],
            "seen_by": row["acknowledged_by"],
            "owner": row["owner_id"],
            "attempts": row["attempts"],
            "reached": row["reached_at"],
            "follows": closed and closed[1],
        }
        wanted = vars(life) | {"reached": life.reached and datetime.fromisoformat(life.reached)}
        if found != wanted:
            yield f"task {key_of(row)} is {found}, and should be {wanted}"
        if (row["status"] == "closed") != (row["closed_at"] is not None):
            yield f"task {identity} is {row['status']}, closed at {row['closed_at']}"
    for key in told.tasks.keys() - {key_of(row) for row in books.tasks.values()}:
        if key[0][0] not in books.untold:
            yield f"task {key} is missing"
    for name, held in told.messages.items():
        found_in = books.tasks.get(books.messages[name]["task_id"]) if name in books.messages else None
        if name[2] not in books.untold and held.task != (found_in and key_of(found_in)):
            yield f"message {name} is in {found_in and key_of(found_in)}, and should be in {held.task}"
    given = {
        (row["person_id"], row["enrolment_id"], row["decided_unit"]): row["unit_id"]
        for row in books.transfers
    }
    for named in given.keys() | told.given.keys():
        if named[0] not in books.untold and given.get(named) != told.given.get(named):
            yield f"{named} is with {given.get(named)}, and should be with {told.given.get(named)}"


def dates(books: Books) -> Iterator[str]:
    """A task's date follows from the broker's time of one of its person's messages, by some unit's target."""
    for task in books.open:
        if task["person_id"] in books.blurred:
            continue
        stamps = {
            event["origin"]["appended_at"]
            for event in books.accepted
            if event["person_id"] == task["person_id"] and event["content"]["kind"] == "dropout-risk.raised"
        }
        targets = {REACT_BY_DAYS.get(unit, 5) for unit in UNITS}
        possible = {expected.react_by(stamp, days, DAYS_OFF) for stamp in stamps for days in targets}
        if task["react_by"] not in possible:
            yield f"task {key_of(task)} is due on {task['react_by']}, which follows from no message: {possible}"


def acts(books: Books) -> Iterator[str]:
    """What a person was told is done stands there once; acts have no holes; tasks say what was done and no more."""
    by_task: dict[Any, list[Plain]] = defaultdict(list)
    for act in sorted(books.acts, key=lambda act: act["number"]):
        by_task[act["task_id"]].append(act)
    known = {act["id"]: act for act in books.acts}
    for identity, (pressed, _) in books.world.office.done.items():
        found = known.get(identity)
        deed = pressed.deed.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
        if found is None and books.world.eraser.is_erased(books.world.eraser.tasks.get(pressed.task_id)):
            continue
        if found is None and books.world.eraser.cut_offs and pressed.task_id not in books.tasks:
            continue  # it came and was forgotten between two looks
        if found is None:
            yield f"{pressed.deed.kind} on {pressed.task_id} was told as done, and is not there"
        elif (found["task_id"], found["kind"], found["detail"], found["by_id"]) != (
            pressed.task_id, pressed.deed.kind, deed, pressed.by.id,
        ):  # fmt: skip
            yield f"{pressed.deed.kind} on {pressed.task_id} is written down as another deed"
    for identity in known.keys() - books.world.office.sent:
        yield f"{known[identity]['kind']} was done once more than anybody has sent it"
    for identity in known.keys() & books.world.office.refused:
        yield f"{known[identity]['kind']} was told as not done, and it is"
    for pressed, done_then in books.world.office.done.values():
        if not done_then.repeated and pressed.version not in (None, done_then.version - 1):
            yield f"{pressed.deed.kind} was done on version {done_then.version - 1}, and meant {pressed.version}"
    for task_id, done in by_task.items():
        if [act["number"] for act in done] != list(range(1, len(done) + 1)):
            yield f"the acts on {task_id} are numbered {[act['number'] for act in done]}"
    for task_id, task in books.tasks.items():
        if task["person_id"] in books.blurred:
            continue
        done = by_task[task_id]
        last = [act["kind"] for act in done if act["kind"] in ("close", "reopen")][-1:]
        if (task["status"] == "closed") != (last == ["close"]):
            yield f"task {key_of(task)} is {task['status']}, and the last that a person did with it is {last}"
        joined = task["person_id"] in books.root
        if not joined and task["attempts"] != sum(act["kind"] == "attempt" for act in done):
            yield f"task {key_of(task)} counts {task['attempts']} attempts"
        if task["version"] < 1 + len(done):
            yield f"task {key_of(task)} has version {task['version']} after {len(done)} acts"
