"""The demo's autumn gives a report whose every number is that of another count.

All of them are counted by `recount`; starts, stays and messages once more from the records as they were written, which
knows neither the service's facts nor its rules.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

import psycopg
import pytest

from ledger.schema.migrate import migrate
from local.demo.scenario.history import History
from publisher.events import PlainEvent
from tests.integration.reports.autumn import LAW, PERIOD, Autumn, day_of, put_in
from tests.integration.reports.demo_autumn import demo_autumn
from tests.integration.reports.recount import recount
from tests.integration.reports.test_every_number import as_counted, read_in

Found = Counter[tuple[str, str, str, str]]
BY: Final = ("total", "month", "education_type")
_LIMITS: Final = (
    (30, "left_within_1"),
    (91, "left_within_3"),
    (182, "left_within_6"),
    (365, "left_within_12"),
)


def plain_count(story: list[PlainEvent]) -> Found:
    """By loops over each person's records."""
    people: dict[str, History] = defaultdict(History)
    for event in story:
        people[event.data["cpr"]].add(event)
    found: Found = Counter()
    for history in people.values():
        for message in history.messages:
            verdict = history.judge(message, LAW)
            reason = f".{verdict.reason}" if verdict.outcome == "not_obliged" else ""
            _put(found, "messages", verdict.outcome + reason, day_of(datetime.fromisoformat(message.time)))
        for enrolment in _last(history, "enrolment"):
            start, ended = date.fromisoformat(enrolment["study_start"]), enrolment.get("ended_on")
            if ended is not None and date.fromisoformat(ended) < start:
                continue
            kind, is_from = enrolment["education_type"], _came_from(history, start)
            _put(found, "starts", "from_benefit" if is_from else "other", start, kind)
            if is_from:
                _put(found, "stay", _stay(enrolment, start), start, kind)
    return found


def _put(found: Found, family: str, category: str, day: date, kind: str | None = None) -> None:
    if PERIOD.first <= day <= PERIOD.last:
        for breakdown, value in zip(BY, ("total", f"{day:%Y-%m}", kind), strict=True):
            if value is not None:
                found[family, breakdown, value, category] += 1


def _last(history: History, what: str) -> Iterator[dict[str, Any]]:
    """Each of a kind as it was told last; what was annulled is none."""
    names = {"enrolment": "enrolment_id", "benefit-period": "period_id"}
    known: dict[str, dict[str, Any]] = {}
    own = [event for event in history.events if event.type.split(".")[2] == what]
    for event in sorted(own, key=lambda one: (datetime.fromisoformat(one.time), _rank(one))):
        name = event.data[names[what]]
        if _rank(event) < 2:
            known[name] = dict(event.data)
        elif what == "benefit-period":
            known.pop(name, None)
        elif name in known:
            known[name] |= {key: event.data[key] for key in ("ended_on", "reason")}
    yield from known.values()


def _rank(event: PlainEvent) -> int:
    return ("registered", "corrected", "ended", "annulled").index(event.type.split(".")[3])


def _came_from(history: History, start: date) -> bool:
    rules = max(
        (one for one in LAW.rule_sets if one.in_force_from <= start), key=lambda one: one.in_force_from
    )
    groups = {(str(benefit), str(group)) for benefit, group in rules.target_groups}
    return any(
        (period["benefit_type"], period["target_group"]) in groups
        and date.fromisoformat(period["valid_from"]) < start
        and start - date.fromisoformat(period.get("valid_to") or "9999-12-31")
        <= timedelta(days=rules.look_back_days)
        for period in _last(history, "benefit-period")
    )


def _stay(enrolment: dict[str, Any], start: date) -> str:
    ended = date.fromisoformat(enrolment.get("ended_on") or "9999-12-31")
    if ended >= PERIOD.as_of or enrolment.get("reason") in ("completed", "transferred"):
        return "under_observation"
    return next((name for days, name in _LIMITS if (ended - start).days <= days), "left_later")


@pytest.fixture(scope="module")
def autumn() -> tuple[Autumn, list[PlainEvent]]:
    return demo_autumn(600)


async def test_every_number_of_the_demos_autumn(
    database: str, autumn: tuple[Autumn, list[PlainEvent]]
) -> None:
    made, story = autumn
    await migrate(database)
    async with await psycopg.AsyncConnection.connect(database) as connection:
        await put_in(connection, made)
    counts = read_in(database).counts
    counted = as_counted(counts)
    found, days = recount(made, PERIOD)
    assert counted == dict(found)
    for what in ("contact", "decision"):
        assert sorted(counts.days[what]["total", "total"].elements()) == sorted(days[what, "total", "total"])
    plain = plain_count(story)
    of_plain = {"starts": BY, "stay": BY, "messages": BY[:2]}
    assert plain == {key: n for key, n in counted.items() if key[1] in of_plain.get(key[0], ())}
    assert plain["starts", "total", "total", "from_benefit"] > 100
    assert plain["messages", "total", "total", "obliged"] > 100
    assert found["duties", "total", "total", "reached"] > 50
