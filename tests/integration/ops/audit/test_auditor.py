"""A log and a ledger that agree give sums that balance; each way to disagree is found by its place."""

from datetime import timedelta

import pytest

from config.topics import PERSON_PARTITIONS, Topic
from models.eligibility import bounds
from models.events.receipt import ReceiptStatus
from models.reasons import Rejection
from ops.audit import consumer_groups
from ops.audit.checks.context import LISTED
from ops.audit.checks.sequences import MISSING, TWICE
from ops.audit.report import AuditReport, Check
from streams.batch_producer import partition_of
from tests.factories import uuid
from tests.integration.ops.audit.world import World, account, faults, places, student

HOUR = timedelta(hours=1)


def balances(result: AuditReport) -> bool:
    return all(one.balances for one in result.accounts)


async def tell_all(world: World, *names: str) -> None:
    """Whole students, booked and told."""
    for name in names:
        for event in student(name):
            world.tell(event)
    await world.book()
    world.deliver()


async def test_what_went_well_balances_in_every_hop(world: World) -> None:
    await tell_all(world, "a", "b", "c")
    result = world.audit()
    assert faults(result) == []
    assert result.unaccounted == result.under_way == 0
    assert balances(result)
    assert account(result, Check.RECEIPTS).parts == {"accepted": 12, "rejected": 0}
    assert account(result, Check.APPLIED).parts == {"applied": 12}
    assert account(result, Check.REVISIONS).parts == {"in_the_ledger": 3}
    assert account(result, Check.TASKS).parts == {"in_open_tasks": 3}
    assert account(result, Check.DELIVERIES).parts["delivered"] == 3


async def test_the_same_said_again_is_counted_and_is_no_fault(world: World) -> None:
    """A worker that died between its outputs and its commit says everything twice."""
    await tell_all(world, "a")
    event = student("b")[2].model_copy(update={"origin": world.input("residences")})
    world.answer(world.receipt(event))
    world.answer(world.receipt(event))
    first, second = world.call(event), world.call(event)
    for cause in (first, second):
        world.match(event, cause)
        world.apply(event, cause)
        world.apply(event, cause, changed=7)
    world.decide(world.decisions[0])
    await world.book()
    result = world.audit()
    assert faults(result) == []
    assert balances(result)
    hops = (Check.RECEIPTS, Check.PERSON_EVENTS, Check.APPLIED, Check.REVISIONS)
    assert [account(result, hop).beside["written_again"] for hop in hops] == [1, 1, 2, 1]


async def test_receipts_are_held_against_the_input_and_the_ledger(world: World) -> None:
    await tell_all(world, "a")
    unanswered, contradicted, unbooked, altered = (
        student(name)[2].model_copy(update={"origin": world.input("residences", 1)}) for name in "bcde"
    )
    refusal = {"status": ReceiptStatus.REJECTED, "reason": Rejection.NOT_JSON, "fingerprint": None}
    world.answer(world.receipt(contradicted, **refusal))
    world.answer(world.receipt(contradicted, **refusal | {"reason": Rejection.TOO_DEEP}), book=False)
    world.answer(world.receipt(unbooked, **refusal), book=False)
    world.answer(world.receipt(altered, **refusal))
    nowhere = altered.origin.model_copy(update={"offset": 4})
    world.answer(world.receipt(altered, **refusal, origin=nowhere), book=False)
    await world.book()
    world.sql("UPDATE receipts SET reason = 'too_large' WHERE partition = 1 AND \"offset\" = 3")
    world.sql("INSERT INTO receipts VALUES ('residences', 1, 5, now(), 'rejected')")
    world.write("enrolments", 1, b"{}")
    world.sql("INSERT INTO receipts VALUES ('enrolments', 1, 0, now(), 'rejected')")
    result = world.audit()
    assert {what: places(result, what) for _, what in faults(result)} == {
        "no receipt": [("residences", 1, 0)],
        "receipts that contradict each other": [("residences", 1, 1)],
        "its refusal is not in the ledger": [("residences", 1, 2)],
        "the ledger has another receipt than the log": [("residences", 1, 3)],
        "a receipt for a record that is not there": [("residences", 1, 4), ("residences", 1, 5)],
        "a receipt in the ledger that is not on the log": [("enrolments", 1, 0)],
    }
    assert account(result, Check.RECEIPTS).unaccounted == 7
    assert balances(result)
    patient = world.audit(grace=HOUR)
    assert {what for _, what in faults(patient)} == {what for _, what in faults(result)} - {
        "no receipt",
        "its refusal is not in the ledger",
    }
    assert account(patient, Check.RECEIPTS).under_way == 2
    assert unanswered.origin.offset == 0


