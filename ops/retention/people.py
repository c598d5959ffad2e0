"""Whose time is over: match's record says until when facts matter, the ledger what became of the messages.

Both may lag behind the log. That is why an erasure by retention reaches no further than the last word that was seen
here: what came later, or is still under way, begins anew and is never lost.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, LiteralString

from infra.postgres import SyncConnection
from models.calendar import copenhagen_date
from models.eligibility.last_fact import LastFact
from models.retention import (
    PersonDue,
    RetainedCase,
    RetainedPerson,
    RetentionClass,
    RetentionRules,
    judge,
)

_AT_ONCE: Final = 500
JOINS: Final[LiteralString] = "SELECT person_id, joined_to FROM person_joins"
CASES: Final[LiteralString] = """
SELECT t.person_id, t.reference, CASE WHEN t.status <> 'open' THEN coalesce(t.closed_at, t.changed_at) END,
       EXISTS (SELECT FROM journalised j WHERE j.task_id = t.id)
FROM tasks t WHERE t.person_id = ANY(%s)
"""
MESSAGES: Final[LiteralString] = """
SELECT person_id, outcome, max(appended_at) FROM messages
WHERE person_id = ANY(%s) AND task_id IS NULL GROUP BY 1, 2
"""
HOLDS: Final[LiteralString] = "SELECT person_id FROM retention_holds WHERE person_id = ANY(%s)"


def due(
    connection: SyncConnection, facts: Mapping[str, LastFact | None], rules: RetentionRules, today: date
) -> Iterator[PersonDue]:
    """Everybody whose time is over, with what holds them back."""
    numbers = _numbers(connection, facts)
    over = [
        (people, last)
        for people in numbers
        if (last := _together(facts.get(person) for person in people)) is not None
        and last.day is not None
        and rules[RetentionClass.FACTS].over(last.day) <= today
    ]
    for start in range(0, len(over), _AT_ONCE):
        some = over[start : start + _AT_ONCE]
        for person in _with_cases(connection, some):
            if (found := judge(person, rules, today)) is not None:
                yield found


def _together(all_numbers: Iterable[LastFact | None]) -> LastFact | None:
    """What runs under one number runs for the person."""
    known = [one for one in all_numbers if one is not None]
    if not known:
        return None
    days = [one.day for one in known if one.day is not None]
    return LastFact(max(days) if len(days) == len(known) else None, max(one.said_at for one in known))


def _numbers(connection: SyncConnection, facts: Collection[str]) -> list[tuple[str, ...]]:
    """Each person once, under all numbers."""
    root = {person: person for person in facts}

    def find(person: str) -> str:
        while root.setdefault(person, person) != person:
            person = root[person]
        return person

    for one, other in connection.execute(JOINS).fetchall():
        root[find(one)] = find(other)
    people: dict[str, list[str]] = defaultdict(list)
    for person in list(root):
        people[find(person)].append(person)
    return [tuple(sorted(numbers)) for numbers in people.values()]


def _with_cases(
    connection: SyncConnection, some: Collection[tuple[tuple[str, ...], LastFact]]
) -> Iterator[RetainedPerson]:
    names = [person for people, _ in some for person in people]
    cases: dict[str, list[RetainedCase]] = defaultdict(list)
    for person, reference, ended_at, journalised in connection.execute(CASES, (names,)).fetchall():
        ended_on = None if ended_at is None else copenhagen_date(ended_at)
        cases[person].append(RetainedCase(reference=reference, ended_on=ended_on, journalised=journalised))
    arrived: dict[tuple[str, str], date] = {
        (person, outcome): copenhagen_date(at)
        for person, outcome, at in connection.execute(MESSAGES, (names,)).fetchall()
    }
    held = {person for (person,) in connection.execute(HOLDS, (names,)).fetchall()}
    for people, last in some:
        yield _person(people, last, cases, arrived, held)


def _person(
    people: tuple[str, ...],
    last: LastFact,
    cases: Mapping[str, list[RetainedCase]],
    arrived: Mapping[tuple[str, str], date],
    held: Collection[str],
) -> RetainedPerson:
    def latest(*outcomes: str) -> date | None:
        days = [arrived[person, said] for person in people for said in outcomes if (person, said) in arrived]
        return max(days, default=None)

    day: Any = last.day
    said_at: datetime = last.said_at
    return RetainedPerson(
        people=people,
        last_fact=day,
        last_said=said_at,
        cases=tuple(case for person in people for case in cases.get(person, ())),
        not_obliged=latest("not_obliged"),
        # One that obliges and stands in no task is a fault: it is kept as long as what is open.
        undecided=latest("undecided", "obliged"),
        on_hold=any(person in held for person in people),
    )
