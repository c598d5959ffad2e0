"""Managers and the service desk are told on every page of theirs that the known law comes to its end."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import httpx2
import pytest

from inbox.app import build
from inbox.rights import Right, Rights, Role
from models.calendar import copenhagen_date
from models.eligibility.law_horizon import law_horizon
from models.events.contract import BenefitType
from tests.factories import make_law, rule_set
from tests.integration.inbox.staff import ADDRESS, COPENHAGEN, Desk

SOON = "Reglerne er kun kendt til og med"
PASSED = "Reglerne er ikke kendt efter"
PAGES = {
    Role.CASE_WORKER: ("/opgaver",),
    Role.MANAGER: ("/opgaver", "/overblik", "/uafklarede"),
    Role.SERVICE_DESK: ("/uafklarede",),
}


async def read(desk: Desk, role: Role, known_until: date) -> list[str]:
    """The pages of somebody with that role, under a law that was read until then."""
    rules = rule_set(date(2022, 1, 1), BenefitType.KONTANTHJAELP, known_until=known_until)
    law = make_law(rule_sets=(rules,))
    parts = replace(desk.parts, law_horizon=partial(law_horizon, law))
    units = () if role is Role.SERVICE_DESK else (COPENHAGEN,)
    cookie = await parts.sessions.open(
        desk.connection,
        user_id="bo",
        user_name="Bo Dam",
        rights=Rights(held=(Right(role=role, units=units),)),
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=build(parts)),
        base_url=ADDRESS,
        cookies={"frafaldsvarsel": cookie},
    ) as person:
        answers = [await person.get(path) for path in PAGES[role]]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.text for answer in answers]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.SERVICE_DESK])
@pytest.mark.parametrize(
    ("days_left", "said"), [(61, None), (60, SOON), (0, SOON), (-1, PASSED), (-400, PASSED)]
)
async def test_they_are_warned_from_60_days_before_on(
    desk: Desk, role: Role, days_left: int, said: str | None
) -> None:
    today = copenhagen_date(desk.parts.clock())
    for page in await read(desk, role, today + timedelta(days=days_left)):
        assert [sentence for sentence in (SOON, PASSED) if sentence in page] == ([said] if said else [])
        assert ("Intet går tabt, og de opgaver, I har, bliver stående" in page) is (said is not None)


async def test_a_case_worker_can_do_nothing_about_it_and_is_not_told(desk: Desk) -> None:
    for page in await read(desk, Role.CASE_WORKER, date(2022, 1, 2)):
        assert SOON not in page
        assert PASSED not in page
