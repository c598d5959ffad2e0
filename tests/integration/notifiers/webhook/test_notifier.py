"""Webhooks through the whole notifier: claimed beside the mails, and an endpoint that is no use switched off."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

from infra.postgres import Pool
from models.ids import delivery_id
from models.notifications.delivery import DeliveryStatus, SendAttempt, SendOutcome
from models.notifications.retry import RetryPolicy
from notifiers.channel import ChannelSender
from notifiers.content.mail_message import Mail
from notifiers.due_delivery import Claim
from notifiers.repository import Store
from notifiers.supersede import Contacts, UnitContact
from notifiers.webhook.hook import Hook, webhook_payload_builder
from notifiers.worker import NotifierSettings, run
from tests.channels import mail_entry, unit_contact, webhook_entry
from tests.http.server import Answer, Endpoint, Silence
from tests.integration.notifiers.builders import FREEZE, RECIPIENT, UNIT, Row, add_delivery, rows, status_of
from tests.integration.notifiers.hooks import OLD, a_channel, write_secrets

FREEZE_HOOK = webhook_payload_builder("https://varsel.example.dk")
GONE = SendAttempt(outcome=SendOutcome.REFUSED, code=410, detail="answer: 410")
LATER = SendAttempt(outcome=SendOutcome.TRY_AGAIN, code=503, detail="answer: 503")
YES = SendAttempt(outcome=SendOutcome.DELIVERED, code=200, detail="answer: 200")


def contacts_with(*urls: str) -> Contacts:
    def contact(unit: str) -> UnitContact | None:
        if unit != UNIT:
            return None
        return unit_contact("Jobcenter Ærø", mails=(RECIPIENT,), webhooks=urls)

    return contact


async def add_hook(pool: Pool, url: str, *, like: Row | None = None) -> Row:
    """A webhook delivery, with a task of its own unless one is named."""
    mail = like or await add_delivery(pool)
    made = delivery_id(mail.task_id, "new", "0:1", "webhook", url)
    await rows(
        pool,
        """INSERT INTO deliveries (id, task_id, occasion, cause, channel, unit_id, recipient, deadline)
           SELECT %s, task_id, occasion, cause, 'webhook', unit_id, %s, deadline FROM deliveries WHERE id = %s
           RETURNING id""",
        made,
        url,
        mail.id,
    )
    return Row(made, mail.task_id)


def a_store(pool: Pool, *urls: str) -> Store[Hook]:
    return Store(
        pool,
        owner="one",
        lease=timedelta(minutes=1),
        contacts=contacts_with(*urls),
        entry=webhook_entry(FREEZE_HOOK, contacts_with(*urls)),
        policy=RetryPolicy(),
    )


async def claim_of(store: Store[Hook]) -> Claim[Hook]:
    (claim,) = (await store.claim(10)).claims
    return claim


@contextlib.asynccontextmanager
async def running(
    pool: Pool, mails: ChannelSender, hooks: ChannelSender[Hook], *urls: str
) -> AsyncIterator[None]:
    """Both channels, as the process runs them."""
    stop = asyncio.Event()
    settings = NotifierSettings(owner="one", poll_seconds=0.1, stop_grace_seconds=5, workers=2)
    known = contacts_with(*urls)
    async with asyncio.TaskGroup() as group:
        group.create_task(
            run(
                settings=settings,
                pool=pool,
                channel=mails,
                contacts=known,
                entry=mail_entry(FREEZE),
                stop=stop,
            )
        )
        group.create_task(
            run(
                settings=settings,
                pool=pool,
                channel=hooks,
                contacts=known,
                entry=webhook_entry(FREEZE_HOOK, known),
                stop=stop,
            )
        )
        try:
            yield
        finally:
            stop.set()


class Memory:
    """The mail channel's twin in memory."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []

    async def send(self, mail: Mail) -> SendAttempt:
        self.sent.append(mail)
        return YES

    async def aclose(self) -> None:
        pass


async def until_status(pool: Pool, row: Row, status: str) -> None:
    async with asyncio.timeout(60):
        while await status_of(pool, row) != status:
            await asyncio.sleep(0.05)


