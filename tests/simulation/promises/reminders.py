"""What falls due: each comes to one firing or to a reason, and every notice that failed is followed.

Worked out a second time from the words of the policy, with no rule of the service.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.simulation.expected import Plain
from tests.simulation.final_state import Books
from tests.simulation.units import DAYS_OFF, SERVICE

_ZONE: Final = ZoneInfo("Europe/Copenhagen")
_REASONS: Final = frozenset(
    {"task_closed", "task_withdrawn", "acknowledged", "replanned", "moment_passed", "already_fired"}
)
_AFTER_FAILURE: Final = frozenset(
    {"task_not_open", "acknowledged", "another_was_told", "mail_beside", "nothing_owed", "nobody_left"}
)
_OVERDUE: Final = {("overdue", 1): 1, ("escalation", 2): 3}
"""Working days after the date. No acknowledgement stops them."""
_BEFORE: Final = {("reminder", 1): -2, ("escalation", 1): -1}
"""These are over when somebody has seen the task."""
_CALLS: Final = frozenset(
    {"new", "more_messages", "taken_over", "reminder", "overdue", "escalation", "mentor_ends"}
)


def ends(books: Books) -> Iterator[str]:
    """Nothing is still due; what has fired was said, at work and not before its time; what was stopped says why."""
    said: dict[str, list[str]] = defaultdict(list)
    for row in books.deliveries.values():
        if row["cause_kind"] == "step":
            said[row["cause_ref"]].append(f"{row['channel']} {row['recipient']}")
    now = books.world.clock.now
    for step in books.steps:
        name, told = f"{step['kind']} {step['level']} of {step['task_id']}", said.pop(str(step["id"]), [])
        follows = step["failed_delivery"] is not None
        if step["status"] == "waiting":
            if step["due_at"] <= now:
                yield f"{name} fell due at {step['due_at']}, and nothing has happened"
        elif step["status"] == "stopped":
            if step["reason"] not in (_AFTER_FAILURE if follows else _REASONS):
                yield f"{name} was stopped because {step['reason']}"
        elif not told:
            yield f"{name} has fired, and nobody was told"
        elif not follows and (step["ended_at"] < step["due_at"] or not _at_work(step["ended_at"])):
            yield f"{name} fired at {step['ended_at']}, due {step['due_at']}"
        if told and step["status"] != "fired":
            yield f"{name} is {step['status']}, and {told} were told"
        if len(told) != len(set(told)):
            yield f"{name} was said twice to {told}"
        if step["reason"] == "acknowledged" and not step["until_seen"]:
            yield f"{name} was stopped by an acknowledgement, which does not end it"
    for step_id, told in said.items():
        yield f"{told} were told of a step {step_id} that is not there"


def _at_work(moment: datetime) -> bool:
    local = moment.astimezone(_ZONE)
    return _works(local.date()) and 8 <= local.hour < (14 if local.weekday() == 4 else 16)


def _works(day: date) -> bool:
    return day.weekday() < 5 and day not in DAYS_OFF


def _shifted(day: date, working_days: int) -> date:
    step = timedelta(days=1 if working_days > 0 else -1)
    while working_days:
        day += step
        if _works(day):
            working_days -= 1 if working_days > 0 else -1
    return day


def _opening(day: date) -> datetime:
    while not _works(day):
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, 8, tzinfo=_ZONE)


def owed(books: Books) -> Iterator[str]:
    """Of an open task every level after the date has been said once; before it, each that nobody's look has ended."""
    by_task: dict[Any, list[Plain]] = defaultdict(list)
    for step in books.steps:
        if step["failed_delivery"] is None:
            by_task[step["task_id"]].append(step)
    for identity, task in books.tasks.items():
        since, own = _since(books, task), by_task[identity]
        fired = Counter(
            (step["kind"], step["level"])
            for step in own
            if step["status"] == "fired" and step["ended_at"] >= since and step["kind"] != "mentor_ends"
            and (step["kind"], step["level"]) not in _BEFORE
        )  # fmt: skip
        for one, times in fired.items():
            if times > 1:
                yield f"{one} of {identity} fired {times} times"
        if task["status"] != "open":
            yield from (f"{step['kind']} waits for {identity}" for step in own if step["status"] == "waiting")
            continue
        got_on = since.astimezone(_ZONE).date()
        for one, days in _OVERDUE.items():
            due = _opening(_shifted(max(task["react_by"], got_on), days))
            if not fired[one]:
                yield f"{one} of {identity}, due {due}, never came"
            elif len({step["about"] for step in own if step["kind"] != "mentor_ends"}) == 1 and any(
                step["ended_at"] < due for step in own if _named(step) == one and _after(step, since)
            ):
                yield f"{one} of {identity} came before {due}"
        yield from _end_of_mentor(task, own, got_on)
        if task["acknowledged_at"] is None and task["owner_id"] is None:
            yield from _reminders(task, own, got_on, since)


