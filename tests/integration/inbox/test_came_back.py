"""What a mail system has reported of a notice stands beside its status on the task's page."""

from datetime import UTC, datetime

import pytest

from models.ids import task_reference
from tests.browser.world import World
from tests.integration.inbox.staff import Desk
from tests.keys import made_keys

SAID = {
    "delayed": "Forsinket undervejs hos modtagerens mailserver, meldt",
    "other": "En kopi, som modtageren sender videre, kom retur",
    "unread": "kunne ikke forstås",
}


@pytest.mark.parametrize("action", [*SAID, "failed"])
async def test_a_known_delay_is_shown_beside_delivered(desk: Desk, action: str) -> None:
    world = World(
        desk.connection, made_keys().vault, desk.parts.rules, datetime.now(UTC).replace(microsecond=0)
    )
    task = await world.message("one", person="somebody", at=datetime.now(UTC).replace(microsecond=0))
    assert task is not None
    await desk.connection.execute("UPDATE deliveries SET status = 'delivered' WHERE task_id = %s", (task,))
    await desk.connection.execute(
        "INSERT INTO bounces (delivery_id, report, action, status, found) "
        "SELECT id, 'x', %s, '4.4.1', 'delivered' FROM deliveries WHERE task_id = %s",
        (action, task),
    )
    page = (await desk.person.get(f"/opgaver/{task_reference(task)}")).text
    assert [name for name, words in SAID.items() if words in page] == ([action] if action in SAID else [])
    assert "Leveret" in page
