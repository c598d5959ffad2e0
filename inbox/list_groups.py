"""The lines of a list in the groups in which they stand, and a mark that changes when they do. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from ledger.queries.list_statements import Sorting
from ledger.queries.task_counts import TaskCount
from ledger.queries.task_list import Filter, ListedTask, TaskListPage


@dataclass(frozen=True, slots=True)
class TaskGroup:
    """Lines that belong together: overdue, today, later."""

    name: str
    tasks: tuple[ListedTask, ...]


def groups(
    chosen: Filter, found: tuple[ListedTask, ...], sorting: Sorting, *, today: date
) -> list[TaskGroup]:
    """Open tasks by date in three groups; any other list as one."""
    if (
        chosen is Filter.CLOSED
        or sorting is not Sorting.DATE
        or any(task.closed_at is not None for task in found)
    ):
        return [TaskGroup("", found)] if found else []
    made = (
        TaskGroup("overdue", tuple(task for task in found if task.react_by < today)),
        TaskGroup("today", tuple(task for task in found if task.react_by == today)),
        TaskGroup("later", tuple(task for task in found if task.react_by > today)),
    )
    return [group for group in made if group.tasks]


def by_name(found: tuple[ListedTask, ...], name: Callable[[str], str]) -> tuple[ListedTask, ...]:
    """By the names of the institutions, then by date: their numbers mean nothing to a reader."""

    def key(task: ListedTask) -> tuple[list[str], date, str]:
        return sorted(map(name, task.institutions)), task.react_by, task.reference

    return tuple(sorted(found, key=key))


def mark(page: TaskListPage, numbers: Mapping[Filter, TaskCount]) -> str:
    """Changes when the list would look otherwise."""
    lines = [f"{task.id}/{task.version}/{task.waiting}/{task.undelivered}" for task in page.tasks]
    lines += [f"{each}/{count.number}" for each, count in numbers.items()]
    return sha256("\n".join(lines).encode()).hexdigest()[:16]