def _end_of_mentor(task: Plain, own: list[Plain], got_on: date) -> Iterator[str]:
    last: date | None = task["mentor_until"]
    if last is None:
        return
    due = _end_said_on(last, got_on)
    # A day that moves within a weekend leaves the moment where it is, and with it the step.
    said = any(
        step["kind"] == "mentor_ends"
        and step["status"] == "fired"
        and _end_said_on(step["about"], got_on) == due
        for step in own
    )
    if due.date() <= last and not said:
        yield f"the end of the mentor right of {task['id']} on {last}, due {due}, was never said"


def _end_said_on(last: date, got_on: date) -> datetime:
    return _opening(max(_shifted(last, -10), got_on + timedelta(days=1)))


def _reminders(task: Plain, own: list[Plain], got_on: date, since: datetime) -> Iterator[str]:
    for one, days in _BEFORE.items():
        due = _opening(_shifted(task["react_by"], days))
        if not got_on < due.date() <= task["react_by"]:
            continue
        found = [step for step in own if _named(step) == one and step["about"] == task["react_by"]]
        if not any(step["status"] == "fired" for step in found):
            # Its moment may have gone before it was planned: only where the date was another one then.
            moved = len({step["about"] for step in own if step["kind"] != "mentor_ends"}) > 1
            if not (moved and any(step["reason"] in ("moment_passed", "already_fired") for step in found)):
                yield f"{one} of {task['id']}, got {since}, due {due}, never came: {found}"


def _named(step: Plain) -> tuple[str, int]:
    return (step["kind"], step["level"])


def _after(step: Plain, since: datetime) -> bool:
    """What fired in the very moment may have been for the one who had the task before."""
    return step["status"] == "fired" and bool(step["ended_at"] > since)


def _since(books: Books, task: Plain) -> datetime:
    """When the unit got the task, or got it back."""
    moments: list[datetime] = [task["opened_at"]]
    moments += [act["at"] for act in books.acts if act["task_id"] == task["id"] and act["kind"] == "reopen"]
    moments += [
        row["at"] for row in books.audit if row["task_id"] == task["id"] and row["kind"] == "task_reopened"
    ]
    return max(moments)


def failures(books: Books) -> Iterator[str]:
    """Every notice that reached nobody is followed: others are told at once, and never at an address that failed."""
    followed = {
        (step["failed_delivery"], step["failed_at"]): step
        for step in books.steps
        if step["failed_delivery"] is not None
    }
    groups: dict[Any, list[Plain]] = defaultdict(list)
    for row in books.deliveries.values():
        groups[row["task_id"], row["occasion"], row["cause"]].append(row)
    for row in books.deliveries.values():
        if row["status"] not in ("refused", "exhausted"):
            continue
        step = followed.get((row["id"], row["ended_at"]))
        if step is None:
            yield f"{row['occasion']} to {row['recipient']} was {row['status']}, and nothing has followed"
            continue
        group = groups[row["task_id"], row["occasion"], row["cause"]]
        mails = [one for one in group if one["channel"] == "email"]
        told = any(one["status"] == "delivered" for one in mails)
        # Those who were told may fail later, by a bounce: then it is their failure that others are told of.
        passed_on = any(
            followed[one["id"], one["ended_at"]]["reason"] != "another_was_told"
            for one in mails
            if (one["id"], one["ended_at"]) in followed
        )
        if step["reason"] == "mail_beside" and (row["channel"] == "email" or not mails):
            yield f"{row['occasion']} to {row['recipient']} failed, and no mail is beside it"
        if step["reason"] == "another_was_told" and not (told or passed_on):
            yield f"{row['occasion']} to {row['recipient']} failed, and no other was told"
        if step["reason"] == "nothing_owed" and row["occasion"] in _CALLS:
            yield f"{row['occasion']} to {row['recipient']} failed, and that something is owed was not seen"
        if step["reason"] == "nobody_left" and not _failed_at_the_service(books, row):
            yield f"{row['occasion']} to {row['recipient']} failed, and the service was not told"
        for next_one in groups[row["task_id"], "escalation", f"step:{step['id']}"]:
            if next_one["recipient"] == row["recipient"]:
                yield f"{row['recipient']} failed and was told again"


def _failed_at_the_service(books: Books, row: Plain) -> bool:
    return any(
        one["recipient"] in SERVICE and one["status"] in ("refused", "exhausted")
        for one in books.deliveries.values()
        if one["task_id"] == row["task_id"]
    )
