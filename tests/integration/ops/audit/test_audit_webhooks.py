"""A webhook that is missing, alone, or unsent without cause is found; so are mails that came back to no effect."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.reference.csv_reader import DATA
from models.calendar import copenhagen_date
from ops.audit.report import Check
from tests.channels import with_webhooks
from tests.integration.ops.audit.world import POLICY, World, account, faults, student

UNIT, URL = "jc-0101", "https://fag.example.dk/hook"


@pytest.fixture
def hooked(world: World, tmp_path: Path) -> World:
    """The unit has an endpoint."""
    for file in DATA.glob("*.*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "webhooks.csv").open("a", encoding="utf-8") as table:
        table.write(f"{UNIT},{URL},2020-01-01,,made-up,[I] made up\n")
    world.reference = tmp_path
    world.policy = replace(
        POLICY, addresses=with_webhooks(POLICY.addresses, lambda unit, _: (URL,) if unit == UNIT else ())
    )
    return world


async def told(world: World, *names: str) -> None:
    """A task for each, every one in a batch of its own, told by mail and by webhook."""
    for name in names:
        for event in student(name):
            world.tell(event)
        await world.book()
    world.deliver()


def known(world: World, ago: str) -> None:
    """As if a ledger had read the table that long ago."""
    world.sql("INSERT INTO known_endpoints VALUES (%s, %s, now() - %s::interval)", UNIT, URL, ago)


def begin_today(world: World) -> None:
    """The endpoint's row is of today."""
    table = world.reference / "webhooks.csv"
    today = copenhagen_date(datetime.now(UTC))
    table.write_text(table.read_text("utf-8").replace("2020-01-01", today.isoformat()), "utf-8")


def forget_the_second(world: World) -> str:
    """As if it had never been written; returns its task."""
    (_, (hook, task), _) = world.sql(
        "SELECT id, task_id FROM deliveries WHERE channel = 'webhook' ORDER BY created_at"
    )
    world.sql("DELETE FROM attempts WHERE delivery_id = %s", hook)
    world.sql("DELETE FROM deliveries WHERE id = %s", hook)
    return str(task)


async def test_webhooks_beside_their_mails_balance(hooked: World) -> None:
    await told(hooked, *"abc")
    result = hooked.audit()
    assert faults(result) == []
    assert account(result, Check.WEBHOOKS).parts["delivered"] == account(result, Check.WEBHOOKS).total == 3
    assert account(result, Check.WEBHOOKS).balances


async def test_a_webhook_that_others_have_and_this_one_lacks_is_found_by_its_task(hooked: World) -> None:
    await told(hooked, *"abc")
    task = forget_the_second(hooked)
    result = hooked.audit()
    missing = [one for one in result.exceptions if one.hop is Check.WEBHOOKS]
    assert [(one.what, one.task_id) for one in missing] == [("a mail, and its webhook is missing", task)]
    assert account(result, Check.WEBHOOKS).unaccounted == 1
    assert account(result, Check.WEBHOOKS).balances


async def test_an_endpoint_that_never_got_a_webhook_is_found_by_its_tasks(hooked: World) -> None:
    hooked.policy = POLICY
    known(hooked, "1 hour")
    await told(hooked, *"ab")
    result = hooked.audit()
    missing = [one for one in result.exceptions if one.hop is Check.WEBHOOKS]
    tasks = {str(task) for (task,) in hooked.sql("SELECT id FROM tasks")}
    assert {one.what for one in missing} == {"a mail, and its webhook is missing"}
    assert {one.task_id for one in missing} == tasks
    assert account(result, Check.WEBHOOKS).unaccounted == account(result, Check.WEBHOOKS).total == 2


async def test_an_endpoint_that_no_ledger_has_read_is_found_after_its_first_day(hooked: World) -> None:
    hooked.policy = POLICY
    await told(hooked, "a")
    assert (Check.WEBHOOKS, "a mail, and its webhook is missing") in faults(hooked.audit())
    begin_today(hooked)
    assert faults(hooked.audit()) == []


async def test_what_was_told_before_the_ledger_knew_the_endpoint_needs_no_webhook(hooked: World) -> None:
    hooked.policy = POLICY
    await told(hooked, "before")
    known(hooked, "0 seconds")
    await told(hooked, "by another ledger, that is still to start again")
    assert faults(hooked.audit()) == []


async def test_a_task_that_came_back_is_not_asked_for_what_its_old_date_did_not_want(hooked: World) -> None:
    hooked.policy = POLICY
    known(hooked, "1 hour")
    await told(hooked, "a")
    hooked.sql("INSERT INTO audit (kind, task_id) SELECT 'task_reopened', id FROM tasks")
    assert faults(hooked.audit()) == []


async def test_a_task_from_before_the_endpoint_needs_no_webhook_however_long_it_is_known(
    hooked: World,
) -> None:
    hooked.policy = POLICY
    known(hooked, "1 hour")
    await told(hooked, "a")
    hooked.sql("UPDATE tasks SET appended_at = '2019-12-31 12:00+01'")
    result = hooked.audit()
    assert [one for one in result.exceptions if one.hop is Check.WEBHOOKS] == []


async def test_a_webhook_is_not_wanted_where_the_tables_name_no_endpoint_on_that_day(hooked: World) -> None:
    await told(hooked, *"abc")
    forget_the_second(hooked)
    hooked.reference = DATA
    assert faults(hooked.audit()) == []


