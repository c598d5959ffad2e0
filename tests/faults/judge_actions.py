"""What people did with the tasks: whether it is all there, once, and whether the tasks are what came of it.

Pure, like the judge that calls it. It follows hand-overs by the acts alone, and not by what the service made of them.
"""

from collections import Counter, defaultdict
from uuid import UUID

from tests.faults.observation import ActSeen, MessageSeen, Seen, TaskSeen
from tests.faults.verdict import Verdict


def worked_on(seen: Seen) -> set[tuple[str, str]]:
    """The enrolments of which a person has touched a task."""
    touched = {act.task_id for act in seen.acts}
    return {task.about for task in seen.tasks if task.id in touched}


def judge_life(seen: Seen, verdict: Verdict) -> None:
    """Acts against what people were told, tasks against the acts, messages against the hand-overs."""
    tasks = {task.id: task for task in seen.tasks}
    _promises(seen, verdict)
    _tasks(seen, verdict)
    about = worked_on(seen)
    held = set()
    for row in seen.messages:
        if row.outcome != "obliged":
            continue
        task = None if row.task_id is None else tasks.get(row.task_id)
        held.add(row.task_id)
        if task is None or task.status == "withdrawn":
            verdict.note("lost", f"message {row.message_id} obliges and stands in no task")
        elif (row.person_id, row.enrolment_id) in about and not _may_have(seen.acts, tasks, row, task):
            verdict.note(
                "wrong_unit", f"message {row.message_id} is at {task.unit_id}, and nobody gave it there"
            )
    for task in seen.tasks:
        if task.status == "open" and task.about in about and task.id not in held:
            verdict.note("phantom", f"task {task.id} is open without a message that obliges")


def _promises(seen: Seen, verdict: Verdict) -> None:
    acts = {act.id: act for act in seen.acts}
    for promised in seen.promised:
        act = acts.get(promised.id)
        if act is None:
            verdict.note(
                "lost", f"{promised.kind} on task {promised.task_id} was told as done, and is not there"
            )
        elif (act.task_id, act.kind) != (promised.task_id, promised.kind):
            verdict.note("wrong", f"{promised.kind} on task {promised.task_id} stands there as {act.kind}")


def _tasks(seen: Seen, verdict: Verdict) -> None:
    of_task: defaultdict[UUID, list[ActSeen]] = defaultdict(list)
    for act in sorted(seen.acts, key=lambda act: act.number):
        of_task[act.task_id].append(act)
    for task in seen.tasks:
        acts = of_task[task.id]
        if [act.number for act in acts] != list(range(1, len(acts) + 1)):
            verdict.note("lost", f"the acts on task {task.id} have holes")
        kinds = Counter(act.kind for act in acts)
        if task.attempts != kinds["attempt"]:
            verdict.note("wrong", f"task {task.id} counts {task.attempts} attempts of {kinds['attempt']}")
        last = [act.kind for act in acts if act.kind in ("close", "reopen")][-1:]
        if (task.status == "closed") != (last == ["close"]):
            verdict.note(
                "wrong", f"task {task.id} is {task.status}, and the last that a person did is {last}"
            )


def _may_have(acts: list[ActSeen], tasks: dict[UUID, TaskSeen], row: MessageSeen, task: TaskSeen) -> bool:
    """Whether the task is of the unit that the rules name, or of one to whom it was handed on from there."""
    if (row.person_id, row.enrolment_id) != task.about:
        return False
    holders = {row.unit_id}
    for act in sorted(acts, key=lambda act: act.serial):
        giver = tasks.get(act.task_id)
        if (
            act.kind == "hand_over"
            and giver is not None
            and giver.about == task.about
            and giver.unit_id in holders
        ):
            holders.add(act.to_unit)
    return task.unit_id in holders
