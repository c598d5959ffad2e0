"""Outages, addresses that refuse, tasks that change on the way: nothing twice, nothing skipped, never silence."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from config.kafka import KafkaSettings
from ledger.reminders.runner import Runner
from ledger.reminders.scheduler import fire_due
from models.dead_letter import DeadLetter, DeadLetterState, ReplayOutcome
from models.notifications.delivery import Audience
from models.operator import Operator
from models.reasons import DecisionReason
from models.tasks.actions import (
    Acknowledge,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    Initiative,
    Reopen,
    ReopenReason,
)
from models.tasks.reminders import Digest
from ops.audit.checks import steps as hop
from ops.recovery import dead_letters
from ops.recovery.dead_letters import Selection
from ops.recovery.rejected_payloads import RejectedPayloads
from ops.recovery.replay import ReplayPlanner
from ops.recovery.replay_plan import ReplayPlan
from tests.travel.clock import under_our_clock
from tests.travel.people import LEAD, MUNICIPALITY, OURS, SERVICE, SPRING, THEIRS, UNITS, obliged
from tests.travel.test_story import APRIL, MARCH, on
from tests.travel.world import Units, a_world
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT, decided
from tests.unit.streams.senders import Senders

NO_SUCH_USER = "550 5.1.1 no such user"
EACH_BY_ITSELF = {
    OURS: NO_SUCH_USER,
    LEAD: "550 5.1.2 no such host",
    MUNICIPALITY: "550 5.1.3 bad address",
    SERVICE: "550 5.1.6 has moved",
}
"""The same answer to a third recipient in a row would be the relay's own (`notifiers.email.in_a_row`)."""
SECOND = "vagt@unit-0101.example"


CAME_BACK = "UPDATE deliveries SET status = 'refused', ended_at = now() WHERE status = 'delivered'"
WEBHOOK = """
INSERT INTO deliveries (id, task_id, occasion, cause, channel, audience, unit_id, recipient, deadline, status, ended_at)
SELECT %s, task_id, occasion, cause, 'webhook', audience, unit_id, %s, deadline, %s,
       CASE WHEN %s = 'delivered' THEN now() END
FROM deliveries WHERE channel = 'email' RETURNING id
"""
HAND = Operator("drift-1", "adressen er rettet")


def lying(url: str) -> list[DeadLetter]:
    """What waits in quarantine."""
    with psycopg.connect(url, autocommit=True) as connection:
        return dead_letters.dead_letters(connection, Selection())


def foreseen_of(url: str, units: Units) -> list[ReplayPlan]:
    """What a replay would come to."""
    senders = Senders()
    context = senders.context
    kept = RejectedPayloads(
        KafkaSettings(bootstrap_servers="127.0.0.1:9"), senders.opener
    )  # no notice needs Kafka
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            foresight = ReplayPlanner(connection, kept, context, units.contact, datetime.now(UTC))
            return foresight.of(dead_letters.dead_letters(connection, Selection()))
    finally:
        kept.close()


def again(url: str, thing: DeadLetter) -> None:
    """An operator lets it be tried again."""
    with psycopg.connect(url, autocommit=True) as connection:
        deadline = thing.since + timedelta(days=1)
        assert dead_letters.due_again(connection, thing, HAND, deadline=deadline, anew=True)


def put_aside(url: str, thing: DeadLetter) -> None:
    """An operator decides that nothing is owed."""
    with psycopg.connect(url, autocommit=True) as connection:
        dead_letters.dismiss(connection, thing, HAND)


@pytest.fixture
async def travelled(database: str) -> str:
    await under_our_clock(database)
    return database


async def test_after_an_outage_every_late_step_fires_once_and_in_order(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, runners=4) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(APRIL, 8, "03:00"))
        # All are late, and it is night: they wait for the opening.
        await world.collect()
        await world.at(on(APRIL, 8, "08:00"))
        await world.collect(
            (OURS, "Påmindelse om opgave"),
            (LEAD, "Opgave FV-"),
            (OURS, "Opgave FV-"),
            (OURS, "Opgave FV-"),
            (LEAD, "Opgave FV-"),
        )
        order = await world.rows(
            "SELECT s.kind, s.level FROM deliveries d JOIN steps s ON d.cause = 'step:' || s.id "
            "WHERE d.recipient = %s ORDER BY d.due_at",
            OURS,
        )
        assert order == [("reminder", 1), ("overdue", 1), ("escalation", 2)]
        for _ in range(2):
            await world.work()
            await world.collect()


