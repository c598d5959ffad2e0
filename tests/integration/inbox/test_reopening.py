"""A closed task stays closed while a newer one is open, and the page leads to the newer one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx2

from models.ids import task_reference
from models.tasks.actions import Close, ContactAttempt, ContactForm, Ending, Initiative
from tests.browser.world import World
from tests.integration.inbox.staff import Desk
from tests.keys import made_keys


async def test_a_task_that_a_newer_one_follows_is_not_opened_again_and_leads_to_it(desk: Desk) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    world = World(desk.connection, made_keys().vault, desk.parts.rules, now)
    before = await world.message("one", person="somebody", at=now - timedelta(days=9))
    reached = ContactAttempt(at=now - timedelta(days=6), form=ContactForm.PHONE, reached=True)
    await world.do(before, reached)
    await world.do(before, Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,)))
    after = await world.message("two", person="somebody", at=now - timedelta(days=1))
    assert after != before

    answer = await reopen(desk, before)
    assert answer.status_code == 409
    assert "Det blev ikke gjort" in answer.text
    newer = task_reference(known(after))
    assert f'<a href="/opgaver/{newer}">Opgave {newer}</a>' in answer.text
    assert (await desk.person.get(f"/opgaver/{newer}")).status_code == 200


async def reopen(desk: Desk, task: UUID | None) -> httpx2.Response:
    """What the form sends."""
    return await desk.person.post(
        f"/opgaver/{task_reference(known(task))}/reopen",
        data={"form_token": desk.token, "act": str(uuid4()), "reason": "contact_lost"},
    )


def known(task: UUID | None) -> UUID:
    """The task, which is there."""
    assert task is not None
    return task
