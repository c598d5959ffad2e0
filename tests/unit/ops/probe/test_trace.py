"""How far a canary has come, from what is heard and read: in any order, and never further than it is."""

import json
from typing import Any, Final

import pytest

from config.topics import Topic
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause, Decision, Outcome
from models.eligibility.person_record import PersonRecord
from models.events import probe_identity
from models.events.person_event import Origin
from models.events.receipt import Applied, AppliedEntry, Receipt, ReceiptStatus, RepeatKind, RepeatReceipt
from models.reasons import Rejection
from models.tasks.status import TaskStatus
from ops.probe.trace import ABOUT, LedgerState, Leg, ProbeRun, ProbeTrace, applied_places, refusal
from tests.factories import LAW, PERSON, origin, risk, uuid

ID: Final = uuid("canary")
ORIGIN: Final = origin()
PLACE: Final = ORIGIN.place


def trace() -> ProbeTrace:
    """One that the brokers have."""
    found = ProbeTrace(ID, place=PLACE)
    found.reach(Leg.PUBLISHED, 1.0)
    return found


def receipt(**changes: Any) -> bytes:
    fields = {
        "origin": ORIGIN,
        "status": ReceiptStatus.ACCEPTED,
        "sender": probe_identity.INSTITUTION,
        "event_id": ID,
    }
    return Receipt.model_validate(fields | changes).model_dump_json(exclude_none=True).encode()


def applied(place: Origin = ORIGIN) -> bytes:
    entry = AppliedEntry(
        offset=3,
        origin_topic=place.topic,
        origin_partition=place.partition,
        origin_offset=place.offset,
        person_id=PERSON,
        changed=1,
    )
    return Applied(partition=0, entries=(entry,)).model_dump_json().encode()


def decision(unit: str | None, message_id: str = ID) -> bytes:
    """A real one, of another verdict."""
    step = apply(PersonRecord(person_id=PERSON), risk(), Cause(partition=0, offset=0), LAW)
    said = json.loads(step.decisions[0].model_dump_json(exclude_none=True))
    said["message"]["message_id"] = message_id
    if unit is not None:
        said["verdict"] |= {"outcome": "obliged", "reason": "obliged", "unit_id": unit}
    return Decision.model_validate(said).model_dump_json(exclude_none=True).encode()


def standing(**changes: Any) -> LedgerState:
    fields: dict[str, Any] = {
        "outcome": Outcome.OBLIGED,
        "reason": "obliged",
        "booked": True,
        "unit": probe_identity.UNIT,
        "task": TaskStatus.OPEN,
        "notices": ("delivered",),
    }
    return LedgerState(**fields | changes)


def test_it_comes_over_every_leg_and_is_home() -> None:
    going = trace()
    going.hear(Topic.RECEIPTS, receipt(), 1.5)
    going.hear(Topic.APPLIED, applied(), 2.0)
    going.hear(Topic.DECISIONS, decision(probe_identity.UNIT), 2.25)
    going.read(standing(notices=("due",)), 3.0)
    assert (going.home, going.waiting_for) == (False, Leg.MAIL)
    going.read(standing(), 4.0)
    assert (going.home, going.waiting_for) == (True, None)
    assert going.seconds(0.5) == {
        Leg.PUBLISHED: 0.5,
        Leg.RECEIPT: 0.5,
        Leg.APPLIED: 0.5,
        Leg.DECISION: 0.25,
        Leg.LEDGER: 0.75,
        Leg.TASK: 0.0,
        Leg.MAIL: 1.0,
    }


def test_what_is_seen_in_another_order_takes_no_time_and_changes_no_sum() -> None:
    going = trace()
    going.read(standing(), 2.0)
    going.hear(Topic.DECISIONS, decision(probe_identity.UNIT), 2.5)
    going.hear(Topic.APPLIED, applied(), 3.0)
    going.hear(Topic.RECEIPTS, receipt(), 3.5)
    assert going.home
    seconds = going.seconds(1.0)
    assert min(seconds.values()) == 0
    assert sum(seconds.values()) == 2.5