async def test_many_runners_and_notifiers_send_everything_once(travelled: str) -> None:
    people = [f"person{number}" for number in range(40)]
    async with a_world(travelled, UNITS, SPRING, runners=4, notifiers=2) as world:
        await world.decide(*(obliged(SPRING, f"m {person}", person=person) for person in people))
        await world.work()
        await world.collect(*[(OURS, "Ny opgave")] * len(people))
        await world.at(on(MARCH, 27, "08:00"))
        await world.collect(*[(OURS, "Påmindelse om opgave")] * len(people))


async def test_a_runner_that_ends_before_it_commits_has_done_nothing(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 27, "08:00"), outage=True)
        steps = world.policy.steps
        assert steps is not None
        async with world.connection.transaction(force_rollback=True):
            assert len(await fire_due(world.connection, steps, limit=10)) == 1
            assert await world.rows("SELECT count(*) FROM deliveries WHERE occasion = 'reminder'") == [(1,)]
        await world.collect()
        await world.work()
        await world.collect((OURS, "Påmindelse om opgave"))


async def test_a_task_that_is_held_by_another_is_left_for_the_next_round(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, runners=1) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.at(on(MARCH, 27, "08:00"), outage=True)
        async with await psycopg.AsyncConnection.connect(travelled) as other:
            await other.execute("SELECT 1 FROM tasks FOR NO KEY UPDATE")
            async with asyncio.timeout(60):
                assert await world.runners[0].fire() == 0
        assert await world.runners[0].fire() == 1


async def test_what_is_withdrawn_or_closed_is_not_reminded_of(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.decide(decided(unit=None, revision=2, at=SPRING, reason=DecisionReason.WITHDRAWN))
        await world.work()
        await world.collect((OURS, "Opgave FV-"))
        await world.at(on(APRIL, 20, "12:00"))
        await world.collect()
        assert set(await world.rows("SELECT status, reason FROM steps")) == {("stopped", "task_withdrawn")}


async def test_a_reminder_whose_mail_was_not_sent_before_somebody_acknowledged_is_not_sent(
    travelled: str,
) -> None:
    async with a_world(travelled, UNITS, SPRING, notifiers=0) as world:
        await world.decide(obliged(SPRING))
        await world.clock.set(on(MARCH, 27, "08:00"))
        assert await world.runners[0].fire() == 1
        await world.do(await world.task(UNIT), Acknowledge(), unit=UNIT, act_id=uuid4())
    async with a_world(travelled, UNITS, on(MARCH, 27, "09:00")) as world:
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        ended = await world.rows("SELECT status FROM deliveries WHERE occasion = 'reminder'")
        assert ended == [("superseded",)]


async def test_a_closed_task_that_is_opened_again_is_watched_again(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 25, "09:00"))
        task = await world.task(UNIT)
        for deed in (
            ContactAttempt(at=on(MARCH, 25, "08:30"), form=ContactForm.PHONE, reached=True),
            Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.INSTITUTION_MEETING,)),
        ):
            await world.do(task, deed, unit=UNIT, act_id=uuid4())
        await world.at(on(APRIL, 13, "09:00"))
        await world.collect()
        await world.do(task, Reopen(reason=ReopenReason.CONTACT_LOST), unit=UNIT, act_id=uuid4())
        await world.at(on(APRIL, 13, "15:00"))
        await world.collect()
        await world.at(on(APRIL, 14, "08:00"))
        await world.collect((OURS, "Opgave FV-"))
        await world.at(on(APRIL, 20, "08:00"))
        await world.collect(
            (OURS, "Opgave FV-"), (LEAD, "Opgave FV-"), (MUNICIPALITY, "Opgave FV-"), (SERVICE, "Opgave FV-")
        )


