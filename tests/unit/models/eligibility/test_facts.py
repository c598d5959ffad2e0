"""What is in force: later registration beats later arrival, and the first use of an id all others."""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from models.eligibility.decision import Decision
from models.eligibility.facts import Facts, Home, fold
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason
from tests.factories import (
    DAY,
    MUNICIPALITY,
    OTHER_INSTITUTION,
    OTHER_MUNICIPALITY,
    START,
    annulment,
    background,
    enrolment,
    enrolment_end,
    judge,
    moment,
    origin,
    period,
    refusal,
    residence,
    risk,
    uuid,
)
from tests.unit.models.eligibility.arrivals import run, told

R = DecisionReason
LATER = moment(DAY + timedelta(days=1))
MUCH_LATER = moment(DAY + timedelta(days=30))
APPENDED = datetime(2026, 6, 1, tzinfo=UTC)


def starts(*events: PersonEvent) -> set[tuple[date, date | None]]:
    """Start and end of the enrolments in force, the same for every order of the events."""
    results = {
        frozenset((one.study_start, one.ended_on) for one in fold(order).enrolments)
        for order in permutations(events)
    }
    assert len(results) == 1
    return set(results.pop())


def last_days(*events: PersonEvent) -> set[date | None]:
    """The last days of the benefit periods in force, the same for every order of the events."""
    results = {frozenset(one.valid_to for one in fold(order).periods) for order in permutations(events)}
    assert len(results) == 1
    return set(results.pop())


def decisions(*events: PersonEvent) -> dict[str, Decision]:
    """The last decision on each message id when the events arrive in this order."""
    return {message_id: decision for (_, message_id), decision in told(run(events)).items()}


