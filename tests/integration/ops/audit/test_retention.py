"""After a night of retention every equation still holds: on a real broker, in a real database."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from config.reference.retention import retention_rules
from config.topics import PERSON_PARTITIONS, Topic
from infra.postgres import SyncConnection
from infra.stream_mac import StreamMac
from ledger.consume.batch import Said
from ledger.store import retention as store
from models.eligibility.apply_event import apply
from models.eligibility.erase import erased_by
from models.eligibility.last_fact import LastFact, last_fact
from models.eligibility.person_record import PersonRecord
from models.events.event_types import InputTopic
from models.events.person_event import PersonEvent
from models.events.receipt import ReceiptStatus
from models.operator import Operator
from models.reasons import Rejection
from models.retention import HeldBack, RetentionClass, RetentionRules
from ops.audit.index import AuditIndex
from ops.audit.kafka_log import KafkaLog
from ops.recovery import erasure_requests
from ops.recovery.erasure_log import ErasureLog
from ops.recovery.erasure_search import in_tables
from ops.retention import night
from ops.retention.case_file import CaseNames, as_data, as_page, read_case
from ops.retention.log import LogView, look
from ops.retention.plan import RetentionPlan, plan
from ops.trail.store import link, links
from ops.trail.verify import TrailReader
from streams.batch_producer import partition_of
from tests.factories import LAW, annulment, enrolment_end
from tests.integration.ops.audit.world import QUIET, World, faults, student
from tests.reference import SHIPPED

ANNE: Final = Operator("anne", "looked at it")
MAC: Final = StreamMac(None, None)
LATER: Final = date(2040, 1, 1)
"""When the time of everything is over."""


def rules(today: date, **changes: Any) -> RetentionRules:
    """As shipped, and allowed."""
    shipped = retention_rules(SHIPPED, today)
    return {of: replace(rule, authorisation="made up", **changes) for of, rule in shipped.items()}


def accept_all(connection: SyncConnection, known: RetentionRules) -> datetime:
    """Somebody has looked at every plan; returns a moment after the week."""
    for rule in known.values():
        store.accept(connection, rule, ANNE)
    return datetime.now(UTC) + timedelta(days=8)


def over(name: str) -> list[PersonEvent]:
    """A student whose enrolment and benefit are over."""
    told = student(name)
    ends = [
        enrolment_end(date(2025, 12, 1), name=f"study {name}"),
        annulment(at=datetime(2026, 1, 1, tzinfo=UTC), name=f"help {name}"),
    ]
    topics = ("enrolments", "benefits")
    return told + [
        one.model_copy(
            update={
                "person_id": told[0].person_id,
                "origin": one.origin.model_copy(update={"topic": topic}),
            }
        )
        for one, topic in zip(ends, topics, strict=True)
    ]


async def told(world: World) -> list[str]:
    """Two people whose facts are over, one of whom closed, and one who studies."""
    people = []
    for events in (over("a"), over("b"), student("c")):
        told = [world.tell(event) for event in events]
        people.append(told[0].person_id)
    await world.book()
    world.deliver()
    return people


def facts(world: World) -> dict[str, LastFact | None]:
    return {person: last_fact(record) for person, record in world.people.items()}


def planned(world: World, connection: SyncConnection, known: RetentionRules, now: datetime) -> RetentionPlan:
    return plan(connection, view(world), known, today=LATER, now=now)


def view(world: World) -> LogView:
    """As `look` reads it; match's state stands in the world."""
    log = KafkaLog(world.kafka)
    held = {
        (str(topic), part): first for topic in InputTopic for part, (first, _) in log.bounds(topic).items()
    }
    log.close()
    return LogView(facts=facts(world), first_held=held)


def input_ends(world: World) -> None:
    """The brokers' retention has taken all input."""
    log, admin = KafkaLog(world.kafka), AdminClient(world.kafka.librdkafka() | QUIET)
    ends = [
        TopicPartition(str(topic), part, end)
        for topic in InputTopic
        for part, (_, end) in log.bounds(topic).items()
    ]
    log.close()
    for future in admin.delete_records(ends).values():
        future.result(20)


def in_plan(found: RetentionPlan, of: RetentionClass) -> Any:
    return next(one for one in found.classes if one.rule.of is of)


