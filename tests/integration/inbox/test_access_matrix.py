"""Every route of the pages × every role × own and foreign unit × no log-in: made from the routes themselves."""

from typing import Final

import httpx2
import pytest

from inbox.app import build
from inbox.rights import Right, Role
from tests.integration.inbox.staff import AARHUS, ADDRESS, COPENHAGEN
from tests.integration.inbox.test_operators import (
    EVERYBODYS,
    OPERATORS,
    Figures,
    Staff,
    address,
    every_route,
    staff,
    view,
)

__all__ = ["staff"]

LOG_OUT: Final = "/log-ud"
FORM: Final = {
    "act": "7a0f6a0e-6a0c-4f0e-8a55-3f1f5f0c7b12",
    "purpose": "contact_person",
    "q": "0101011234",
}
WITH_TASKS: Final = (Role.CASE_WORKER, Role.MANAGER)


async def asked(client: httpx2.AsyncClient, method: str, where: str, form: dict[str, str]) -> httpx2.Response:
    return await (client.post(where, data=form) if method == "POST" else client.get(where))


async def written(staff: Staff) -> list[tuple[object, ...]]:
    """What stands of deeds and of looks."""
    found = await staff.connection.execute(
        "SELECT (SELECT count(*) FROM acts), (SELECT count(*) FROM audit WHERE task_id IS NOT NULL)"
    )
    return await found.fetchall()


async def test_without_a_log_in_every_page_leads_to_it(staff: Staff) -> None:
    transport = httpx2.ASGITransport(app=build(staff.parts))
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        for method, path in every_route(staff.parts):
            if path in EVERYBODYS - {LOG_OUT}:
                continue
            answer = await asked(client, method, address(path, staff.reference), FORM)
            assert answer.status_code in (303, 401), (method, path)
            assert answer.status_code == 401 or answer.headers["location"].startswith("/log-ind?"), path
            assert staff.reference not in answer.text
    assert await written(staff) == [(0, 0)]


@pytest.mark.parametrize("role", Role)
async def test_another_units_task_is_not_there_for_anybody(staff: Staff, role: Role) -> None:
    units = (AARHUS,) if role in WITH_TASKS else ()
    client, token = await staff.person(Right(role=role, units=units), service=Figures(view()))
    tried = 0
    async with client:
        for method, path in every_route(staff.parts):
            if path in EVERYBODYS:
                continue
            answer = await asked(
                client,
                method,
                address(path, staff.reference),
                FORM | {"form_token": token, "task": staff.reference},
            )
            assert staff.reference not in answer.text, (method, path)
            if "{reference}" in path:
                assert answer.status_code in (401, 403, 404), (method, path)
                tried += 1
    assert tried > 4
    assert await written(staff) == [(0, 0)]


@pytest.mark.parametrize("role", WITH_TASKS)
async def test_the_own_units_task_is_there(staff: Staff, role: Role) -> None:
    """So that the test above would see a task that is shown."""
    client, _ = await staff.person(Right(role=role, units=(COPENHAGEN,)), service=Figures(view()))
    async with client:
        shown = {
            path: (await client.get(address(path, staff.reference))).text
            for method, path in every_route(staff.parts)
            if method == "GET" and path not in EVERYBODYS | OPERATORS
        }
    assert staff.reference in shown["/opgaver"]
    assert staff.reference in shown["/opgaver/{reference}"]


@pytest.mark.parametrize("role", Role)
async def test_a_form_without_the_sessions_token_does_nothing(staff: Staff, role: Role) -> None:
    """As another site would send it."""
    units = (COPENHAGEN,) if role in WITH_TASKS else ()
    client, _ = await staff.person(Right(role=role, units=units), service=Figures(view()))
    tried = 0
    async with client:
        for method, path in every_route(staff.parts):
            if method == "POST" and path not in EVERYBODYS - {LOG_OUT}:
                answer = await client.post(address(path, staff.reference), data=FORM)
                assert answer.status_code == 403, path
                tried += 1
    assert tried > 3
    assert await written(staff) == [(0, 0)]