async def test_a_burst_is_under_way_however_large_it_is(world: World) -> None:
    """More than are looked at one by one: the others wait until those before them are settled."""
    world.flood("residences", 1, LISTED + 40)
    whole = LISTED + 40
    for grace, waits, young in ((timedelta(0), True, whole), (HOUR, False, whole), (timedelta(0), False, 40)):
        receipts = account(world.audit(grace=grace, waits=waits), Check.RECEIPTS)
        assert (receipts.under_way, receipts.unaccounted) == (young, LISTED + 40 - young)
        assert receipts.balances


async def test_a_number_that_a_sender_gave_and_we_never_got_is_found(world: World) -> None:
    """One sender counts and the other does not; what is sent again keeps its number."""
    await tell_all(world, "a")
    events = [student("b")[0].model_copy(update={"origin": world.input("enrolments", 3)}) for _ in range(6)]
    refusal = {"status": ReceiptStatus.REJECTED, "reason": Rejection.CLOCK_AHEAD, "fingerprint": None}
    for event, number in zip(events, (7, 3, 7, 12, 4, 4), strict=True):
        same = events[0].event_id if number == 7 else event.event_id
        world.answer(world.receipt(event, **refusal, sequence=number, event_id=same))
    await world.book()
    result = world.audit()
    assert [(one.what, one.detail, one.offset) for one in result.exceptions] == [
        (MISSING, "sender 280051: 5 to 6", 0),
        (MISSING, "sender 280051: 8 to 11", 3),
        (TWICE, "sender 280051: 4", 4),
    ]
    sequences = account(result, Check.SEQUENCES)
    assert (sequences.total, sequences.parts, sequences.unaccounted) == (10, {"received": 3}, 7)
    assert balances(result)
    patient = world.audit(grace=HOUR)
    assert faults(patient) == [(Check.SEQUENCES, TWICE)]
    assert account(patient, Check.SEQUENCES).under_way == 6
    assert world.sql("SELECT sum(sequence) FROM receipts") == [(7 + 3 + 7 + 12 + 4 + 4,)]


async def test_person_events_are_held_against_receipts_entries_and_the_ledger(world: World) -> None:
    await tell_all(world, "a")
    uncalled, waiting, contradicted, mistaken, unbooked = (
        student("b")[2].model_copy(update={"origin": world.input("residences", 2)}) for _ in range(5)
    )
    causes = [world.call(event) for event in (uncalled, waiting, contradicted, mistaken, unbooked)]
    for event in (waiting, contradicted, mistaken, unbooked):
        world.answer(world.receipt(event))
    world.answer(world.receipt(uncalled, status=ReceiptStatus.REJECTED, reason=Rejection.NOT_JSON))
    world.apply(uncalled, causes[0])
    world.apply(contradicted, causes[2])
    world.apply(contradicted, causes[2], person_id="somebody else", book=False)
    world.apply(mistaken, causes[3], origin_offset=77)
    world.apply(unbooked, causes[4], book=False)
    part = partition_of("person b", PERSON_PARTITIONS)
    nowhere = causes[4].model_copy(update={"offset": 5})
    world.apply(unbooked, nowhere, book=False)
    await world.book()
    result = world.audit()
    found = {
        what: [offset for _, _, offset in places(result, what)]
        for hop, what in faults(result)
        if hop is Check.APPLIED
    }
    base = causes[0].offset
    assert found == {
        "not applied": [base + 1],
        "applied entries that contradict each other": [base + 2],
        "its applied entry speaks of another record": [base + 3],
        "its applied entry is not in the ledger": [base + 4],
        "an applied entry for a person event that is not there": [base + 5],
    }
    assert places(result, "not applied") == [(str(Topic.PERSON_EVENTS), part, base + 1)]
    assert places(result, "a person event without an accepted receipt") == [("residences", 2, 0)]
    assert account(result, Check.APPLIED).unaccounted == 5
    assert balances(result)


async def test_an_event_that_was_driven_again_is_accounted_for_by_the_second(world: World) -> None:
    await tell_all(world, "a")
    event = student("b")[2].model_copy(update={"origin": world.input("residences")})
    world.answer(world.receipt(event))
    world.call(event)
    world.apply(event, world.call(event))
    await world.book()
    for result in (world.audit(), world.audit()):
        assert faults(result) == []
        assert account(result, Check.APPLIED).parts == {"applied": 5, "driven_again": 1}


