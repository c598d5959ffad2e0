"""Duties from messages and acts: a duty begins with a message, and ends when it is closed and stays so.

Pure. Not read from `tasks`, which holds only the last state: this gives the same whenever it is made again.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from models.calendar import copenhagen_date
from models.tasks.actions import Ending
from reports.rows import Act, Duty, DutyMessage

Target = Callable[[str, date], date]
"""Unit and the date on which a duty arrived → the last day of its target."""
_key = attrgetter("enrolment", "unit")


def duties(messages: Iterable[DutyMessage], acts: Iterable[Act], target: Target) -> Iterator[Duty]:
    """Each duty. Both are in the order of enrolment and unit, and then of time."""
    acting = groupby(acts, _key)
    key: tuple[str, str] | None = None
    done: list[Act] = []
    following = next(acting, None)
    for key, group in groupby(messages, _key):
        while following is not None and following[0] < key:
            following = next(acting, None)
        done = []
        if following is not None and following[0] == key:
            done = list(following[1])
            following = next(acting, None)
        yield from _of_one(list(group), done, target)


def _of_one(messages: list[DutyMessage], acts: list[Act], target: Target) -> Iterator[Duty]:
    closings = _closings(acts)
    begun: list[tuple[DutyMessage, Act | None]] = []
    since: datetime | None = None
    for message in messages:
        if begun and (begun[-1][1] is None or message.appended_at <= begun[-1][1].at):
            continue
        ended = next((act for act in closings if act.at > message.appended_at), None)
        begun.append((message, ended))
    for message, ended in begun:
        own = [
            act
            for act in acts
            if act.kind == "attempt"
            and (since is None or act.at > since)
            and (ended is None or act.at <= ended.at)
        ]
        since = None if ended is None else ended.at
        reached = min(
            (act for act in own if act.reached and act.contact_at is not None),
            key=lambda act: (act.contact_at, act.at),
            default=None,
        )
        arrived = message.arrived
        is_decided = ended is not None and ended.ending == Ending.CONTACT_MADE
        yield Duty(
            place=message.place,
            arrived=arrived,
            target=target(message.unit, arrived),
            contact=None
            if reached is None or reached.contact_at is None
            else copenhagen_date(reached.contact_at),
            form=None if reached is None else reached.form,
            ending=None if ended is None else ended.ending,
            decided=copenhagen_date(ended.at) if ended is not None and is_decided else None,
            initiatives=ended.initiatives if ended is not None and is_decided else (),
        )


def _closings(acts: list[Act]) -> list[Act]:
    """Those that no reopening has undone."""
    closings: list[Act] = []
    for act in acts:
        if act.kind == "close":
            closings.append(act)
        elif act.kind == "reopen" and closings:
            closings.pop()
    return closings