async def test_a_task_closed_by_mistake_keeps_the_steps_after_its_date(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 25, "09:00"))
        task = await world.task(UNIT)
        for deed in (
            ContactAttempt(at=on(MARCH, 25, "08:30"), form=ContactForm.PHONE, reached=True),
            Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,)),
            Reopen(reason=ReopenReason.CLOSED_BY_MISTAKE),
        ):
            await world.do(task, deed, unit=UNIT, act_id=uuid4())
        # Who opens a task again has seen it: nobody is reminded of it before its date, and everybody after it.
        await world.at(on(MARCH, 31, "12:00"))
        await world.collect()
        await world.at(on(APRIL, 1, "08:00"))
        await world.collect((OURS, "Opgave FV-"))


async def test_a_refused_notice_goes_to_the_next_one_at_once_and_blocks_nobody(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, bad={OURS: NO_SUCH_USER}) as world:
        await world.decide(obliged(SPRING), obliged(SPRING, "other", unit=OTHER_UNIT, person="another"))
        await world.work()
        # It is night; the notice that it stands in for would not have waited either.
        await world.collect((LEAD, "En besked om opgave FV-"), (THEIRS, "Ny opgave"))


async def test_where_one_refuses_after_the_other_everybody_above_is_told_and_then_people(
    travelled: str,
) -> None:
    bad = {one: EACH_BY_ITSELF[one] for one in (OURS, LEAD, MUNICIPALITY)}
    async with a_world(travelled, UNITS, SPRING, bad=bad) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((SERVICE, "En besked om opgave FV-"))
    reasons = (
        "SELECT reason FROM steps WHERE failed_delivery IS NOT NULL ORDER BY ended_at, reason NULLS FIRST"
    )
    async with a_world(travelled, UNITS, on(MARCH, 27, "08:00"), bad=EACH_BY_ITSELF) as world:
        await world.work()
        await world.collect()
        assert ("nobody_left",) in await world.rows(reasons)


async def test_one_of_two_recipients_that_refuses_is_no_reason_to_go_higher(travelled: str) -> None:
    people = {**UNITS.people, (UNIT, Audience.UNIT): (OURS, SECOND)}
    async with a_world(travelled, replace(UNITS, people=people), SPRING, bad={OURS: NO_SUCH_USER}) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((SECOND, "Ny opgave"))
        assert await world.rows("SELECT reason FROM steps WHERE failed_delivery IS NOT NULL") == [
            ("another_was_told",)
        ]


async def test_two_recipients_that_refuse_are_one_escalation(travelled: str) -> None:
    people = {**UNITS.people, (UNIT, Audience.UNIT): (OURS, SECOND)}
    bad = dict.fromkeys((OURS, SECOND), NO_SUCH_USER)
    async with a_world(travelled, replace(UNITS, people=people), SPRING, bad=bad) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((LEAD, "En besked om opgave FV-"))


async def test_a_notice_that_nobody_could_take_until_its_deadline_is_an_escalation(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, notifiers=0) as world:
        await world.decide(obliged(SPRING))
    # The way out was closed until after the date.
    async with a_world(travelled, UNITS, on(APRIL, 1, "07:00")) as world:
        await world.work()
        await world.collect((LEAD, "En besked om opgave FV-"))


async def test_the_end_of_a_mentor_right_is_told_while_the_task_is_open(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING, mentor=date(2026, 4, 13)))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 24, "12:00"))
        await world.collect()
        await world.at(on(MARCH, 25, "08:00"))
        await world.collect((OURS, "Opgave FV-"))
        ((subject,),) = await world.rows(
            "SELECT frozen ->> 'subject' FROM deliveries WHERE occasion = 'mentor_ends'"
        )
        assert str(subject).endswith("retten til mentor skal tages i brug senest mandag den 13. april 2026")


async def test_a_task_that_nobody_planned_is_found_by_the_sweep(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING) as world:
        world.policy = replace(world.policy, steps=None)
        await world.decide(obliged(SPRING))
        assert await world.rows("SELECT 1 FROM steps") == []
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 27, "08:00"))
        await world.collect((OURS, "Påmindelse om opgave"))