class TestEnrolments:
    def test_a_correction_replaces_the_whole(self) -> None:
        """Also what it does not repeat: the end that the enrolment carried is gone."""
        first = enrolment(ended_on=date(2025, 9, 1), at=moment(START))
        correction = enrolment(start=date(2025, 8, 18), at=LATER, kind="enrolment.corrected")
        assert starts(first, correction) == {(date(2025, 8, 18), None)}

    def test_a_correction_registered_earlier_loses_although_it_arrives_later(self) -> None:
        """Registration time decides; the order of arrival never does."""
        new = enrolment(start=date(2025, 8, 18), at=MUCH_LATER, kind="enrolment.corrected")
        old = enrolment(start=date(2025, 8, 25), at=LATER, kind="enrolment.corrected")
        assert starts(enrolment(), new, old) == {(date(2025, 8, 18), None)}

    def test_registration_is_a_moment_and_not_a_text(self) -> None:
        """13:30+02:00 is before 12:00Z, although it reads later."""
        early = enrolment(start=date(2025, 8, 18), at=datetime.fromisoformat("2025-09-01T13:30:00+02:00"))
        late = enrolment(start=date(2025, 8, 25), at=datetime.fromisoformat("2025-09-01T12:00:00+00:00"))
        assert starts(early, late) == {(date(2025, 8, 25), None)}

    @pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
    @pytest.mark.parametrize("corrected_first", [True, False])
    def test_of_one_moment_the_correction_counts_wherever_it_lies(
        self, ids: tuple[str, str], corrected_first: bool
    ) -> None:
        """A system that stores whole seconds registers and corrects in one; ids are made by chance."""
        low, high = origin(), origin()
        first, second = (high, low) if corrected_first else (low, high)
        registered = enrolment(at=LATER, event_id=uuid(ids[0]), origin=first)
        corrected = enrolment(
            start=date(2025, 8, 18),
            at=LATER,
            kind="enrolment.corrected",
            event_id=uuid(ids[1]),
            origin=second,
        )
        assert starts(registered, corrected) == {(date(2025, 8, 18), None)}
        end = enrolment_end(DAY, at=LATER)
        assert starts(registered, corrected, end) == {(date(2025, 8, 18), DAY)}

    @pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
    @pytest.mark.parametrize("kind", ["enrolment.registered", "enrolment.corrected"])
    def test_of_two_alike_of_one_moment_the_one_that_the_brokers_got_last_counts(
        self, ids: tuple[str, str], kind: str
    ) -> None:
        """Their order is the same for everybody who reads the log; an id is made by chance."""
        one = enrolment(start=date(2025, 8, 18), at=LATER, event_id=uuid(ids[0]), kind=kind)
        other = enrolment(start=date(2025, 8, 25), at=LATER, event_id=uuid(ids[1]), kind=kind)
        assert starts(one, other) == {(date(2025, 8, 25), None)}

    def test_a_correction_by_another_sender_has_no_effect(self) -> None:
        """The same enrolment id at another institution is another enrolment."""
        foreign = enrolment(institution=OTHER_INSTITUTION, ended_on=START, at=LATER)
        assert judge(risk(), (*background(), foreign)).reason is R.OBLIGED
        assert starts(enrolment(), foreign) == {(START, None), (START, START)}

    def test_an_end_by_another_sender_has_no_effect(self) -> None:
        """Nobody ends another institution's enrolment."""
        foreign = enrolment_end(START, institution=OTHER_INSTITUTION, at=LATER)
        assert starts(enrolment(), foreign) == {(START, None)}

    def test_a_correction_after_the_end_opens_the_enrolment_again(self) -> None:
        """And an end that is registered after the correction closes it."""
        end = enrolment_end(DAY, at=LATER)
        correction = enrolment(at=MUCH_LATER, kind="enrolment.corrected")
        assert starts(enrolment(), end) == {(START, DAY)}
        assert starts(enrolment(), end, correction) == {(START, None)}
        again = enrolment_end(DAY, at=MUCH_LATER + timedelta(days=1))
        assert starts(enrolment(), end, correction, again) == {(START, DAY)}

    def test_the_end_registered_last_counts(self) -> None:
        """Not the one with the latest last day."""
        first, last = enrolment_end(date(2025, 12, 1), at=LATER), enrolment_end(DAY, at=MUCH_LATER)
        assert starts(enrolment(), first, last) == {(START, DAY)}

    def test_an_end_in_the_very_moment_of_the_registration_follows_it(self) -> None:
        """Whichever of the two has the smaller id."""
        for ids in (("a", "b"), ("b", "a")):
            both = (
                enrolment(at=LATER, event_id=uuid(ids[0])),
                enrolment_end(DAY, at=LATER, event_id=uuid(ids[1])),
            )
            assert starts(*both) == {(START, DAY)}

    def test_an_end_without_its_enrolment_is_kept_for_it(self) -> None:
        """Nothing is in force until the enrolment comes; then it has ended."""
        end = enrolment_end(DAY - timedelta(days=1), at=LATER)
        message = risk()
        arrived = (end, message, period(), residence())
        assert decisions(*arrived)[message.event_id].verdict.reason is R.ENROLMENT_UNKNOWN
        assert decisions(*arrived, enrolment())[message.event_id].verdict.reason is R.ENROLMENT_ENDED


