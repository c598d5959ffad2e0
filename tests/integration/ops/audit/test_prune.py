"""The notes lose what can never matter again, and only that: the audit says the same with them as without."""

from datetime import date, timedelta

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from models.events.receipt import ReceiptStatus
from ops.audit.index import AuditIndex
from ops.audit.report import Check
from tests.integration.ops.audit.checks.test_totals import ENROLLED, declare, sent
from tests.integration.ops.audit.world import QUIET, World, account, faults, student


def remove(world: World, topic: str, partition: int, before: int) -> None:
    """As retention does."""
    admin = AdminClient(world.kafka.librdkafka() | QUIET)
    for removed in admin.delete_records([TopicPartition(topic, partition, before)]).values():
        removed.result(20)


def places(index: AuditIndex, topic: str) -> list[int]:
    return [place for (place,) in index.rows("SELECT place FROM origin WHERE topic = ? ORDER BY 1", (topic,))]


async def test_what_is_gone_and_in_balance_is_taken_out_of_the_notes(world: World) -> None:
    for name in ("a", "b", "c"):
        for event in student(name):
            world.tell(event)
    twice = student("d")[2].model_copy(update={"origin": world.input("residences")})
    for _ in range(2):
        world.answer(world.receipt(twice))
    cause = world.call(twice)
    world.match(twice, cause)
    world.apply(twice, cause)
    await world.book()
    world.deliver()
    index = AuditIndex()
    whole = world.audit(index=index)
    assert faults(whole) == []
    assert places(index, "residences") == [0, 1, 2, 3]
    remove(world, "residences", 0, 4)
    remove(world, "enrolments", 0, 2)
    for _ in range(2):
        result = world.audit(index=index)
        assert faults(result) == []
        assert account(result, Check.RECEIPTS).total == account(whole, Check.RECEIPTS).total - 6
        assert account(result, Check.RECEIPTS).beside == account(whole, Check.RECEIPTS).beside
        assert account(result, Check.APPLIED) == account(whole, Check.APPLIED)
        assert account(result, Check.PERSON_EVENTS) == account(whole, Check.PERSON_EVENTS)
    assert places(index, "residences") == [3]
    assert places(index, "enrolments") == [2]
    assert faults(world.audit()) == []


async def test_what_is_not_in_balance_stays(world: World) -> None:
    """Receipts that contradict each other, and one that was accepted and never followed, are exceptions for ever."""
    for event in student("a"):
        world.tell(event)
    contradicted, unfollowed = (
        student(name)[2].model_copy(update={"origin": world.input("residences")}) for name in "bc"
    )
    world.answer(world.receipt(contradicted, status=ReceiptStatus.REJECTED, fingerprint=None))
    world.answer(world.receipt(contradicted, fingerprint="other"), book=False)
    world.answer(world.receipt(unfollowed))
    await world.book()
    world.deliver()
    index = AuditIndex()
    world.audit(index=index)
    remove(world, "residences", 0, 3)
    result = world.audit(index=index)
    assert places(index, "residences") == [1, 2]
    assert (Check.PERSON_EVENTS, "accepted, but not applied") in faults(result)


async def test_numbers_are_counted_from_the_lowest_that_the_log_still_holds(world: World) -> None:
    """A hole stays an exception, however old: what is before it is taken out as far as it is whole."""
    for number in (1, 2, 3, 5, 6):
        sent(world, date(2025, 10, 1), sequence=number)
    await world.book()
    index = AuditIndex()
    world.audit(index=index)
    remove(world, "enrolments", 3, 4)
    result = world.audit(index=index)
    assert [one.case for one in result.exceptions] == ["gap/280051/4-4"]
    result = world.audit(index=index)
    assert [one.case for one in result.exceptions] == ["gap/280051/4-4"]
    assert account(result, Check.SEQUENCES).total == 4
    assert [number for (number,) in index.rows("SELECT number FROM sequence ORDER BY 1")] == [3, 5, 6]


async def test_days_are_kept_while_their_total_is(world: World) -> None:
    """And one whose total comes later is compared all the same."""
    first, second = date(2025, 10, 1), date(2025, 10, 2)
    for day in (first, second):
        sent(world, day)
    declare(world, first, {ENROLLED: 1})
    await world.book()
    index = AuditIndex()
    assert account(world.audit(index=index), Check.TOTALS).parts == {"agree": 1}
    assert list(index.rows("SELECT day FROM day")) == [("2025-10-01",)]
    declare(world, second, {ENROLLED: 2})
    await world.book()
    remove(world, "control-totals", 0, 1)
    result = world.audit(index=index)
    assert [one.case for one in result.exceptions] == ["total/280051/2025-10-02/enrolment.registered.v1/2-1"]
    assert list(index.rows("SELECT day FROM total")) == [("2025-10-02",)]
    patient = world.audit(index=index, grace=timedelta(hours=1))
    assert account(patient, Check.TOTALS).under_way == 1