FAULTS = {
    "UPDATE deliveries SET occasion = 'overdue' WHERE channel = 'email'": "a webhook, and no mail beside it",
    "INSERT INTO endpoints VALUES ('jc-0101', 'https://fag.example.dk/hook', now(), now(), 'gone')": (
        "an endpoint was switched off, and its unit was not told"
    ),
    "WITH off AS (UPDATE deliveries SET status = 'superseded' WHERE channel = 'webhook' RETURNING id, task_id) "
    "INSERT INTO audit (kind, task_id, detail) SELECT 'delivery_superseded', task_id, "
    "jsonb_build_object('delivery_id', id, 'reason', 'endpoint_off') FROM off": (
        "not sent for an endpoint that was never switched off"
    ),
}


@pytest.mark.parametrize("change", FAULTS)
async def test_each_way_to_leave_a_webhook_unexplained_is_found(hooked: World, change: str) -> None:
    await told(hooked, "a")
    hooked.sql(change)
    result = hooked.audit()
    assert (Check.WEBHOOKS, FAULTS[change]) in faults(result)
    assert account(result, Check.WEBHOOKS).unaccounted == 1
    assert account(result, Check.WEBHOOKS).balances


async def test_an_endpoint_that_is_off_and_whose_unit_was_told_is_no_exception(hooked: World) -> None:
    await told(hooked, "a")
    hooked.sql(FAULT_OFF)
    hooked.sql(
        "INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline) "
        "SELECT gen_random_uuid(), task_id, 'channel_off', 'endpoint:gone:x', 'email', unit_id, 'a@b.example', "
        "now() + interval '1 day' FROM deliveries WHERE channel = 'webhook'"
    )
    hooked.deliver()
    result = hooked.audit()
    assert [fault for fault in faults(result) if fault[0] is Check.WEBHOOKS] == []
    assert account(result, Check.WEBHOOKS).beside == {"endpoints_off": 1}


FAULT_OFF = next(change for change in FAULTS if change.startswith("INSERT INTO endpoints"))


async def test_a_task_of_which_a_machine_alone_has_heard_was_told_to_nobody(hooked: World) -> None:
    await told(hooked, "a")
    hooked.sql(
        "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE channel = 'email')"
    )
    hooked.sql("DELETE FROM deliveries WHERE channel = 'email'")
    assert (Check.NOTICES, "nobody was told") in faults(hooked.audit())


REPORT = (
    "INSERT INTO bounces (delivery_id, report, action, status, found) "
    "SELECT id, 'x', '{}', '5.1.1', '{}' FROM deliveries WHERE channel = 'email'"
)
REFUSED = (
    "INSERT INTO attempts SELECT id, 2, now(), 'refused', NULL, 'bounce: 5.1.1' FROM deliveries "
    "WHERE channel = 'email'"
)


@pytest.mark.parametrize(
    ("changes", "parts", "what"),
    [
        ((REPORT.format("failed", "delivered"), REFUSED), {"refused": 1, "noted": 0}, None),
        ((REPORT.format("delayed", "delivered"),), {"refused": 0, "noted": 1}, None),
        ((REPORT.format("failed", "superseded"),), {"refused": 0, "noted": 1}, None),
        (
            (REPORT.format("failed", "delivered"),),
            {"refused": 0, "noted": 0},
            "a mail came back, and its notice was not refused",
        ),
        ((REFUSED,), {"refused": 0, "noted": 0}, "refused for a report that nobody has"),
    ],
)
async def test_a_mail_that_came_back_has_ended_its_notice(
    world: World, changes: tuple[str, ...], parts: dict[str, int], what: str | None
) -> None:
    await told(world, "a")
    for change in changes:
        world.sql(change)
    ((task,),) = world.sql("SELECT id FROM tasks")
    result = world.audit()
    found = [(one.what, one.task_id) for one in result.exceptions if one.hop is Check.BOUNCES]
    assert found == ([] if what is None else [(what, str(task))])
    bounces = account(result, Check.BOUNCES)
    assert (bounces.parts, bounces.balances) == (parts, True)


@pytest.mark.parametrize("age", [30, 90, 4000])
async def test_what_has_come_back_and_is_read_by_nobody_waits_and_is_stuck_in_the_end(
    world: World, tmp_path: Path, age: int
) -> None:
    """No notifier says which file it has passed by, so none is ever missing."""
    await told(world, "a")
    report = tmp_path / "new" / "1.relay"
    report.parent.mkdir()
    report.write_bytes(b"whatever it says")
    os.utime(report, (time.time() - age,) * 2)
    result = world.audit(grace=timedelta(seconds=60), maildir=tmp_path)
    bounces = account(result, Check.BOUNCES)
    assert (bounces.unaccounted, bounces.under_way, bounces.balances) == (0, 1, True)
    assert faults(result) == []
    assert [one.topic for one in result.waiting] == ["maildir"]
    assert result.oldest_seconds >= age


async def test_a_folder_of_reports_that_cannot_be_read_is_said(world: World, tmp_path: Path) -> None:
    await told(world, "a")
    result = world.audit(maildir=tmp_path / "not mounted")
    assert faults(result) == [(Check.BOUNCES, "the folder of what comes back cannot be read")]
    assert account(result, Check.BOUNCES).balances