class TestPeriods:
    def test_an_annulled_period_never_was(self) -> None:
        """The message that rested on it is judged without it."""
        message = risk()
        assert last_days(period(), annulment(at=LATER)) == set()
        verdict = judge(message, (*background(), annulment(at=LATER)))
        assert verdict.reason is R.NO_TARGET_GROUP_PERIOD_KNOWN

    def test_an_annulment_in_the_very_moment_of_the_registration_follows_it(self) -> None:
        """Whichever of the two has the smaller id."""
        for ids in (("a", "b"), ("b", "a")):
            assert (
                last_days(period(at=LATER, event_id=uuid(ids[0])), annulment(at=LATER, event_id=uuid(ids[1])))
                == set()
            )

    @pytest.mark.parametrize("corrected_first", [True, False])
    def test_of_one_moment_a_period_stands_as_corrected(self, corrected_first: bool) -> None:
        """Wherever the correction lies."""
        low, high = origin(), origin()
        first, second = (high, low) if corrected_first else (low, high)
        registered = period(at=LATER, origin=first)
        corrected = period(valid_to=DAY, at=LATER, kind="benefit-period.corrected", origin=second)
        assert last_days(registered, corrected) == {DAY}
        assert last_days(registered, corrected, annulment(at=LATER)) == set()

    def test_a_correction_registered_after_the_annulment_brings_the_period_back(self) -> None:
        """One registered before it does not, whenever it arrives."""
        word = annulment(at=LATER)
        before = period(valid_to=DAY, at=moment(DAY), kind="benefit-period.corrected")
        after = period(valid_to=START, at=MUCH_LATER, kind="benefit-period.corrected")
        assert last_days(period(), before, word) == set()
        assert last_days(period(), before, word, after) == {START}

    def test_another_municipality_annuls_and_corrects_its_own_only(self) -> None:
        """The same period id elsewhere is another period."""
        foreign = annulment(at=LATER, sender=OTHER_MUNICIPALITY)
        correction = period(valid_to=START, municipality=OTHER_MUNICIPALITY, at=LATER)
        assert last_days(period(), foreign) == {None}
        assert last_days(period(), correction) == {None, START}

    def test_late_facts_revise_the_decision_each_time(self) -> None:
        """Not obliged, obliged, not obliged again: one revision for each change."""
        message = risk()
        told_so_far = [
            (decision.revision, decision.verdict.reason)
            for step in run((enrolment(), residence(), message, period(at=LATER), annulment(at=MUCH_LATER)))
            for decision in step.decisions
        ]
        assert told_so_far == [
            (1, R.NO_TARGET_GROUP_PERIOD_KNOWN),
            (2, R.OBLIGED),
            (3, R.NO_TARGET_GROUP_PERIOD_KNOWN),
        ]


class TestHomes:
    @pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
    def test_of_two_homes_from_one_day_and_of_one_moment_the_one_that_the_brokers_got_last_counts(
        self, names: tuple[str, str]
    ) -> None:
        """Not the one with the greater id."""
        one, other = (
            residence(code, DAY, name=name, at=LATER)
            for code, name in zip(("0101", "0155"), names, strict=True)
        )
        for order in permutations((one, other)):
            home = fold(order).home_on(DAY)
            assert home is not None
            assert home.municipality_code == "0155"

    @pytest.mark.parametrize("ids", [("a", "b"), ("b", "a")])
    def test_of_two_versions_of_a_home_of_one_moment_too(self, ids: tuple[str, str]) -> None:
        """The register has no corrections: a later registration of the same id replaces it."""
        one, other = (
            residence(code, DAY, at=LATER, event_id=uuid(name))
            for code, name in zip(("0101", "0155"), ids, strict=True)
        )
        for order in permutations((one, other)):
            assert [home.municipality_code for home in fold(order).homes] == ["0155"]

    def test_on_every_day_the_last_that_began_counts(self) -> None:
        """Whatever the number of homes, in whatever order they stand."""
        chance = random.Random(7)
        for _ in range(200):
            homes = [
                Home(str(number), "0101", day, moment(day), (moment(day), "residences", 0, number))
                for number in range(chance.randrange(8))
                for day in [DAY + timedelta(days=chance.randrange(6))]
            ]
            facts = Facts(homes=tuple(chance.sample(homes, len(homes))))
            for day in [DAY + timedelta(days=days) for days in range(-1, 7)]:
                begun = [
                    (home.valid_from, home.registered_at, home.appended)
                    for home in homes
                    if home.valid_from <= day
                ]
                home = facts.home_on(day)
                assert (home and (home.valid_from, home.registered_at, home.appended)) == max(
                    begun, default=None
                )


