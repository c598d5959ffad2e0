"""Claims, leases and records against a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from infra.postgres import Pool
from models.ids import delivery_id
from models.notifications.delivery import DeliveryStatus, SendAttempt, SendOutcome
from models.notifications.retry import RetryPolicy
from notifiers.content.mail_message import Mail, wire_bytes
from notifiers.due_delivery import Claim
from notifiers.repository import Store
from notifiers.supersede import Contacts
from tests.channels import mail_entry, unit_contact
from tests.integration.notifiers.builders import (
    FREEZE,
    RECIPIENT,
    UNIT,
    add_delivery,
    contacts,
    outcomes_of,
    rows,
    status_of,
)

DELIVERED = SendAttempt(outcome=SendOutcome.DELIVERED, code=250, detail="body: 250 2.0.0")
LATER = SendAttempt(outcome=SendOutcome.TRY_AGAIN, code=450, detail="recipient: 450 4.2.0")
REFUSED = SendAttempt(outcome=SendOutcome.REFUSED, code=550, detail="recipient: 550 5.1.1")
MEND = SendAttempt(outcome=SendOutcome.MISCONFIGURED, code=535, detail="login: 535 5.7.8")


def a_store(
    pool: Pool,
    *,
    owner: str = "one",
    lease: timedelta = timedelta(minutes=1),
    contacts: Contacts = contacts,
    policy: RetryPolicy | None = None,
) -> Store:
    return Store(
        pool,
        owner=owner,
        lease=lease,
        contacts=contacts,
        entry=mail_entry(FREEZE),
        policy=policy or RetryPolicy(),
    )


async def claimed(store: Store, limit: int = 10) -> tuple[Claim, ...]:
    return (await store.claim(limit)).claims


async def pass_by(pool: Pool, seconds: int) -> None:
    """As if so much time had gone by for the leases, which last a minute here."""
    await rows(
        pool,
        "UPDATE deliveries SET lease_until = lease_until - make_interval(secs => %s) RETURNING id",
        seconds,
    )


async def audit_of(pool: Pool, task: object) -> list[tuple[object, ...]]:
    return await rows(
        pool, "SELECT kind, detail ->> 'reason' FROM audit WHERE task_id = %s ORDER BY id", task
    )


async def test_a_delivered_claim_ends_with_one_attempt_and_no_audit_row(pool: Pool) -> None:
    row = await add_delivery(pool)
    store = a_store(pool)
    (claim,) = await claimed(store)
    assert await store.record(claim, DELIVERED, claim.claimed_at) is DeliveryStatus.DELIVERED
    assert await rows(pool, "SELECT status, attempts, lease_owner, ended_at IS NOT NULL FROM deliveries") == [
        ("delivered", 1, None, True)
    ]
    assert await rows(pool, "SELECT attempt, outcome, code, detail FROM attempts") == [
        (1, "delivered", 250, "body: 250 2.0.0")
    ]
    assert await audit_of(pool, row.task_id) == []
    assert await claimed(store) == ()


async def test_two_notifiers_never_hold_the_same_delivery(pool: Pool) -> None:
    for _ in range(60):
        await add_delivery(pool)
    stores = [a_store(pool, owner=str(number)) for number in range(6)]

    async def drain(store: Store) -> list[Claim]:
        taken: list[Claim] = []
        while found := await claimed(store, 3):
            taken += found
        return taken

    taken = [claim for claims in await asyncio.gather(*map(drain, stores)) for claim in claims]
    assert len(taken) == len({claim.id for claim in taken}) == 60
    assert len({claim.token for claim in taken}) == 60


async def test_a_killed_notifiers_mail_is_sent_again_with_the_same_bytes(pool: Pool) -> None:
    row = await add_delivery(pool)
    (first,) = await claimed(a_store(pool, owner="killed"))
    assert await claimed(a_store(pool, owner="early")) == ()
    # Meanwhile everything that the mail was made of changes; what was frozen does not.
    await rows(pool, "UPDATE tasks SET react_by = '2027-01-01' RETURNING id")
    await pass_by(pool, 60)
    renamed = a_store(pool, owner="next", contacts=lambda _: unit_contact("Nyt navn", mails=(RECIPIENT,)))
    (second,) = await claimed(renamed)
    assert second.mail == first.mail
    assert wire_bytes(second.mail) == wire_bytes(first.mail)
    assert second.mail.message_id == f"<{row.id}@varsel.example.dk>"
    await renamed.record(second, DELIVERED, second.claimed_at)
    assert await outcomes_of(pool, row) == ["indeterminate", "delivered"]


async def test_a_lost_lease_records_nothing_but_an_audit_row(pool: Pool) -> None:
    row = await add_delivery(pool)
    slow = a_store(pool, owner="same")
    (lost,) = await claimed(slow)
    await pass_by(pool, 60)
    (held,) = await claimed(a_store(pool, owner="same"))  # the same name, so only the token tells them apart
    assert await slow.record(lost, REFUSED, lost.claimed_at) is None
    assert await status_of(pool, row) == "due"
    assert await outcomes_of(pool, row) == ["indeterminate"]
    assert await audit_of(pool, row.task_id) == [("delivery_lease_lost", "recipient: 550 5.1.1")]
    assert await slow.renew([lost]) == set()
    await slow.release([lost])
    assert await a_store(pool).record(held, DELIVERED, held.claimed_at) is DeliveryStatus.DELIVERED


async def test_a_renewed_lease_is_not_taken(pool: Pool) -> None:
    row = await add_delivery(pool)
    store = a_store(pool)
    (claim,) = await claimed(store)
    for _ in range(4):
        await pass_by(pool, 50)
        assert await store.renew([claim]) == {row.id}
        ((left,),) = await rows(pool, "SELECT lease_until - clock_timestamp() FROM deliveries")
        assert isinstance(left, timedelta)
        assert timedelta(seconds=30) < left <= timedelta(minutes=1)
        assert await claimed(a_store(pool, owner="other")) == ()


async def test_a_released_claim_is_due_at_once_and_counts_no_attempt(pool: Pool) -> None:
    row = await add_delivery(pool)
    store = a_store(pool)
    await store.release(list(await claimed(store)))
    (again,) = await claimed(store)
    await store.record(again, DELIVERED, again.claimed_at)
    assert await outcomes_of(pool, row) == ["delivered"]


async def test_a_temporary_no_waits_and_keeps_the_mail(pool: Pool) -> None:
    row = await add_delivery(pool)
    store = a_store(pool)
    (claim,) = await claimed(store)
    assert await store.record(claim, LATER, claim.claimed_at) is DeliveryStatus.DUE
    assert await claimed(store) == ()
    ((due_at, frozen),) = await rows(pool, "SELECT due_at, frozen FROM deliveries WHERE id = %s", row.id)
    assert isinstance(due_at, datetime)
    assert due_at > claim.claimed_at + timedelta(seconds=20)
    assert Mail.model_validate(frozen) == claim.mail


async def test_a_refusal_is_an_escalation(pool: Pool) -> None:
    row = await add_delivery(pool)
    store = a_store(pool)
    (claim,) = await claimed(store)
    assert await store.record(claim, REFUSED, claim.claimed_at) is DeliveryStatus.REFUSED
    assert await audit_of(pool, row.task_id) == [("delivery_refused", "recipient: 550 5.1.1")]


async def test_the_last_no_before_the_deadline_is_an_escalation(pool: Pool) -> None:
    row = await add_delivery(pool, deadline="20 seconds")
    store = a_store(pool)
    (claim,) = await claimed(store)
    assert await store.record(claim, LATER, claim.claimed_at) is DeliveryStatus.EXHAUSTED
    assert await audit_of(pool, row.task_id) == [("delivery_exhausted", "recipient: 450 4.2.0")]


async def test_misconfigurations_do_not_lengthen_the_waits_of_the_mail(pool: Pool) -> None:
    row = await add_delivery(pool)
    store = a_store(pool)
    waits = []
    for attempt in (MEND, MEND, MEND, LATER):
        await rows(pool, "UPDATE deliveries SET due_at = clock_timestamp() RETURNING id")
        (claim,) = await claimed(store)
        await store.record(claim, attempt, claim.claimed_at)
        ((due_at,),) = await rows(pool, "SELECT due_at FROM deliveries WHERE id = %s", row.id)
        assert isinstance(due_at, datetime)
        waits.append(due_at - claim.claimed_at)
    assert waits[0] == waits[1] == waits[2]
    assert waits[3] <= timedelta(seconds=30)
    assert await outcomes_of(pool, row) == ["misconfigured"] * 3 + ["try_again"]


async def test_nothing_is_sent_after_its_deadline(pool: Pool) -> None:
    row = await add_delivery(pool, deadline="-1 second")
    assert await claimed(a_store(pool)) == ()
    assert await status_of(pool, row) == "exhausted"
    assert await audit_of(pool, row.task_id) == [("delivery_exhausted", "deadline_passed")]


async def test_what_nobody_claims_is_ended_at_its_deadline_all_the_same(pool: Pool) -> None:
    late, early = await add_delivery(pool, deadline="-1 second"), await add_delivery(pool)
    store = a_store(pool)
    assert await store.expire(100) == 1
    assert await store.expire(100) == 0
    assert [await status_of(pool, row) for row in (late, early)] == ["exhausted", "due"]
    assert await audit_of(pool, late.task_id) == [("delivery_exhausted", "deadline_passed")]


@pytest.mark.parametrize("occasion", ["new", "more_messages", "taken_over"])
async def test_a_task_that_was_withdrawn_before_sending_supersedes_the_call(
    pool: Pool, occasion: str
) -> None:
    row = await add_delivery(pool, occasion=occasion)
    await rows(pool, "UPDATE tasks SET status = 'withdrawn' RETURNING id")
    found = await a_store(pool).claim(10)
    assert (found.claims, found.settled) == ((), 1)
    assert await status_of(pool, row) == "superseded"
    assert await audit_of(pool, row.task_id) == [("delivery_superseded", "task_not_open")]


@pytest.mark.parametrize("occasion", ["handed_over", "withdrawn"])
async def test_an_all_clear_goes_out_for_a_withdrawn_task_only(pool: Pool, occasion: str) -> None:
    kept = await add_delivery(pool, occasion=occasion, task_status="withdrawn")
    gone = await add_delivery(pool, occasion=occasion)
    assert [claim.id for claim in await claimed(a_store(pool))] == [kept.id]
    assert await status_of(pool, gone) == "superseded"


async def test_a_unit_that_has_moved_its_mailbox_is_told_at_the_new_one(pool: Pool) -> None:
    row = await add_delivery(pool, recipient="gammel@kommune.example.dk")
    store = a_store(pool)
    assert await claimed(store) == ()
    assert await status_of(pool, row) == "superseded"
    assert await audit_of(pool, row.task_id) == [("delivery_superseded", "recipient_changed")]
    (claim,) = await claimed(store)
    assert claim.id == delivery_id(row.task_id, "new", "0:1", "email", RECIPIENT)
    assert claim.mail.recipient == RECIPIENT


async def test_a_new_mailbox_that_has_its_delivery_already_gets_no_second(pool: Pool) -> None:
    old = await add_delivery(pool, recipient="gammel@kommune.example.dk")
    new = await add_delivery(pool, task=old.task_id)
    store = a_store(pool)
    taken = [*await claimed(store), *await claimed(store)]
    assert [claim.id for claim in taken] == [new.id]


@pytest.mark.parametrize(
    "contacts",
    [lambda _: None, lambda _: unit_contact("Jobcenter", mails=())],
    ids=["unknown", "empty"],
)
async def test_a_unit_without_recipients_is_waited_for_and_then_escalated(
    pool: Pool, contacts: Contacts
) -> None:
    row = await add_delivery(pool)
    assert await claimed(a_store(pool, contacts=contacts)) == ()
    assert await outcomes_of(pool, row) == ["misconfigured"]
    await rows(
        pool,
        """UPDATE deliveries SET due_at = clock_timestamp(), deadline = clock_timestamp() + interval '9 s'
           RETURNING id""",
    )
    assert await claimed(a_store(pool, contacts=contacts)) == ()
    assert await status_of(pool, row) == "exhausted"


@pytest.mark.parametrize("broken", ["recipient", "frozen"])
async def test_a_mail_that_cannot_be_built_does_not_stop_the_others(pool: Pool, broken: str) -> None:
    bad_address = "not an address"
    units = {UNIT: (RECIPIENT,), "bad": (bad_address if broken == "recipient" else RECIPIENT,)}
    bad = await add_delivery(pool, unit_id="bad", recipient=units["bad"][0])
    good = await add_delivery(pool)
    if broken == "frozen":
        await rows(pool, "UPDATE deliveries SET frozen = '{\"text\": 1}' WHERE id = %s RETURNING id", bad.id)
    store = a_store(pool, contacts=lambda unit: unit_contact("Jobcenter", mails=units[unit]))
    assert [claim.id for claim in await claimed(store)] == [good.id]
    assert await rows(pool, "SELECT outcome, detail FROM attempts") == [
        ("misconfigured", "the mail cannot be built")
    ]


async def test_the_mail_is_frozen_before_it_can_be_sent_and_says_what_the_task_says(pool: Pool) -> None:
    row = await add_delivery(pool)
    async with pool.connection() as connection:
        for outcome in ("obliged", "obliged", "not_obliged"):
            await connection.execute(
                """INSERT INTO messages
                     (sender, message_id, person_id, revision, outcome, reason, law_version, registered_at,
                      appended_at, origin_topic, origin_partition, origin_offset, decision, task_id)
                   VALUES ('101001', %s, 'p', 1, %s, 'r', 'v', now(), now(), 't', 0, 0, '{}', %s)""",
                (str(uuid4()), outcome, row.task_id),
            )
    (claim,) = await claimed(a_store(pool))
    ((frozen,),) = await rows(pool, "SELECT frozen FROM deliveries")
    assert Mail.model_validate(frozen) == claim.mail
    assert "fredag den 9. oktober 2026" in claim.mail.subject
    assert "Underretninger på opgaven: 2\n" in claim.mail.text
    assert (
        "Første underretning modtaget: 2. oktober 2026\n" in claim.mail.text
    )  # 22:30 UTC is the next day here
    assert abs(claim.mail.date - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("bounce", "said"),
    [
        (None, "mailserveren afviste den (kode 550)"),
        ("5.1.1", "den kom tilbage som umulig at levere (kode 5.1.1)"),
        ("not a status", "skal jobcentret"),
    ],
    ids=str,
)
async def test_who_is_told_instead_of_an_address_reads_which_one_and_why(
    pool: Pool, bounce: str | None, said: str
) -> None:
    """A report that says nothing usable is passed over; the notice goes out all the same."""
    store = a_store(pool)
    failed = await add_delivery(pool)
    (claim,) = await claimed(store)
    await store.record(claim, REFUSED, datetime.now(UTC))
    step = uuid4()
    await rows(
        pool,
        "INSERT INTO steps (id, task_id, kind, due_at, about, status, failed_delivery, failed_at, ended_at) "
        "VALUES (%s, %s, 'escalation', now(), '2026-10-09', 'fired', %s, now(), now()) RETURNING id",
        step,
        failed.task_id,
        failed.id,
    )
    if bounce is not None:
        await rows(
            pool,
            "INSERT INTO bounces (delivery_id, report, action, status, found) "
            "VALUES (%s, 'r', 'failed', %s, 'f') RETURNING report",
            failed.id,
            bounce,
        )
    await add_delivery(pool, occasion="escalation", task=failed.task_id, cause=f"step:{step}")
    (told,) = await claimed(store)
    text = " ".join(told.mail.text.split())
    assert said in text
    assert (f"Mailen gik til {RECIPIENT}, men " in text) == (bounce != "not a status")