async def test_a_morning_mail_lists_what_was_open_before_the_morning(travelled: str) -> None:
    units = replace(UNITS, digests={UNIT: Digest(instead=False)})
    async with a_world(travelled, units, SPRING, runners=3) as world:
        await world.at(on(MARCH, 24, "09:00"))
        await world.collect()
        await world.decide(obliged(on(MARCH, 24, "09:00")))
        await world.at(on(MARCH, 24, "10:00"))
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 25, "07:59"))
        await world.collect()
        await world.at(on(MARCH, 25, "08:00"))
        await world.collect((OURS, "1 åben opgave: onsdag den 25. marts 2026"))
        await world.at(on(MARCH, 25, "12:00"))
        await world.collect()
        await world.at(on(MARCH, 27, "08:00"))
        await world.collect((OURS, "1 åben opgave"), (OURS, "Påmindelse om opgave"))
        await world.at(on(MARCH, 28, "12:00"))
        await world.collect()


async def test_a_unit_may_have_its_reminders_in_the_morning_mail_alone(travelled: str) -> None:
    units = replace(UNITS, digests={UNIT: Digest(instead=True)})
    async with a_world(travelled, units, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
        await world.at(on(MARCH, 27, "08:00"), outage=True)
        await world.work()
        await world.collect((OURS, "1 åben opgave"))
        fired = await world.rows("SELECT status, reason FROM steps WHERE kind = 'reminder'")
        assert fired == [("fired", "in_digest")]
        await world.at(on(MARCH, 30, "08:00"))
        await world.collect((OURS, "1 åben opgave"), (LEAD, "Ingen har kvitteret"))


async def test_a_morning_mail_that_reaches_nobody_goes_one_rung_up(travelled: str) -> None:
    units = replace(UNITS, digests={UNIT: Digest(instead=True)})
    async with a_world(travelled, units, SPRING, bad={OURS: NO_SUCH_USER}) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((LEAD, "En besked om opgave"))
        await world.at(on(MARCH, 25, "08:00"))
        await world.collect((LEAD, f"Jobcenter {UNIT} har 1 åben opgave"))
        await world.at(on(MARCH, 25, "12:00"))
        await world.collect()


async def test_a_morning_mail_that_comes_back_days_later_goes_one_rung_up(travelled: str) -> None:
    units = replace(UNITS, digests={UNIT: Digest(instead=True)})
    async with a_world(travelled, units, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.at(on(MARCH, 25, "08:00"))
        await world.collect((OURS, "Ny opgave"), (OURS, "1 åben opgave"))
        await world.at(on(MARCH, 26, "07:00"))
        await world.rows(f"{CAME_BACK} AND occasion = 'digest' RETURNING id")
        await world.work()
        await world.collect((LEAD, f"Jobcenter {UNIT} har 1 åben opgave"))


async def test_a_morning_mail_that_nobody_is_left_for_is_counted_and_lies_in_quarantine(
    travelled: str,
) -> None:
    units = replace(UNITS, digests={UNIT: Digest(instead=True)})
    async with a_world(travelled, units, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave"))
    async with a_world(travelled, units, on(MARCH, 25, "08:00"), bad=EACH_BY_ITSELF) as world:
        await world.work()
        await world.collect()
        assert await world.rows("SELECT status, reason FROM digests") == [("fired", "nobody_left")]
        assert await world.rows(hop.NOBODY_LEFT) == [(1,)]
        things = await asyncio.to_thread(lying, travelled)
        assert [(one.unit, one.task, one.reason) for one in things] == [(UNIT, None, "refused")] * 4
        foreseen = await asyncio.to_thread(foreseen_of, travelled, units)
        assert {one.prospect for one in foreseen} == {ReplayOutcome.SENT}
        # Sent once more, and refused once more: it lies there again, and is not said twice.
        await asyncio.to_thread(again, travelled, things[0])
        await world.work()
        assert [one.state for one in await asyncio.to_thread(lying, travelled)] == [DeadLetterState.OPEN] * 4
        await world.at(on(MARCH, 26, "07:00"), outage=True)
        foreseen = await asyncio.to_thread(foreseen_of, travelled, units)
        assert {one.prospect for one in foreseen} == {ReplayOutcome.NOT_NEEDED}
    async with a_world(travelled, units, on(MARCH, 26, "08:00")) as world:
        await world.work()
        await world.collect((OURS, "1 åben opgave"))
        assert await world.rows(hop.NOBODY_LEFT) == [(0,)]


async def test_a_notice_that_is_refused_again_after_a_replay_is_an_escalation_again(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, bad={OURS: NO_SUCH_USER}) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((LEAD, "En besked om opgave FV-"))
        await world.at(on(MARCH, 24, "10:00"))
        await world.collect()
        (thing,) = await asyncio.to_thread(lying, travelled)
        await asyncio.to_thread(again, travelled, thing)
        await world.work()
        await world.collect((LEAD, "En besked om opgave FV-"))
        await world.work()
        await world.collect()
        # What a person has put aside instead is left to people.
        (thing,) = await asyncio.to_thread(lying, travelled)
        await asyncio.to_thread(again, travelled, thing)
        await world._until_sent()
        (thing,) = await asyncio.to_thread(lying, travelled)
        await asyncio.to_thread(put_aside, travelled, thing)
        await world.work()
        await world.collect()


async def test_a_machine_that_took_the_webhook_is_nobody_who_was_told(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, notifiers=0) as world:
        await world.decide(obliged(SPRING))
        for status in ("delivered", "due"):
            await world.rows(WEBHOOK, uuid4(), f"https://unit.example/{status}", status, status)
    async with a_world(travelled, UNITS, SPRING, bad={OURS: NO_SUCH_USER}) as world:
        while not await world.rows("SELECT 1 FROM deliveries WHERE status = 'refused'"):
            await asyncio.sleep(0.02)
        await world.runners[0].round()
        assert await world.rows("SELECT recipient FROM deliveries WHERE occasion = 'escalation'") == [(LEAD,)]
        await world.rows("UPDATE deliveries SET status = 'superseded' WHERE channel = 'webhook' RETURNING id")
        await world.work()
        await world.collect((LEAD, "En besked om opgave FV-"))


async def test_a_runner_that_meets_a_task_it_cannot_plan_goes_on_with_the_others(travelled: str) -> None:
    async with a_world(travelled, UNITS, SPRING, runners=1) as world:
        await world.decide(obliged(SPRING), obliged(SPRING, "other", unit=OTHER_UNIT, person="another"))
        await world.work()
        await world.collect((OURS, "Ny opgave"), (THEIRS, "Ny opgave"))
        await world.at(on(MARCH, 27, "08:00"), outage=True)
        steps = world.policy.steps
        assert steps is not None

        def rules(unit: str, day: date) -> object:
            if unit == UNIT:
                raise LookupError(unit)
            return steps.rules(unit, day)

        runner = Runner(world.connection, replace(steps, rules=rules))  # type: ignore[arg-type]  # as the policy's
        await runner.round()
        await world.work()
        await world.collect((THEIRS, "Påmindelse om opgave"), (OURS, "Påmindelse om opgave"))


async def test_a_sweep_that_meets_a_task_it_cannot_plan_plans_the_others(travelled: str) -> None:
    """When the rules change, all tasks are planned again."""
    async with a_world(travelled, UNITS, SPRING, runners=1) as world:
        await world.decide(obliged(SPRING), obliged(SPRING, "other", unit=OTHER_UNIT, person="another"))
        steps = world.policy.steps
        assert steps is not None
        broken = {UNIT}

        def rules(unit: str, day: date) -> object:
            if unit in broken:
                raise LookupError(unit)
            return steps.rules(unit, day)

        changed = replace(steps, rules=rules, fingerprint="changed")  # type: ignore[arg-type]  # as the policy's
        runner = Runner(world.connection, changed)
        planned = (
            "SELECT t.unit_id FROM plans JOIN tasks t ON t.id = task_id WHERE policy = 'changed' ORDER BY 1"
        )
        await runner.sweep()
        assert await world.rows(planned) == [(OTHER_UNIT,)]
        broken.clear()
        for _ in range(2):
            await runner.sweep()
        assert await world.rows(planned) == sorted([(UNIT,), (OTHER_UNIT,)])
