"""The equations know *erased*: before the ledger has come to it, after it, and for an index that is begun anew."""

from datetime import timedelta

from config.topics import Topic
from ledger.consume.batch import Said
from models.eligibility.apply_event import apply
from models.eligibility.erase import erased_by
from models.eligibility.person_record import PersonRecord
from models.events.person_event import Origin, PersonEvent
from ops.audit.checks.applied import NOT_FORGOTTEN
from ops.audit.index import AuditIndex
from ops.audit.report import Check
from tests.factories import LAW
from tests.integration.ops.audit.world import World, account, faults, student

PHANTOM = "a message in the ledger that the log does not know"


def erase(world: World, person: str, *, book: bool = True) -> PersonEvent:
    """The erasing event, applied by the real rule, with what match says of it."""
    latest = max(one.origin.appended_at for one in world.people[person].events)
    origin = Origin(topic="erasures", partition=0, offset=0, appended_at=latest + timedelta(milliseconds=1))
    event = erased_by(person, origin, "request-1")
    again(world, event, book=book)
    return event


def again(world: World, event: PersonEvent, *, book: bool = True) -> None:
    """An event is called, applied, and answered."""
    cause = world.call(event)
    record = world.people.get(event.person_id) or PersonRecord(person_id=event.person_id)
    step = apply(record, event, cause, LAW)
    world.people[event.person_id] = step.record
    for said in step.said:
        value = said.model_dump_json(exclude_none=True).encode()
        written = world.write(Topic.DECISIONS, cause.partition, value, b"key of its own %d" % cause.offset)
        if book:
            world.batch.said.append(Said(cause.partition, written.offset() or 0, said))
    world.apply(event, cause, book=book, erased=True if step.erased else None)


async def told(world: World) -> tuple[str, PersonEvent]:
    """Two whole people, booked; the first one's pseudonym and message."""
    events = [world.tell(event) for event in student("a")]
    for event in student("b"):
        world.tell(event)
    await world.book()
    world.deliver()
    assert faults(world.audit()) == []
    return events[0].person_id, events[-1]


async def test_an_erased_person_is_accounted_for(world: World) -> None:
    """By an index that has known the person, and by one that begins anew; a redriven record changes nothing."""
    index = AuditIndex()
    person, message = await told(world)
    world.audit(index=index)
    erase(world, person)
    again(world, message)
    await world.book()
    for known in (index, AuditIndex()):
        for _ in range(2):
            result = world.audit(index=known)
            assert faults(result) == []
            assert (result.unaccounted, result.under_way) == (0, 0)
            assert all(one.balances for one in result.accounts)
        assert account(result, Check.DECISIONS).parts["erased"] == 1
        assert account(result, Check.DECISIONS).parts["obliged"] == 1
        assert account(result, Check.APPLIED).beside["erased"] == 6
        known.close()


async def test_the_index_forgets_what_the_person_was(world: World) -> None:
    index = AuditIndex()
    person, _ = await told(world)
    world.audit(index=index)
    before = {table: _rows(index, table) for table in ("message", "revision", "home")}
    erase(world, person)
    await world.book()
    world.audit(index=index)
    assert {table: _rows(index, table) for table in before} == {table: n // 2 for table, n in before.items()}
    assert next(index.rows("SELECT count(*) FROM event WHERE erased AND person IS NOT NULL"))[0] == 0
    index.close()


def _rows(index: AuditIndex, table: str) -> int:
    found: int = index.value(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    return found


async def test_until_the_ledger_has_come_to_the_mark_nothing_is_wrong(world: World) -> None:
    index = AuditIndex()
    person, _ = await told(world)
    world.audit(index=index)
    erase(world, person)
    result = world.audit(index=index)
    assert faults(result) == []
    assert account(result, Check.APPLIED).under_way > 0
    await world.book()
    assert faults(world.audit(index=index)) == []
    index.close()


async def test_a_ledger_that_has_passed_the_mark_and_not_forgotten_is_named(world: World) -> None:
    person, _ = await told(world)
    erase(world, person, book=False)
    await world.book()
    found = faults(world.audit())
    assert (Check.APPLIED, NOT_FORGOTTEN) in found
    assert (Check.REVISIONS, PHANTOM) in found