async def test_revisions_are_whole_and_the_ledger_has_the_last(world: World) -> None:
    await tell_all(world, "a", "b", "c", "d", "e", "f")
    by_person = {decision.message.person_id: decision for decision in world.decisions}
    hole, twice, passed, altered, ahead = (by_person[f"person {name}"] for name in "abcde")
    world.decide(hole.model_copy(update={"revision": 3}))
    world.decide(twice.model_copy(update={"sealed": "another"}), book=False)
    world.decide(passed.model_copy(update={"revision": 2}), book=False)
    await world.book()
    by_hand = "UPDATE messages SET {} WHERE message_id = %s"
    world.sql(by_hand.format("law_version = 'another'"), altered.message.message_id)
    world.sql(by_hand.format("revision = 9"), ahead.message.message_id)
    unknown = (
        "INSERT INTO messages SELECT sender, gen_random_uuid()::text, person_id, revision, 'undecided', reason, NULL, "
        "NULL, law_version, review_on, registered_at, appended_at, origin_topic, origin_partition, 999, decision "
        "FROM messages LIMIT 1"
    )
    world.sql(unknown)
    late = by_person["person f"].model_copy(update={"revision": 2})
    world.decide(late)
    result = world.audit()
    found = {
        one.what: one.message_id
        for one in result.exceptions
        if one.hop is Check.REVISIONS and one.what != "a message in the ledger that the log does not know"
    }
    assert found == {
        "revisions with holes": hole.message.message_id,
        "a revision with two contents": twice.message.message_id,
        "the ledger has passed it by": passed.message.message_id,
        "the ledger says otherwise than the log": altered.message.message_id,
        "the ledger has a revision that the log does not": ahead.message.message_id,
    }
    assert account(result, Check.REVISIONS).unaccounted == 6
    assert account(result, Check.REVISIONS).under_way == 1
    assert balances(result)


@pytest.mark.parametrize("other", [{}, {"fingerprint": "another", "sealed": "another"}])
async def test_a_message_too_many_that_is_sent_again_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch, other: dict[str, str]
) -> None:
    """It is not remembered, so each time it is answered as if it were new: with the same content, and with another."""
    monkeypatch.setattr(bounds, "MAX_EVENTS", 2)
    monkeypatch.setattr(bounds, "FEW_EVENTS", 2)
    await tell_all(world, "a")
    message = student("a")[-1].model_copy(update={"event_id": uuid("too many")})
    for one in (message, message.model_copy(update=other)):
        world.tell(one)
        await world.book()
    result = world.audit()
    assert faults(result) == []
    assert balances(result)
    assert account(result, Check.REVISIONS).parts == {"in_the_ledger": 2}
    assert account(result, Check.TASKS).parts == {"in_open_tasks": 1}


async def test_a_task_that_was_moved_by_hand_is_found_by_the_oracle(world: World) -> None:
    """Message and task agree with each other; only somebody who knows where the person lives can tell."""
    await tell_all(world, "a", "b")
    assert faults(world.audit()) == []
    message = world.decisions[0].message.message_id
    world.sql("UPDATE messages SET unit_id = 'jc-0751' WHERE message_id = %s", message)
    world.sql(
        "UPDATE tasks SET unit_id = 'jc-0751' WHERE id = (SELECT task_id FROM messages WHERE message_id = %s)",
        message,
    )
    result = world.audit()
    astray = [one for one in result.exceptions if one.hop is Check.TASKS]
    assert [(one.what, one.message_id) for one in astray] == [("at another unit than the oracle's", message)]
    assert account(result, Check.TASKS).parts == {"in_open_tasks": 1}
    assert balances(result)


@pytest.mark.parametrize("ahead", [0, 1])
async def test_no_offset_is_committed_before_what_follows_from_it_is_durable(
    world: World, ahead: int
) -> None:
    await tell_all(world, "a")
    event = student("b")[2].model_copy(update={"origin": world.input("residences")})
    world.call(event)
    part = partition_of("person b", PERSON_PARTITIONS)
    world.commit(consumer_groups.WORKER, "residences", 0, 1 + ahead)
    end = 4 if part == partition_of("person a", PERSON_PARTITIONS) else 0
    world.commit(consumer_groups.WORKER, str(Topic.PERSON_EVENTS), part, end + ahead)
    world.commit(consumer_groups.LEDGER, str(Topic.RECEIPTS), 0, 4 + ahead)
    result = world.audit(grace=HOUR)
    found = [(one.topic, one.partition, one.offset) for one in result.exceptions if one.hop is Check.OFFSETS]
    assert sorted(found) == sorted(
        [("residences", 0, 1), (str(Topic.PERSON_EVENTS), part, end), (str(Topic.RECEIPTS), 0, 4)] * ahead
    )
    assert balances(result)


