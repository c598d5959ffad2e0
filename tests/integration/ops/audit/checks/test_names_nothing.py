"""What names nothing is listed and no gap; the ledger's words across people are accounted for."""

from datetime import timedelta

import psycopg

from ledger.consume import names_nothing
from models.events.person_event import PersonEvent
from models.events.receipt import AppliedSubject
from ops.audit.checks.names_nothing import NAMES_NOTHING
from ops.audit.report import Check
from tests.factories import DAY, enrolment, enrolment_end, moment
from tests.integration.ops.audit.world import World, account, faults, places, student


def tell(world: World, event: PersonEvent) -> PersonEvent:
    """All that comes of a fact, with what it is about."""
    event = event.model_copy(update={"origin": world.input("enrolments")})
    world.answer(world.receipt(event))
    world.apply(event, world.call(event), subject=AppliedSubject.of(event))
    return event


async def test_it_is_listed_and_no_gap_and_its_word_needs_no_receipt(world: World) -> None:
    person, other = (student(name)[0].person_id for name in "ab")
    mistyped = tell(world, enrolment_end(DAY, person_id=person, name="mistyped"))
    tell(world, enrolment(person_id=person))
    tell(world, enrolment(person_id=other, at=moment(DAY)))
    await world.book()
    async with await psycopg.AsyncConnection.connect(world.url) as connection:
        await names_nothing.tell(connection, timedelta(seconds=-1))
        words = await (
            await connection.execute("SELECT value FROM outbox WHERE topic = 'person-events'")
        ).fetchall()
    (word,) = [PersonEvent.model_validate_json(value) for (value,) in words]
    assert word.person_id == person
    world.apply(word, world.call(word))
    await world.book()
    result = world.audit()
    assert faults(result) == [(Check.NAMES_NOTHING, NAMES_NOTHING)]
    assert places(result, NAMES_NOTHING) == [mistyped.origin.place]
    assert (result.unaccounted, result.under_way) == (0, 0)
    assert account(result, Check.NAMES_NOTHING).parts == {"told": 1, "let_be": 0}