async def erase(world: World, connection: SyncConnection) -> int:
    """What `retention run` does of a request, with the worker's and the ledger's part; returns how many records."""
    (one,) = erasure_requests.approved(connection)
    assert one.by_rule
    assert one.before is not None
    assert erasure_requests.obstacle(connection, one.people) is None
    async with ErasureLog(world.kafka, MAC) as log:
        origin = await log.cut_off(one.people, str(one.id), one.before)
        erasure_requests.set_cut_off(connection, one.id, origin)
        assert origin.appended_at == one.before
        for person in one.people:
            _apply(world, erased_by(person, origin, str(one.id)))
        await world.book()
        assert erasure_requests.has_forgotten(connection, one.people, origin.appended_at)
        buried = await log.bury(one.people, origin.appended_at)
    erasure_requests.done(connection, one.id)
    return buried


def _apply(world: World, event: PersonEvent) -> None:
    cause = world.call(event)
    step = apply(world.people[event.person_id], event, cause, LAW)
    world.people[event.person_id] = step.record
    for said in step.said:
        value = said.model_dump_json(exclude_none=True).encode()
        written = world.write(Topic.DECISIONS, cause.partition, value, b"of its own %d" % cause.offset)
        world.batch.said.append(Said(cause.partition, written.offset() or 0, said))
    world.apply(event, cause, erased=True if step.erased else None)


async def test_a_person_goes_when_all_is_over_and_the_audit_misses_nothing(world: World) -> None:
    """Held back by an open task, by the receipt, by a hold; then gone, with an index of before and a new one."""
    index = AuditIndex()
    one, other, studies = await told(world)
    assert faults(world.audit(index=index)) == []
    with psycopg.connect(world.url, autocommit=True) as connection:
        known = rules(LATER)
        now = accept_all(connection, known)
        found = planned(world, connection, known, now)
        assert found.ready == []
        # Facts that were taken back have withdrawn the tasks: no one is open, and nobody has journalised them.
        assert in_plan(found, RetentionClass.OBLIGED).held == {HeldBack.NOT_JOURNALISED: 2}
        references: dict[str, str] = dict(
            connection.execute("SELECT person_id, reference FROM tasks").fetchall()
        )
        for person in (one, other):
            store.journalise(connection, references[person], "2026-1234", ANNE)
        store.hold_task(connection, references[other], "a complaint", ANNE)
        found = planned(world, connection, known, now)
        assert [due.person.people for due in found.ready] == [(one,)]
        assert in_plan(found, RetentionClass.OBLIGED).held == {HeldBack.ON_HOLD: 1}
        assert night.ask(connection, found.ready, most=10) is not None
        assert await erase(world, connection) > 0
        left = _everywhere(connection, one)
        assert left == []
        assert _everywhere(connection, other) != []
        for known_index in (index, AuditIndex()):
            result = world.audit(index=known_index)
            assert faults(result) == []
            assert (result.unaccounted, result.under_way) == (0, 0)
        before = connection.execute("SELECT count(*) FROM receipts").fetchone()
        assert before == (len(over("a")) * 2 + len(student("c")),)
        found = planned(world, connection, known, now)
        assert night.take_rows(connection, found, view(world), today=LATER, most=1000)["receipts"] == 0
        input_ends(world)
        taken = night.take_rows(connection, found, view(world), today=LATER, most=1000)
        assert taken["receipts"] == len(over("a"))
        assert taken["trail"] == 0  # no line has a link yet
        for known_index in (index, AuditIndex()):
            assert faults(world.audit(index=known_index)) == []
        night.note(connection, planned(world, connection, known, now), taken)
        overdue = connection.execute("SELECT kind, overdue FROM retention_runs WHERE overdue > 0").fetchall()
        assert overdue == []
        assert studies in facts(world)
    index.close()


async def test_nothing_goes_without_acceptance_authorisation_or_its_week(world: World) -> None:
    one, *_ = await told(world)
    with psycopg.connect(world.url, autocommit=True) as connection:
        shipped = retention_rules(SHIPPED, LATER)
        found = planned(world, connection, shipped, datetime.now(UTC))
        assert found.ready == []
        assert in_plan(found, RetentionClass.FACTS).objection is HeldBack.NO_AUTHORISATION
        assert in_plan(found, RetentionClass.SESSIONS).objection is HeldBack.NOT_ACCEPTED
        assert night.take_rows(connection, found, view(world), today=LATER, most=10) == {}
        known = rules(LATER, archive_first=False)
        for rule in known.values():
            assert store.accept(connection, rule, ANNE)
            assert not store.accept(connection, rule, ANNE)
        found = planned(world, connection, known, datetime.now(UTC))
        assert in_plan(found, RetentionClass.FACTS).objection is HeldBack.WEEK
        assert in_plan(found, RetentionClass.OBLIGED).would_go == 2
        assert in_plan(found, RetentionClass.OBLIGED).overdue == 2
        assert found.ready == []
        assert one in facts(world)