async def test_a_unit_with_a_webhook_gets_it_and_its_mail(pool: Pool, tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", OLD)
    mails = Memory()
    async with Endpoint() as endpoint:
        row = await add_hook(pool, endpoint.url)
        async with running(pool, mails, a_channel(tmp_path / "secrets"), endpoint.url):
            await until_status(pool, row, "delivered")
            async with asyncio.timeout(60):
                while not mails.sent:
                    await asyncio.sleep(0.05)
    (request,) = endpoint.requests
    ((frozen,),) = await rows(pool, "SELECT frozen FROM deliveries WHERE id = %s", row.id)
    assert request.body == Hook.model_validate(frozen).body.encode()
    assert request.headers["webhook-id"] == str(row.id)
    assert json.loads(request.body)["data"]["occasion"] == "new"


async def test_endpoints_that_hang_hold_up_no_mail(pool: Pool, tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", OLD)
    mails = Memory()
    async with Endpoint([Silence()] * 100) as endpoint:
        for _ in range(20):
            await add_hook(pool, endpoint.url)
        channel = a_channel(tmp_path / "secrets", answer_seconds=60, total_seconds=60)
        async with running(pool, mails, channel, endpoint.url):
            async with asyncio.timeout(60):
                while len(mails.sent) < 20:
                    await asyncio.sleep(0.05)
            assert await rows(pool, "SELECT DISTINCT status FROM deliveries WHERE channel = 'webhook'") == [
                ("due",)
            ]
            endpoint._left.clear()
            for task in list(endpoint._tasks):
                task.cancel()


async def test_a_killed_notifiers_webhook_is_sent_again_with_the_same_bytes(pool: Pool) -> None:
    url = "https://fag.example.dk/hook"
    row = await add_hook(pool, url)
    first = await claim_of(a_store(pool, url))
    await rows(pool, "UPDATE tasks SET react_by = '2027-01-01' RETURNING id")
    await rows(
        pool, "UPDATE deliveries SET lease_until = now() - interval '1 s' WHERE id = %s RETURNING id", row.id
    )
    second = await claim_of(a_store(pool, url))
    assert second.mail == first.mail
    assert second.token != first.token


async def endpoints(pool: Pool) -> list[tuple[object, ...]]:
    return await rows(pool, "SELECT url, failing_since IS NOT NULL, reason FROM endpoints ORDER BY url")


async def told(pool: Pool) -> list[tuple[object, ...]]:
    return await rows(
        pool, "SELECT channel, recipient, status FROM deliveries WHERE occasion = 'channel_off' ORDER BY id"
    )


async def test_an_endpoint_that_is_gone_is_switched_off_and_its_unit_is_told_by_mail(pool: Pool) -> None:
    url = "https://fag.example.dk/hook"
    row = await add_hook(pool, url)
    store = a_store(pool, url)
    claim = await claim_of(store)
    assert await store.record(claim, GONE, claim.claimed_at) is DeliveryStatus.REFUSED
    assert await endpoints(pool) == [(url, True, "gone")]
    assert await told(pool) == [("email", RECIPIENT, "due")]
    audit = await rows(pool, "SELECT kind FROM audit WHERE task_id = %s ORDER BY id", row.task_id)
    assert audit == [("delivery_refused",), ("endpoint_disabled",)]
    # What comes later is not sent, and says why; the mail about it is.
    late = await add_hook(pool, url)
    assert (await store.claim(10)).claims == ()
    assert await status_of(pool, late) == "superseded"
    assert ("delivery_superseded", "endpoint_off") in await rows(
        pool, "SELECT kind, detail ->> 'reason' FROM audit WHERE task_id = %s", late.task_id
    )
    mails = Store(
        pool,
        owner="mail",
        lease=timedelta(minutes=1),
        contacts=contacts_with(url),
        entry=mail_entry(FREEZE),
        policy=RetryPolicy(),
    )
    subjects = [claim.mail.subject for claim in (await mails.claim(10)).claims]
    assert "Jeres webhook er slået fra" in subjects


async def set_failing(pool: Pool, url: str, since: str) -> None:
    await rows(
        pool,
        "UPDATE endpoints SET failing_since = now() - %s::interval WHERE url = %s RETURNING url",
        since,
        url,
    )


async def test_five_days_of_failures_switch_an_endpoint_off_once_and_less_does_not(pool: Pool) -> None:
    url = "https://fag.example.dk/hook"
    store = a_store(pool, url)
    for since, reason in (("0 s", None), ("119 hours", None), ("121 hours", "failing")):
        row = await add_hook(pool, url)
        await set_failing(pool, url, since)
        claim = await claim_of(store)
        await store.record(claim, LATER, claim.claimed_at)
        assert await endpoints(pool) == [(url, True, reason)]
        await rows(pool, "UPDATE deliveries SET status = 'exhausted' WHERE id = %s RETURNING id", row.id)
    await add_hook(pool, url)
    assert (await store.claim(10)).claims == ()
    assert await told(pool) == [("email", RECIPIENT, "due")]


async def test_a_single_success_forgets_the_failures(pool: Pool) -> None:
    url = "https://fag.example.dk/hook"
    store = a_store(pool, url)
    for attempt, left in ((LATER, [(url, True, None)]), (YES, [])):
        row = await add_hook(pool, url)
        claim = await claim_of(store)
        await store.record(claim, attempt, claim.claimed_at)
        assert await endpoints(pool) == left
        await rows(
            pool, "UPDATE deliveries SET due_at = now() + interval '1 h' WHERE id = %s RETURNING id", row.id
        )


async def test_a_success_from_before_the_failures_does_not_end_them(pool: Pool) -> None:
    """The answer to the first webhook is written down after that to the second, which was asked a moment later."""
    url = "https://fag.example.dk/hook"
    taken, refused = await add_hook(pool, url), await add_hook(pool, url)
    claims = {claim.id: claim for claim in (await a_store(pool, url).claim(10)).claims}
    first, second = claims[taken.id], claims[refused.id]
    store = a_store(pool, url)
    await store.record(second, LATER, second.claimed_at + timedelta(seconds=1))
    await store.record(first, YES, first.claimed_at)
    assert await endpoints(pool) == [(url, True, None)]


async def test_another_address_is_another_endpoint_and_gets_what_the_old_one_did_not(pool: Pool) -> None:
    old, new = "https://fag.example.dk/old", "https://fag.example.dk/new"
    row = await add_hook(pool, old)
    store = a_store(pool, old)
    claim = await claim_of(store)
    await store.record(claim, LATER, claim.claimed_at)
    await rows(pool, "UPDATE deliveries SET due_at = now() WHERE id = %s RETURNING id", row.id)
    await rows(pool, "UPDATE endpoints SET disabled_at = now(), reason = 'failing' RETURNING url")
    moved = a_store(pool, new)
    assert (await moved.claim(10)).claims == ()
    claim = await claim_of(moved)
    assert claim.mail.url == new
    assert await status_of(pool, row) == "superseded"


async def test_a_webhook_of_a_unit_that_has_none_any_more_is_not_waited_for(pool: Pool) -> None:
    row = await add_hook(pool, "https://fag.example.dk/hook")
    assert (await a_store(pool).claim(10)).claims == ()
    assert await status_of(pool, row) == "superseded"


async def test_an_attempt_of_somebody_who_lost_the_lease_switches_nothing_off(pool: Pool) -> None:
    url = "https://fag.example.dk/hook"
    row = await add_hook(pool, url)
    store = a_store(pool, url)
    lost = await claim_of(store)
    await rows(
        pool, "UPDATE deliveries SET lease_until = now() - interval '1 s' WHERE id = %s RETURNING id", row.id
    )
    await claim_of(store)
    assert await store.record(lost, GONE, lost.claimed_at) is None
    assert await endpoints(pool) == []


async def test_the_notifier_switches_off_what_answers_410(pool: Pool, tmp_path: Path) -> None:
    write_secrets(tmp_path / "secrets", OLD)
    mails = Memory()
    async with Endpoint([Answer(410)] * 10) as endpoint:
        row = await add_hook(pool, endpoint.url)
        async with running(pool, mails, a_channel(tmp_path / "secrets"), endpoint.url):
            await until_status(pool, row, "refused")
            async with asyncio.timeout(60):
                while not any(mail.subject == "Jeres webhook er slået fra" for mail in mails.sent):
                    await asyncio.sleep(0.05)
    assert len(endpoint.requests) == 1
    assert isinstance((await rows(pool, "SELECT disabled_at FROM endpoints"))[0][0], datetime)
