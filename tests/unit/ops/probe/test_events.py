"""What a canary says is the same for the same moment, keeps the contract, and obliges its own unit."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference.law import law_of
from config.senders import base_senders
from models.eligibility.apply_event import apply
from models.eligibility.decision import Cause, Decision, Outcome
from models.eligibility.person_record import PersonRecord
from models.events import probe_identity
from models.events.event_types import EVENT_TYPES
from models.events.person_event import Origin, PersonEvent
from models.events.sender import Sender
from models.reasons import DecisionReason
from ops.probe import events as plan
from ops.probe.events import ProbePlan
from publisher.check import faults_of
from publisher.events import PlainEvent
from tests.reference import SHIPPED

LAW: Final = law_of(SHIPPED)
SENDERS: Final = {sender.number: sender for sender in base_senders(SHIPPED)}
PLAN: Final = ProbePlan({number: SENDERS[number].source for number in probe_identity.SENDERS}, LAW)
MOMENT: Final = datetime(2026, 11, 24, 12, 34, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
MOMENTS: Final = st.integers(
    min_value=int(datetime(2022, 6, 1, tzinfo=UTC).timestamp() * 1000),
    max_value=int(datetime(2090, 1, 1, tzinfo=UTC).timestamp() * 1000),
).map(lambda milliseconds: datetime.fromtimestamp(milliseconds / 1000, UTC))


class Register:
    """As it ships."""

    def find(self, number: str) -> Sender | None:
        return SENDERS.get(number)


def told(events: list[PlainEvent]) -> list[Decision]:
    """What match decides when the events have come in that order."""
    record = PersonRecord(person_id="p")
    decisions: list[Decision] = []
    for offset, event in enumerate(events):
        row = EVENT_TYPES[event.type]
        at = datetime.fromisoformat(event.time)
        known = PersonEvent.model_validate(
            {
                "person_id": "p",
                "sender": event.sender,
                "event_id": event.id,
                "registered_at": at,
                "origin": Origin(topic=row.topic, partition=0, offset=offset, appended_at=at),
                "fingerprint": event.id,
                "content": {
                    **{name: content for name, content in event.data.items() if name not in ("cpr", "text")},
                    "kind": row.kind,
                },
            }
        )
        step = apply(record, known, Cause(partition=0, offset=offset), LAW)
        record = step.record
        decisions += step.decisions
    return decisions


@given(moment=MOMENTS)
def test_every_event_keeps_the_contract(moment: datetime) -> None:
    """As the publisher holds it, by the senders that ship with the service."""
    events = [*plan.facts(moment, PLAN), plan.message(moment, PLAN), plan.withdrawal(moment, PLAN)]
    assert [list(faults_of(event, Register())) for event in events] == [[]] * 5
    assert {event.data["cpr"] for event in events} == {probe_identity.made_up_cpr(plan.person_of(moment))}


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2022, 6, 1, tzinfo=UTC),
        datetime(2025, 6, 30, 22, 30, tzinfo=UTC),
        datetime(2025, 7, 1, tzinfo=UTC),
        datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        MOMENT,
    ],
)
def test_the_message_obliges_the_canarys_unit_and_taken_back_it_does_not(moment: datetime) -> None:
    """Under every version of the law, also on the hour in which it changes, and in the night of summer time."""
    events = [*plan.facts(moment, PLAN), plan.message(moment, PLAN), plan.withdrawal(moment, PLAN)]
    obliged, withdrawn = told(events)
    assert (obliged.verdict.outcome, obliged.verdict.unit_id) == (Outcome.OBLIGED, probe_identity.UNIT)
    assert (withdrawn.verdict.outcome, withdrawn.verdict.reason) == (
        Outcome.NOT_OBLIGED,
        DecisionReason.WITHDRAWN,
    )


def test_the_same_moment_says_the_same_and_another_another() -> None:
    """So what is sent again after a restart is a repeat."""
    again = datetime.fromisoformat(MOMENT.isoformat())
    assert plan.message(again, PLAN) == plan.message(MOMENT, PLAN)
    assert plan.facts(again, PLAN) == plan.facts(MOMENT, PLAN)
    later = MOMENT + timedelta(minutes=1)
    assert plan.message_id(later) != plan.message_id(MOMENT)
    assert plan.facts(later, PLAN) == plan.facts(MOMENT, PLAN)


def test_every_hour_has_a_person_of_its_own() -> None:
    """Sixty messages and their withdrawals a person: far from what a record may hold."""
    first = MOMENT.replace(minute=0)
    assert plan.person_of(first) == plan.person_of(first + HOUR - timedelta(microseconds=1))
    assert plan.person_of(first + HOUR) == plan.person_of(first) + 1
    ids = {event.id for moment in (first, first + HOUR) for event in plan.facts(moment, PLAN)}
    assert len(ids) == 6


@given(
    now=MOMENTS,
    seconds=st.integers(min_value=1, max_value=3600),
)
def test_the_next_flight_is_later_and_at_most_an_interval_away(now: datetime, seconds: int) -> None:
    interval = timedelta(seconds=seconds)
    moment = plan.next_run(now, interval)
    assert timedelta(0) < moment - now <= interval
    assert plan.next_run(moment - timedelta(microseconds=1), interval) == moment
    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) % interval == timedelta(0)


def test_without_a_law_the_facts_are_facts_all_the_same() -> None:
    """Then nobody is obliged, and the canary says so by its leg."""
    early = datetime(2021, 6, 1, tzinfo=UTC)
    (decision,) = told([*plan.facts(early, PLAN), plan.message(early, PLAN)])
    assert decision.verdict.reason is DecisionReason.LAW_NOT_IN_FORCE
    assert date.fromisoformat(plan.facts(early, PLAN)[2].data["study_start"]) < early.date()