async def test_what_came_after_the_last_word_that_was_seen_stays(world: World) -> None:
    """A new message that is under way while a night runs is never lost: the cut-off lies before it."""
    one, *_ = await told(world)
    with psycopg.connect(world.url, autocommit=True) as connection:
        known = rules(LATER, archive_first=False)
        found = planned(world, connection, known, accept_all(connection, known))
        night.ask(connection, found.ready, most=10)
        # Under way while the plan was made: the brokers have it, and nobody has read it.
        waiting = [
            event.model_copy(update={"person_id": one, "origin": world.input(event.origin.topic)})
            for event in student("a again")
        ]
        await erase(world, connection)
        for event in waiting:
            world.answer(world.receipt(event))
            cause = world.call(event)
            for decision in world.match(event, cause):
                world.decide(decision)
            world.apply(event, cause)
        await world.book()
        world.deliver()
        open_tasks = connection.execute(
            "SELECT count(*) FROM tasks WHERE person_id = %s AND status = 'open'", (one,)
        ).fetchone()
        assert open_tasks == (1,)
    assert faults(world.audit()) == []


async def test_an_open_task_or_a_hold_that_came_in_between_stops_the_request(world: World) -> None:
    _, other, _ = await told(world)
    with psycopg.connect(world.url, autocommit=True) as connection:
        known = rules(LATER, archive_first=False)
        found = planned(world, connection, known, accept_all(connection, known))
        night.ask(connection, found.ready, most=10)
        (request,) = erasure_requests.approved(connection)
        assert erasure_requests.obstacle(connection, request.people) is None
        store.hold_person(connection, other, "a complaint", ANNE)
        assert "on hold" in str(erasure_requests.obstacle(connection, request.people))
        assert store.release_person(connection, other, ANNE) == 1
        connection.execute("UPDATE tasks SET status = 'open' WHERE person_id = %s", (other,))
        assert "open task" in str(erasure_requests.obstacle(connection, request.people))
        with pytest.raises(store.Unknown):
            store.hold_person(connection, "nobody", "a complaint", ANNE)


async def test_of_two_numbers_what_runs_under_one_holds_the_person(world: World) -> None:
    one, _, studies = await told(world)
    with psycopg.connect(world.url, autocommit=True) as connection:
        known = rules(LATER, archive_first=False)
        now = accept_all(connection, known)
        people = {due.person.people for due in planned(world, connection, known, now).ready}
        assert (one,) in people
        connection.execute("INSERT INTO person_joins (person_id, joined_to) VALUES (%s, %s)", (one, studies))
        people = {due.person.people for due in planned(world, connection, known, now).ready}
        assert not any(one in numbers for numbers in people)


async def test_facts_are_read_from_matchs_own_topic(world: World) -> None:
    """The record with the highest offset applied counts, whichever stands last; a gravestone says nothing."""
    await told(world)
    for person, record in world.people.items():
        part = partition_of(person, PERSON_PARTITIONS)
        for one in (record, PersonRecord(person_id=person, applied=-1)):
            world.write(Topic.PEOPLE, part, one.model_dump_json().encode(), person.encode())
    assert await look(world.kafka, MAC) == view(world)


async def test_refused_records_stay_until_somebody_has_decided(world: World) -> None:
    """With the receipt its decision goes: neither is a case again. A day that was put aside keeps its receipts."""
    events = over("a")
    for event in events:
        world.tell(event)
    origins = [world.input("enrolments") for _ in range(3)]
    for at in origins:
        receipt = world.receipt(events[0]).model_copy(
            update={"origin": at, "status": ReceiptStatus.REJECTED, "reason": next(iter(Rejection))}
        )
        world.answer(receipt)
    await world.book()
    world.deliver()
    with psycopg.connect(world.url, autocommit=True) as connection:
        known = rules(LATER)
        now = accept_all(connection, known)
        decide = (
            "INSERT INTO quarantine (kind, id, since, state, reason, decided_by) "
            "VALUES ('input', %s, %s, %s, 'x', 'anne')"
        )
        for at, state in zip(origins, ("dismissed", "begun"), strict=False):
            connection.execute(decide, (f"enrolments/0/{at.offset}", at.appended_at, state))
        input_ends(world)
        found = planned(world, connection, known, now)
        taken = night.take_rows(connection, found, view(world), today=LATER, most=1000)
        assert (taken["receipts"], taken["quarantine"]) == (1, 0)
        assert connection.execute("SELECT state FROM quarantine").fetchall() == [("begun",)]
        rejected = connection.execute("SELECT count(*) FROM receipts WHERE status = 'rejected'").fetchone()
        assert rejected == (2,)


