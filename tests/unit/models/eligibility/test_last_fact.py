"""Until when facts about a person matter: what runs holds the person."""

from datetime import UTC, date, datetime

from models.eligibility.last_fact import LastFact, last_fact
from models.eligibility.person_record import PersonRecord, SupersededEvent
from models.events.person_event import PersonEvent
from tests.factories import annulment, enrolment, enrolment_end, origin, period, residence, risk

SAID = datetime(2026, 6, 1, 10, tzinfo=UTC)


def known(*events: PersonEvent) -> PersonRecord:
    """A record of which all was appended at one moment."""
    return PersonRecord(
        person_id="p",
        events=tuple(
            one.model_copy(update={"origin": origin(topic="enrolments", appended_at=SAID)}) for one in events
        ),
    )


def test_an_enrolment_or_a_period_that_runs_holds() -> None:
    assert last_fact(known(enrolment())) == LastFact(None, SAID)
    assert last_fact(known(period())) == LastFact(None, SAID)


def test_what_has_ended_counts_from_its_end_or_from_the_last_word() -> None:
    assert last_fact(known(period(date(2024, 1, 1), date(2024, 6, 30)))) == LastFact(date(2026, 6, 1), SAID)
    late = known(enrolment(), enrolment_end(date(2027, 1, 31)), period(date(2024, 1, 1), date(2026, 12, 31)))
    assert last_fact(late) == LastFact(date(2027, 1, 31), SAID)
    one_runs = known(period(date(2024, 1, 1), date(2024, 6, 30)), enrolment())
    assert last_fact(one_runs) == LastFact(None, SAID)


def test_a_residence_a_message_and_what_was_annulled_hold_nobody() -> None:
    assert last_fact(known(residence(), risk(date(2025, 10, 1)))) == LastFact(date(2026, 6, 1), SAID)
    assert last_fact(known(period(), annulment(at=SAID))) == LastFact(date(2026, 6, 1), SAID)


def test_of_a_gravestone_nothing_is_known() -> None:
    assert last_fact(PersonRecord(person_id="p", erased_before=SAID)) is None


def test_what_was_superseded_is_a_word_as_well() -> None:
    one = enrolment()
    old = SupersededEvent(
        sender=one.sender,
        event_id=one.event_id,
        fingerprint=one.fingerprint,
        registered_at=one.registered_at,
        origin=origin(appended_at=SAID),
    )
    assert last_fact(PersonRecord(person_id="p", superseded=(old,))) == LastFact(date(2026, 6, 1), SAID)
