"""The duty's figures are those that somebody would get who went through the tasks one by one."""

import random
from collections import Counter
from datetime import date, timedelta
from typing import Final

import pytest

from infra.postgres import Connection
from ledger.queries.duty_figures import DutyState, duty_figures, working_days
from models.calendar import copenhagen_date
from models.events import probe_identity
from tests.integration.ledger.task_rows import add_task

HOLIDAY: Final = date(2026, 4, 2)


@pytest.mark.parametrize(
    ("arrived", "reached", "wanted"),
    [
        (date(2026, 3, 30), date(2026, 3, 30), 0),  # the same day
        (date(2026, 3, 30), date(2026, 4, 1), 2),
        (date(2026, 3, 30), date(2026, 4, 3), 3),  # over a holiday
        (date(2026, 4, 10), date(2026, 4, 13), 1),  # over a weekend
        (date(2026, 4, 11), date(2026, 4, 12), 0),
        (date(2026, 4, 13), date(2026, 4, 10), 0),
    ],
)
def test_working_days_are_counted_as_a_target_counts_them(arrived: date, reached: date, wanted: int) -> None:
    assert working_days(arrived, reached, {HOLIDAY}) == wanted


@pytest.mark.parametrize("seed", range(3))
async def test_each_figure_is_what_one_by_one_gives(connection: Connection, seed: int) -> None:
    chance = random.Random(seed)
    cursor = await connection.execute("SELECT now()")
    ((now,),) = await cursor.fetchall()
    today = copenhagen_date(now)
    wanted: Counter[tuple[str, DutyState]] = Counter()
    earliest: dict[tuple[str, DutyState], date] = {}
    contacts = []
    for _ in range(120):
        unit, status = (
            chance.choice(("unit-1", "unit-2")),
            chance.choice(("open", "open", "closed", "withdrawn")),
        )
        appended = now - timedelta(hours=chance.randrange(70 * 24))
        react_by = today + timedelta(days=chance.randrange(-10, 10))
        reached = appended + (now - appended) * chance.random() if chance.random() < 0.5 else None
        await add_task(
            connection,
            unit_id=unit,
            status=status,
            appended_at=appended,
            react_by=react_by,
            reached_at=reached,
            ending={"closed": "contact_made", "withdrawn": "lapsed"}.get(status),
            closed_at=now if status == "closed" else None,
        )
        if reached is not None and reached >= now - timedelta(days=30):
            contacts.append(working_days(copenhagen_date(appended), copenhagen_date(reached), ()))
        if status == "open":
            state = (
                DutyState.REACHED
                if reached is not None
                else DutyState.OVERDUE
                if react_by < today
                else DutyState.WAITING
            )
            wanted[unit, state] += 1
            earliest[unit, state] = min(react_by, earliest.get((unit, state), react_by))
    await connection.execute(
        "INSERT INTO outbox (id, topic, key, value, due_at, sent_at) VALUES "
        "('a', 't', 'k', 'v', now() - interval '40 s', NULL), ('b', 't', 'k', 'v', now() - interval '90 s', now())"
    )
    found = await duty_figures(connection, ())
    assert {(one.unit_id, one.state): one.tasks for one in found.duties} == wanted
    assert {(one.unit_id, one.state): one.next_react_by for one in found.duties} == earliest
    assert list(found.contact_days) == sorted(contacts)
    assert found.outbox_since is not None
    assert 40 <= (found.at - found.outbox_since).total_seconds() < 80
    assert found.undecided == 0


async def test_the_canarys_tasks_are_nobodys_duty(connection: Connection) -> None:
    await add_task(connection, unit_id=probe_identity.UNIT, react_by=date(2026, 1, 5))
    await add_task(connection, unit_id="unit-1", react_by=date(2026, 1, 5))
    found = await duty_figures(connection, ())
    assert [(one.unit_id, one.state, one.tasks) for one in found.duties] == [("unit-1", DutyState.OVERDUE, 1)]