class TestIds:
    def test_the_use_that_the_brokers_appended_first_stands(self) -> None:
        """The same id with other content is refused, whichever of the two arrived here first."""
        first = risk(origin=origin(appended_at=APPENDED))
        second = risk(
            DAY + timedelta(days=1),
            event_id=first.event_id,
            origin=origin(appended_at=APPENDED + timedelta(seconds=1)),
        )
        for order in ((first, second), (second, first)):
            last = decisions(*background(), *order)
            assert set(last) == {first.event_id}
            assert last[first.event_id].message.origin == first.origin
            assert last[first.event_id].verdict.reason is R.OBLIGED

    @pytest.mark.parametrize("later", [{"partition": 1}, {"offset": 8}])
    def test_of_two_appended_in_the_same_moment_the_place_decides(self, later: dict[str, int]) -> None:
        """The lower partition, then the lower offset: the same one for every reader."""
        place = {"partition": 0, "offset": 7, "appended_at": APPENDED}
        first = risk(origin=origin(**place))
        second = risk(DAY + timedelta(days=1), event_id=first.event_id, origin=origin(**(place | later)))
        for order in ((first, second), (second, first)):
            assert decisions(*background(), *order)[first.event_id].message.origin == first.origin

    def test_one_moment_written_in_two_offsets_is_a_repeat(self) -> None:
        """Of which the first one stays; a record of an older version knows itself by its one hash."""
        first = risk(fingerprint="in Danish time", fingerprint_utc="in UTC")
        again = risk(event_id=first.event_id, fingerprint="in UTC")
        kept_before = first.model_copy(update={"fingerprint_utc": None})
        for order in ((first, again), (again, first), (kept_before, first)):
            last = decisions(*background(), *order)
            assert last[first.event_id].verdict.reason is R.OBLIGED
            assert last[first.event_id].message.origin == first.origin
            assert not fold((*background(), *run(order)[-1].record.events)).refused

    def test_a_fact_that_reuses_an_id_changes_nothing(self) -> None:
        """Of two contents under one id, the first is in force."""
        first = enrolment()
        second = enrolment(start=date(2020, 1, 1), event_id=first.event_id, at=MUCH_LATER)
        assert starts(first, second) == {(START, None)}

    def test_a_message_under_the_id_of_a_fact_is_answered(self) -> None:
        """It is refused, and its decision says so: no accepted message is without one."""
        fact = enrolment()
        message = risk(event_id=fact.event_id)
        for order in ((fact, message), (message, fact)):
            last = decisions(*order, period(), residence())
            assert last[message.event_id].verdict.reason is R.ID_CONFLICT

    def test_the_ids_of_two_senders_never_meet(self) -> None:
        """An id is unique within its sender."""
        one, other = risk(), risk(institution=OTHER_INSTITUTION)
        other = other.model_copy(update={"event_id": one.event_id})
        result = told(run((*background(), one, other)))
        assert {name: decision.verdict.reason for name, decision in result.items()} == {
            one.identity: R.OBLIGED,
            other.identity: R.ENROLMENT_UNKNOWN,
        }

    def test_an_id_that_came_first_about_another_person_is_refused_by_the_ledger(self) -> None:
        """The refusal names the place, and may come before what it refuses."""
        message = risk()
        word = refusal(message)
        for order in ((message, word), (word, message)):
            last = decisions(*background(), *order)
            assert last[message.event_id].verdict.reason is R.ID_CONFLICT

    def test_a_refused_fact_is_out_of_force(self) -> None:
        """What rested on it is revised."""
        fact, message = period(), risk()
        arrived = (enrolment(), residence(MUNICIPALITY), fact, message)
        assert decisions(*arrived)[message.event_id].verdict.reason is R.OBLIGED
        last = decisions(*arrived, refusal(fact))[message.event_id]
        assert last.verdict.reason is R.NO_TARGET_GROUP_PERIOD_KNOWN
        assert last.revision == 2

    def test_where_all_uses_of_an_id_are_refused_the_first_is_answered(self) -> None:
        """The first by the ledger, the second because the first used the id."""
        first = risk(origin=origin(appended_at=APPENDED))
        second = risk(
            DAY + timedelta(days=1),
            event_id=first.event_id,
            origin=origin(appended_at=APPENDED + timedelta(seconds=1)),
        )
        for order in permutations((first, second, refusal(first))):
            last = decisions(*background(), *order)[first.event_id]
            assert last.verdict.reason is R.ID_CONFLICT
            assert last.message.origin == first.origin
