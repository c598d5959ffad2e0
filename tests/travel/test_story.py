"""One task through reminder, weekend, Easter, both nights on which the clock changes, escalation, hand-over and end."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from models.tasks.actions import (
    Acknowledge,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    HandOver,
    HandOverReason,
    Initiative,
    Take,
)
from tests.factories import moment
from tests.travel.clock import under_our_clock
from tests.travel.people import AUTUMN, LEAD, OURS, SPRING, THEIRS, UNITS, obliged
from tests.travel.world import World, a_world
from tests.unit.ledger.decisions import OTHER_UNIT, UNIT

MARCH, APRIL, OCTOBER = (2026, 3), (2026, 4), (2026, 10)


def on(month: tuple[int, int], day: int, clock: str) -> datetime:
    """By Copenhagen's clock."""
    return moment(date(*month, day), clock)


async def test_a_task_from_its_message_over_easter_to_its_end(database: str) -> None:
    await under_our_clock(database)
    async with a_world(database, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        await world.collect((OURS, "Ny opgave FV-"))
        assert await world.react_by(UNIT) == date(2026, 3, 31)

        for day, clock in ((24, "12:00"), (25, "08:00"), (26, "15:00"), (27, "07:59")):
            await world.at(on(MARCH, day, clock))
            await world.collect()
        await world.at(on(MARCH, 27, "08:00"))
        await world.collect((OURS, "Påmindelse om opgave FV-"))

        # The weekend, and the night on which the hour from two to three does not exist.
        for moment_ in (
            on(MARCH, 28, "12:00"),
            datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 1, tzinfo=UTC),
            on(MARCH, 29, "12:00"),
            datetime(2026, 3, 30, 5, 59, tzinfo=UTC),
        ):
            await world.at(moment_)
            await world.collect()
        await world.at(datetime(2026, 3, 30, 6, 0, tzinfo=UTC))
        await world.collect((LEAD, "Ingen har kvitteret for opgave FV-"))

        for moment_ in (on(MARCH, 31, "08:00"), on(MARCH, 31, "23:59"), on(APRIL, 1, "07:59")):
            await world.at(moment_)
            await world.collect()
        await world.at(on(APRIL, 1, "08:00"))
        await world.collect((OURS, "Opgave FV-"))

        for day in (2, 3, 4, 5, 6, 7):
            await world.at(on(APRIL, day, "12:00"))
            await world.collect()
        await world.at(on(APRIL, 8, "08:00"))
        late = f"hos Jobcenter {UNIT} er stadig åben"
        await world.collect((OURS, "Opgave FV-"), (LEAD, "Opgave FV-"))
        assert all(late in subject for subject in await subjects_of(world, "escalation", level=2))

        await world.at(on(APRIL, 9, "10:00"))
        ours = await world.task(UNIT)
        done = await world.do(
            ours, HandOver(to_unit=OTHER_UNIT, reason=HandOverReason.MOVED), unit=UNIT, act_id=uuid4()
        )
        theirs = done.successor
        assert theirs is not None
        await world.work()
        await world.collect((OURS, "Opgave FV-"), (THEIRS, "Opgave FV-"))
        assert await world.react_by(OTHER_UNIT) == date(2026, 3, 31)

        # On the tenth those above us would have been told: it is another unit's now, and its clock begins.
        await world.at(on(APRIL, 10, "08:00"))
        await world.collect((THEIRS, "Opgave FV-"))
        for deed in (
            Take(),
            ContactAttempt(at=on(APRIL, 13, "09:00"), form=ContactForm.PHONE, reached=True),
            Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR,)),
        ):
            await world.at(on(APRIL, 13, "09:30"))
            await world.do(theirs, deed, unit=OTHER_UNIT, act_id=uuid4())
        await world.at(on(APRIL, 13, "10:00"))
        await world.collect()
        for month, day in ((APRIL, 14), (APRIL, 16), ((2026, 5), 4), ((2026, 8), 3)):
            await world.at(on(month, day, "12:00"))
            await world.collect()

        ended = await world.rows(
            "SELECT kind, level, status, reason FROM steps WHERE task_id = %s ORDER BY due_at, level", theirs
        )
        assert ended == [
            ("overdue", 1, "fired", None),
            ("escalation", 2, "stopped", "task_closed"),
            ("escalation", 3, "stopped", "task_closed"),
        ]
        ended = await world.rows(
            "SELECT kind, level, status, reason FROM steps WHERE task_id = %s ORDER BY due_at, level", ours
        )
        assert ended == [
            ("reminder", 1, "fired", None),
            ("escalation", 1, "fired", None),
            ("overdue", 1, "fired", None),
            ("escalation", 2, "fired", None),
            ("escalation", 3, "stopped", "task_withdrawn"),
        ]


async def subjects_of(world: World, occasion: str, *, level: int) -> list[str]:
    found = await world.rows(
        "SELECT d.frozen ->> 'subject' FROM deliveries d JOIN steps s ON d.cause = 'step:' || s.id "
        "WHERE d.occasion = %s AND s.level = %s",
        occasion,
        level,
    )
    return [str(subject) for (subject,) in found]


async def test_a_task_over_the_night_that_has_an_hour_twice(database: str) -> None:
    await under_our_clock(database)
    async with a_world(database, UNITS, AUTUMN) as world:
        await world.decide(obliged(AUTUMN))
        await world.work()
        await world.collect((OURS, "Ny opgave FV-"))
        await world.at(datetime(2026, 10, 22, 6, 0, tzinfo=UTC))
        await world.collect((OURS, "Påmindelse om opgave FV-"))

        await world.at(on(OCTOBER, 22, "09:00"))
        await world.do(await world.task(UNIT), Acknowledge(), unit=UNIT, act_id=uuid4())
        for moment_ in (
            on(OCTOBER, 23, "08:00"),
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            on(OCTOBER, 26, "12:00"),
            # Eight o'clock in summer time; it is seven now.
            datetime(2026, 10, 27, 6, 0, tzinfo=UTC),
        ):
            await world.at(moment_)
            await world.collect()
        # Whoever has acknowledged is told all the same: the duty is open.
        await world.at(datetime(2026, 10, 27, 7, 0, tzinfo=UTC))
        await world.collect((OURS, "Opgave FV-"))


async def test_the_collector_fails_on_what_is_missing_and_on_what_nobody_wanted(database: str) -> None:
    await under_our_clock(database)
    async with a_world(database, UNITS, SPRING) as world:
        await world.decide(obliged(SPRING))
        await world.work()
        with pytest.raises(AssertionError, match="nobody wanted"):
            await world.collect()
        with pytest.raises(AssertionError, match="missing"):
            await world.collect((OURS, "Ny opgave FV-"))
        await world.at(SPRING + timedelta(hours=1))
        await world.collect()