async def test_attempts_agree_with_what_became_of_the_notice(world: World) -> None:
    await tell_all(world, *"abcdefgh")
    tasks = [task for (task,) in world.sql("SELECT id FROM tasks ORDER BY id")]
    change = "UPDATE deliveries SET {} WHERE task_id = %s"
    attempt = (
        "INSERT INTO attempts SELECT id, {}, now() + {}, '{}', NULL, '' FROM deliveries WHERE task_id = %s"
    )
    none = "DELETE FROM attempts WHERE delivery_id = (SELECT id FROM deliveries WHERE task_id = %s)"
    world.sql(none, tasks[0])
    world.sql(attempt.format(2, "interval '1 h'", "try_again"), tasks[1])
    world.sql(change.format("status = 'exhausted'"), tasks[2])
    world.sql(none, tasks[2])
    world.sql(change.format("attempts = 2"), tasks[3])
    world.sql(change.format("status = 'refused'"), tasks[4])
    world.sql(attempt.format(0, "interval '-1 h'", "indeterminate"), tasks[5])
    world.sql(change.format("attempts = 2"), tasks[5])
    world.sql(
        "UPDATE attempts SET attempt = attempt + 1 WHERE delivery_id = (SELECT id FROM deliveries "
        "WHERE task_id = %s)",
        tasks[5],
    )
    world.sql(attempt.format(2, "interval '-1 h'", "delivered"), tasks[6])
    world.sql(change.format("attempts = 2"), tasks[6])
    result = world.audit()
    found = {one.task_id: one.what for one in result.exceptions if one.hop is Check.DELIVERIES}
    assert found == {
        str(tasks[0]): "delivered, and no attempt says so",
        str(tasks[1]): "an attempt after its end",
        str(tasks[2]): "ended without a reason",
        str(tasks[3]): "its attempts are not as many as it says",
        str(tasks[4]): "an attempt delivered it, and it is not delivered",
        str(tasks[6]): "delivered by more than one attempt",
    }
    deliveries = account(result, Check.DELIVERIES)
    assert deliveries.beside == {"possible_copies": 1, "came_back": 0}
    assert deliveries.parts["delivered"] == 2
    assert balances(result)


async def test_a_notice_that_came_back_is_refused_with_a_reason_and_counted(world: World) -> None:
    await tell_all(world, *"abc")
    back, again, claimed = (task for (task,) in world.sql("SELECT id FROM tasks ORDER BY id"))
    for task in (back, again, claimed):
        world.sql(
            "UPDATE deliveries SET status = 'refused', attempts = 2, ended_at = now() WHERE task_id = %s",
            task,
        )
        world.sql(
            "INSERT INTO attempts SELECT id, 2, now(), 'refused', NULL, 'bounce: 5.1.1' FROM deliveries "
            "WHERE task_id = %s",
            task,
        )
        world.sql(
            "INSERT INTO audit (kind, task_id, detail) SELECT 'delivery_refused', task_id, "
            "jsonb_build_object('delivery_id', id) FROM deliveries WHERE task_id = %s",
            task,
        )
    for task in (back, again):
        world.sql(
            "INSERT INTO bounces (delivery_id, report, action, status, found) "
            "SELECT id, 'x', 'failed', '5.1.1', 'delivered' FROM deliveries WHERE task_id = %s",
            task,
        )
    # A person has let it go out again, and this time it was taken for good.
    world.sql("UPDATE deliveries SET status = 'delivered', attempts = 3 WHERE task_id = %s", again)
    world.sql(
        "INSERT INTO attempts SELECT id, 3, now(), 'delivered', 250, '' FROM deliveries WHERE task_id = %s",
        again,
    )
    result = world.audit()
    # The third was marked as refused, and no report of the mail system stands behind it.
    assert {one.task_id: one.what for one in result.exceptions if one.hop is Check.DELIVERIES} == {
        str(claimed): "an attempt delivered it, and it is not delivered"
    }
    # Nobody looks after refused notices here, and that is seen as well.
    assert account(result, Check.STEPS).under_way > 0
    deliveries = account(result, Check.DELIVERIES)
    assert deliveries.beside["came_back"] == 2
    assert deliveries.parts["refused"] == 1
    assert balances(result)


async def test_a_mail_that_nobody_understood_is_accounted_for_as_a_case(world: World) -> None:
    await tell_all(world, *"a")
    world.sql(
        "INSERT INTO bounces (delivery_id, report, action, status, found) "
        "SELECT id, kind, kind, '0.0.0', 'delivered' FROM deliveries, (VALUES ('unread'), ('other'), ('delayed')) "
        "AS reports (kind)"
    )
    result = world.audit()
    bounces = account(result, Check.BOUNCES)
    assert bounces.parts == {"refused": 0, "noted": 3}
    assert (bounces.total, bounces.unaccounted, bounces.beside) == (3, 0, {"not_understood": 1})
    world.sql(
        "INSERT INTO quarantine (kind, id, since, state, reason, decided_by) SELECT 'bounce', "
        "delivery_id || '/' || left(report, 16), at, 'dismissed', 'not_understood', 'a' FROM bounces "
        "WHERE action = 'unread'"
    )
    assert account(world.audit(), Check.BOUNCES).beside == {"not_understood": 0}