def test_others_records_are_not_its_own() -> None:
    """Another's receipt, entry and decision; a repeat's receipt; its own id at another place."""
    going = trace()
    elsewhere = ORIGIN.model_copy(update={"offset": ORIGIN.offset + 1})
    repeat = RepeatReceipt(
        origin=ORIGIN, repeat=RepeatKind.DUPLICATE, sender=probe_identity.INSTITUTION, event_id=ID
    )
    going.hear(Topic.RECEIPTS, receipt(event_id=uuid("another")), 2.0)
    going.hear(Topic.RECEIPTS, receipt(origin=elsewhere), 2.0)
    going.hear(Topic.RECEIPTS, repeat.model_dump_json().encode(), 2.0)
    going.hear(Topic.APPLIED, applied(elsewhere), 2.0)
    going.hear(Topic.DECISIONS, decision(probe_identity.UNIT, uuid("another")), 2.0)
    assert list(going.reached) == [Leg.PUBLISHED]
    assert applied_places(applied(elsewhere)) == {elsewhere.place}


def test_a_refusal_stops_it_and_is_named() -> None:
    going = trace()
    refused = {"status": ReceiptStatus.REJECTED, "reason": Rejection.CLOCK_AHEAD}
    going.hear(Topic.RECEIPTS, receipt(**refused), 2.0)
    assert (going.waiting_for, going.stopped) == (Leg.RECEIPT, "intake has refused it: clock_ahead")


def test_a_fact_that_is_refused_is_named_and_others_receipts_are_not_its_own() -> None:
    refused = {"status": ReceiptStatus.REJECTED, "reason": Rejection.UNKNOWN_KEY}
    repeat = RepeatReceipt(
        origin=ORIGIN, repeat=RepeatKind.DUPLICATE, sender=probe_identity.INSTITUTION, event_id=ID
    )
    assert refusal(receipt(**refused), {PLACE}) == "unknown_key"
    assert refusal(receipt(**refused), set()) is None
    assert refusal(receipt(), {PLACE}) is None
    assert refusal(repeat.model_dump_json().encode(), {PLACE}) is None


@pytest.mark.parametrize("unit", [None, "jc-0101"])
def test_a_decision_for_nobody_or_another_unit_is_not_its_own(unit: str | None) -> None:
    going = trace()
    going.hear(Topic.DECISIONS, decision(unit), 2.0)
    assert Leg.DECISION not in going.reached
    assert going.hint


@pytest.mark.parametrize(
    ("seen", "waiting", "stopped"),
    [
        (None, Leg.LEDGER, None),
        (standing(booked=False), Leg.LEDGER, None),
        (standing(outcome=Outcome.UNDECIDED, reason="residence_unknown"), Leg.TASK, None),
        (standing(task=None, unit=None), Leg.TASK, None),
        (standing(task=TaskStatus.WITHDRAWN), Leg.TASK, None),
        (standing(unit="jc-0101"), Leg.TASK, "its task is at jc-0101"),
        (standing(notices=()), Leg.MAIL, None),
        (standing(notices=("superseded",)), Leg.MAIL, None),
        (standing(notices=("exhausted",)), Leg.MAIL, "its mail is exhausted"),
        (standing(notices=("delivered", "refused")), Leg.MAIL, "its mail is refused"),
    ],
)
def test_the_books_are_believed_as_far_as_they_go(
    seen: LedgerState | None, waiting: Leg, stopped: str | None
) -> None:
    going = trace()
    for leg in (Leg.RECEIPT, Leg.APPLIED, Leg.DECISION):
        going.reach(leg, 2.0)
    going.read(seen, 3.0)
    assert (going.waiting_for, going.stopped) == (waiting, stopped)


def test_a_flight_says_whether_it_is_home_and_how_long_it_took() -> None:
    assert ProbeRun(ID, {Leg.PUBLISHED: 0.5, Leg.RECEIPT: 0.25}, Leg.APPLIED, "late").total == 0.75
    assert not ProbeRun(ID, {}, Leg.PUBLISHED).home
    assert ProbeRun(ID, {}, None).home


def test_every_leg_has_its_sentence() -> None:
    assert set(ABOUT) == set(Leg)