async def test_a_case_is_exported_without_the_person_and_the_trail_says_so_first(world: World) -> None:
    """Acts, facts and letters; a task that is open is not journalised."""
    *_, studies = await told(world)
    frozen = '{"subject": "Ny opgave <b>", "text": "Kære kollega"}'
    world.sql("UPDATE deliveries SET frozen = %s WHERE channel = 'email'", frozen)
    ((reference,),) = world.sql("SELECT reference FROM tasks WHERE person_id = %s", studies)
    names = CaseNames(unit_name=str, institution_name=str, municipality_name=str)
    async with await psycopg.AsyncConnection.connect(world.url, autocommit=True) as connection:
        case = await read_case(connection, reference, ANNE)
        assert await read_case(connection, "FV-0000-0000-0000", ANNE) is None
    assert case is not None
    page, data = as_page(case, names, made_at=datetime.now(UTC)), as_data(case, made_at=datetime.now(UTC))
    assert "Ny opgave &lt;b&gt;" in page
    assert "Kære kollega" in page
    assert "11. august 2025" in page or "11.08.2025" in page or "11. aug" in page
    for text in (page, data.decode()):
        assert studies not in text
        assert reference in text
    assert json.loads(data)["case"]["messages"][0]["evidence"]["study_start"] == "2025-08-11"
    assert ("case_exported",) in world.sql("SELECT kind FROM audit")
    with (
        psycopg.connect(world.url, autocommit=True) as connection,
        pytest.raises(store.Unknown, match="open"),
    ):
        store.journalise(connection, reference, "2026-1", ANNE)


async def test_rows_of_the_trail_are_emptied_and_the_chain_still_proves_them(world: World) -> None:
    """Of a log-in years ago nothing is left but that something stood there; what is about a task stays with it."""
    await told(world)
    world.sql("INSERT INTO audit (kind, detail) VALUES ('log_in_done', '{\"by_id\": \"anne\"}')")
    with psycopg.connect(world.url, autocommit=True) as connection:
        link(connection, datetime(2020, 1, 1, tzinfo=UTC))
        known = rules(LATER)
        found = planned(world, connection, known, accept_all(connection, known))
        link(connection, datetime(2020, 1, 1, tzinfo=UTC))
        before = {row[0] for row in connection.execute("SELECT id FROM audit WHERE task_id IS NOT NULL")}
        taken = night.take_rows(connection, found, view(world), today=LATER, most=1000)
        assert taken["trail"] >= 1
        assert connection.execute(
            "SELECT count(*) FROM audit WHERE detail::text LIKE '%by_id%'"
        ).fetchone() == (0,)
        kept = {row[0] for row in connection.execute("SELECT id FROM audit WHERE task_id IS NOT NULL")}
        assert kept == before
        link(connection, datetime(2020, 1, 1, tzinfo=UTC))
        with connection.transaction():
            reader = TrailReader()
            assert list(reader.follow(links(connection))) == []
            assert reader.erased == taken["trail"]
        again = night.take_rows(connection, found, view(world), today=LATER, most=1000)
        assert again["trail"] == 0
    assert faults(world.audit()) == []


async def test_morning_mails_go_with_their_attempts_and_the_audit_misses_none(world: World) -> None:
    await told(world)
    day = date(2025, 11, 3)
    mail = uuid4()
    world.sql(
        "INSERT INTO digests (unit_id, day, due_at, status) VALUES ('jc-0101', %s, now(), 'fired')", day
    )
    world.sql(
        "INSERT INTO deliveries (id, occasion, cause, cause_kind, cause_ref, channel, unit_id, recipient, deadline) "
        "VALUES (%s, 'digest', %s, 'digest', %s, 'email', 'jc-0101', 'a@b.example', now())",
        mail,
        f"digest:{day}",
        str(day),
    )
    with psycopg.connect(world.url, autocommit=True) as connection:
        known = rules(LATER)
        found = planned(world, connection, known, accept_all(connection, known))
        taken = night.take_rows(connection, found, view(world), today=LATER, most=1000)
        assert taken["morning_mails"] == 0  # it is still to be sent
        world.deliver()
        assert faults(world.audit()) == []
        taken = night.take_rows(connection, found, view(world), today=LATER, most=1000)
        assert taken["morning_mails"] == 1
        assert connection.execute(
            "SELECT count(*) FROM attempts WHERE delivery_id = %s", (mail,)
        ).fetchone() == (0,)
    assert faults(world.audit()) == []


def _everywhere(connection: SyncConnection, person: str) -> list[str]:
    """The tables in which a pseudonym stands, whatever the column."""
    return [table for table, number in in_tables(connection, person).rows.items() if number]
