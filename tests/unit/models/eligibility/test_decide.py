"""The duty rule by rule: each test states one sentence of the law or of the design, with its edges."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest

from config.reference.law import law_of
from models.calendar import COPENHAGEN
from models.eligibility.decision import Outcome, Verdict
from models.eligibility.law import Law
from models.events.contract import BenefitType, EducationType, TargetGroup
from models.events.person_event import PersonEvent
from models.reasons import DecisionReason
from tests.factories import (
    CLOSED_INSTITUTION,
    DAY,
    INSTITUTION,
    LAW,
    MUNICIPALITY,
    OTHER_INSTITUTION,
    OTHER_MUNICIPALITY,
    START,
    background,
    enrolment,
    enrolment_end,
    judge,
    make_law,
    moment,
    origin,
    period,
    refusal,
    residence,
    risk,
    rule_set,
    uuid,
    withdrawal,
)
from tests.reference import SHIPPED

ONE_DAY = timedelta(days=1)
R = DecisionReason


def reason(message: PersonEvent, *facts: PersonEvent) -> DecisionReason:
    return judge(message, facts).reason


def _case(message: PersonEvent, *facts: PersonEvent) -> Verdict:
    return judge(message, facts)


def _withdrawn() -> Verdict:
    message = risk()
    return _case(message, *background(), withdrawal(message))


def _conflict() -> Verdict:
    first = risk()
    second = risk(DAY + ONE_DAY, event_id=first.event_id)
    return _case(second, *background(), first)


def on_dagpenge(
    valid_from: date = date(2024, 1, 1), valid_to: date | None = None, *, name: str = "dagpenge"
) -> PersonEvent:
    """Under 25, and ordered to take an education."""
    group = TargetGroup.UDDANNELSESPAALAEG_UNDER_25
    return period(valid_from, valid_to, name=name, benefit=BenefitType.DAGPENGE, group=group)


def law_read_until(known: date, confirmed: date | None = None) -> Law:
    """One rule set, which nobody has read beyond `known`."""
    rules = rule_set(
        date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, known_until=known, confirmed_until=confirmed
    )
    return make_law(rule_sets=(rules,))


PRODUCED: dict[DecisionReason, Callable[[], Verdict]] = {
    R.OBLIGED: lambda: _case(risk(), *background()),
    R.WITHDRAWN: _withdrawn,
    R.ID_CONFLICT: _conflict,
    R.LAW_NOT_IN_FORCE: lambda: _case(risk(date(2021, 12, 1)), *background(start=date(2021, 11, 1))),
    R.LAW_NOT_CONFIRMED: lambda: judge(risk(), background(), law=law_read_until(DAY - ONE_DAY)),
    R.BEFORE_STUDY_START: lambda: _case(risk(START - ONE_DAY), *background()),
    R.AFTER_WINDOW: lambda: _case(risk(date(2026, 2, 12)), *background()),
    R.ENROLMENT_ENDED: lambda: _case(risk(), *background(), enrolment_end(DAY - ONE_DAY)),
    R.EDUCATION_NOT_COVERED: lambda: _case(
        risk(), enrolment(education=EducationType.AVU), period(), residence()
    ),
    R.EDUCATION_UNCERTAIN: lambda: _case(
        risk(), enrolment(education=EducationType.HF_ENKELTFAG), period(), residence()
    ),
    R.TARGET_GROUP_UNCERTAIN: lambda: _case(risk(), enrolment(), on_dagpenge(), residence()),
    R.NO_TARGET_GROUP_PERIOD_KNOWN: lambda: _case(risk(), enrolment(), residence()),
    R.TARGET_GROUP_ENDED_TOO_EARLY: lambda: _case(
        risk(), enrolment(), period(valid_to=date(2025, 1, 1)), residence()
    ),
    R.TARGET_GROUP_BEGAN_AFTER_START: lambda: _case(risk(), enrolment(), period(START), residence()),
    R.ENROLMENT_UNKNOWN: lambda: _case(risk(), period(), residence()),
    R.RESIDENCE_UNKNOWN: lambda: _case(risk(), enrolment(), period()),
    R.NO_RESPONSIBLE_UNIT: lambda: _case(risk(), enrolment(), period(), residence("9999")),
}
UNDECIDED = {
    R.LAW_NOT_CONFIRMED,
    R.EDUCATION_UNCERTAIN,
    R.TARGET_GROUP_UNCERTAIN,
    R.ENROLMENT_UNKNOWN,
    R.RESIDENCE_UNKNOWN,
    R.NO_RESPONSIBLE_UNIT,
}


def test_the_list_of_reasons_is_closed() -> None:
    """Every reason that exists is produced by a case here, and there is no other."""
    # The step itself says this one, before anything is decided: tests/unit/models/eligibility/test_apply_event.py.
    assert set(PRODUCED) | {DecisionReason.TOO_MANY_EVENTS} == set(DecisionReason)


@pytest.mark.parametrize("expected", PRODUCED)
def test_every_reason_is_produced_with_its_outcome(expected: DecisionReason) -> None:
    """Obliged has one reason, undecided six, and all others are not obliged."""
    verdict = PRODUCED[expected]()
    assert verdict.reason is expected
    if expected is R.OBLIGED:
        assert verdict.outcome is Outcome.OBLIGED
    else:
        assert verdict.outcome is (Outcome.UNDECIDED if expected in UNDECIDED else Outcome.NOT_OBLIGED)
    assert (verdict.unit_id is not None) == (expected is R.OBLIGED)
    assert (verdict.mentor_last_day is not None) == (expected is R.OBLIGED)
    assert (verdict.review_on is not None) == (expected in UNDECIDED)


class TestTheWindow:
    """From the study start to the day six months later, in Copenhagen's dates; whether that day counts is data."""

    @pytest.mark.parametrize(
        ("start", "six_months_later"),
        [
            (date(2025, 8, 11), date(2026, 2, 11)),
            (date(2025, 8, 31), date(2026, 2, 28)),
            (date(2025, 8, 30), date(2026, 2, 28)),
            (date(2025, 8, 28), date(2026, 2, 28)),
            (date(2023, 8, 31), date(2024, 2, 29)),
            (date(2023, 8, 29), date(2024, 2, 29)),
            (date(2024, 2, 29), date(2024, 8, 29)),
            (date(2024, 12, 31), date(2025, 6, 30)),
            (date(2025, 1, 1), date(2025, 7, 1)),
            (date(2025, 3, 31), date(2025, 9, 30)),
        ],
    )
    @pytest.mark.parametrize("last_day_counts", [True, False])
    def test_holds_its_first_day_and_the_day_six_months_later_where_the_rules_count_it(
        self, start: date, six_months_later: date, last_day_counts: bool
    ) -> None:
        """In a short month, its last day is the day six months later. The evidence says how it was read."""
        facts = (enrolment(start=start), period(date(2020, 1, 1)), residence())
        rules = rule_set(
            date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, window_includes_last_day=last_day_counts
        )
        law = make_law(rule_sets=(rules,))

        def said(day: date) -> tuple[DecisionReason, date | None, bool | None]:
            verdict = judge(risk(day), facts, law=law)
            return verdict.reason, verdict.evidence.window_end, verdict.evidence.window_includes_last_day

        outside = six_months_later + ONE_DAY if last_day_counts else six_months_later
        assert said(start - ONE_DAY) == (R.BEFORE_STUDY_START, outside, last_day_counts)
        assert said(start) == (R.OBLIGED, outside, last_day_counts)
        assert said(outside - ONE_DAY) == (R.OBLIGED, outside, last_day_counts)
        assert said(outside) == (R.AFTER_WINDOW, outside, last_day_counts)

    @pytest.mark.parametrize(
        ("start", "last_moment_before", "first_moment"),
        [
            # summer time: Copenhagen's midnight is 22:00 UTC
            (date(2025, 8, 11), "2025-08-10T21:59:59.999999Z", "2025-08-10T22:00:00Z"),
            # winter time: it is 23:00 UTC
            (date(2026, 1, 12), "2026-01-11T22:59:59.999999Z", "2026-01-11T23:00:00Z"),
            # the night when summer time begins, and the one when it ends
            (date(2026, 3, 29), "2026-03-28T22:59:59.999999Z", "2026-03-28T23:00:00Z"),
            (date(2026, 3, 30), "2026-03-29T21:59:59.999999Z", "2026-03-29T22:00:00Z"),
            (date(2025, 10, 26), "2025-10-25T21:59:59.999999Z", "2025-10-25T22:00:00Z"),
            (date(2025, 10, 27), "2025-10-26T22:59:59.999999Z", "2025-10-26T23:00:00Z"),
        ],
    )
    def test_turns_at_copenhagens_midnight(
        self, start: date, last_moment_before: str, first_moment: str
    ) -> None:
        """A message's date is Copenhagen's, whatever offset it is written with."""
        facts = (enrolment(start=start), period(), residence())
        before, first = datetime.fromisoformat(last_moment_before), datetime.fromisoformat(first_moment)
        assert reason(risk(before), *facts) is R.BEFORE_STUDY_START
        assert reason(risk(first), *facts) is R.OBLIGED
        assert judge(risk(first), facts).evidence.message_date == start

    def test_its_length_stands_in_the_rules(self) -> None:
        """Another number of months in the data moves the end."""
        law = make_law(
            rule_sets=(rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, window_months=3),)
        )
        assert judge(risk(date(2025, 11, 11)), background(), law=law).reason is R.OBLIGED
        assert judge(risk(date(2025, 11, 12)), background(), law=law).reason is R.AFTER_WINDOW


class TestReceiptOrRegistration:
    """The law counts the notification, we count the registration; a message between the two says so."""

    LAST = date(2026, 2, 11)

    @pytest.mark.parametrize(
        ("registered", "received", "expected", "said"),
        [
            (DAY, DAY, R.OBLIGED, False),
            (DAY, LAST, R.OBLIGED, False),
            (LAST, LAST, R.OBLIGED, False),
            (LAST, LAST + ONE_DAY, R.OBLIGED, True),
            (DAY, LAST + ONE_DAY, R.OBLIGED, True),
            (LAST + ONE_DAY, LAST + ONE_DAY, R.AFTER_WINDOW, False),
            (START - ONE_DAY, START - ONE_DAY, R.BEFORE_STUDY_START, False),
            (START - ONE_DAY, START, R.BEFORE_STUDY_START, True),
            (START - ONE_DAY, LAST + ONE_DAY, R.BEFORE_STUDY_START, False),
        ],
    )
    def test_the_registration_decides_and_the_evidence_shows_the_other_day(
        self, registered: date, received: date, expected: DecisionReason, said: bool
    ) -> None:
        message = risk(registered, origin=origin(appended_at=moment(received)))
        verdict = judge(message, background())
        assert verdict.reason is expected
        assert verdict.evidence.received_on == (received if said else None)

    def test_the_day_of_receipt_is_copenhagens(self) -> None:
        """Half past eleven in the evening by UTC is the next day."""
        at = datetime(2026, 2, 11, 23, 30, tzinfo=UTC)
        message = risk(self.LAST, origin=origin(appended_at=at))
        assert judge(message, background()).evidence.received_on == self.LAST + ONE_DAY


class TestTheLaw:
    """A message is judged by the law of its date."""

    def test_begins_with_2022(self) -> None:
        """The last moment of 2021 in Copenhagen is outside, the first of 2022 is inside."""
        facts = background(start=date(2021, 11, 1))
        last = risk(datetime(2021, 12, 31, 22, 59, 59, tzinfo=UTC))
        first = risk(datetime(2021, 12, 31, 23, 0, 0, tzinfo=UTC))
        facts = (facts[0], period(date(2021, 1, 1)), facts[2])
        assert reason(last, *facts) is R.LAW_NOT_IN_FORCE
        assert judge(last, facts).law_version == "none"
        assert reason(first, *facts) is R.OBLIGED
        assert judge(first, facts).law_version == "2022-01-01"

    @pytest.mark.parametrize(
        ("day", "version"),
        [
            (date(2025, 6, 30), "2022-01-01"),
            (date(2025, 7, 1), "2025-07-01"),
            (date(2026, 1, 31), "2025-07-01"),
            (date(2026, 2, 1), "2026-02-01"),
        ],
    )
    def test_each_version_holds_from_its_first_day(self, day: date, version: str) -> None:
        """The version is named in every decision, also where nobody is obliged."""
        assert judge(risk(day), background(start=day)).law_version == version
        assert judge(risk(day)).law_version == version

    def test_kontanthjaelp_counts_from_july_2025(self) -> None:
        """Uddannelseshjælp was folded into kontanthjælp on that date: before it, it is no target group."""
        facts = (
            enrolment(start=date(2025, 6, 1)),
            period(benefit=BenefitType.KONTANTHJAELP),
            residence(),
        )
        assert reason(risk(date(2025, 6, 30)), *facts) is R.NO_TARGET_GROUP_PERIOD_KNOWN
        assert reason(risk(date(2025, 7, 1)), *facts) is R.OBLIGED

    def test_who_came_from_uddannelseshjaelp_is_still_covered_after_it_was_folded(self) -> None:
        """A benefit that ended with June 2025 counts for a start in August."""
        facts = (enrolment(), period(valid_to=date(2025, 6, 30)), residence())
        assert reason(risk(), *facts) is R.OBLIGED

    @pytest.mark.parametrize("group", TargetGroup)
    def test_only_the_rules_groups_count(self, group: TargetGroup) -> None:
        """The benefit alone proves nothing: the pair of benefit and group must stand in the rules."""
        listed = (BenefitType.UDDANNELSESHJAELP, group) in LAW.rule_sets[-1].target_groups
        expected = R.OBLIGED if listed else R.NO_TARGET_GROUP_PERIOD_KNOWN
        assert reason(risk(), enrolment(), period(group=group), residence()) is expected


class TestWhatTheLawLeavesOpen:
    """Dagpenge under 25 with an order, and education of which no text says: people look, and nobody is passed over."""

    @pytest.mark.parametrize(
        ("began", "ended", "expected"),
        [
            (date(2024, 1, 1), None, R.TARGET_GROUP_UNCERTAIN),
            (date(2024, 1, 1), START - timedelta(days=62), R.TARGET_GROUP_UNCERTAIN),
            (START - ONE_DAY, None, R.TARGET_GROUP_UNCERTAIN),
            (date(2024, 1, 1), START - timedelta(days=63), R.NO_TARGET_GROUP_PERIOD_KNOWN),
            (START, None, R.NO_TARGET_GROUP_PERIOD_KNOWN),
        ],
    )
    def test_dagpenge_with_an_order_is_looked_at_where_its_dates_would_oblige(
        self, began: date, ended: date | None, expected: DecisionReason
    ) -> None:
        """Under no reading does a period oblige that began too late or ended too early."""
        verdict = judge(risk(), (enrolment(), on_dagpenge(began, ended), residence()))
        assert verdict.reason is expected

    def test_a_period_that_the_law_names_is_stronger_and_one_that_does_not_suffice_hides_nothing(
        self,
    ) -> None:
        """Obliged by uddannelseshjælp; and one that ended too early does not silence the dagpenge after it."""
        early = period(date(2023, 1, 1), date(2024, 1, 1), name="early")
        for facts in ((on_dagpenge(), period()), (period(), on_dagpenge())):
            assert reason(risk(), enrolment(), *facts, residence()) is R.OBLIGED
        for facts in ((on_dagpenge(), early), (early, on_dagpenge())):
            verdict = judge(risk(), (enrolment(), *facts, residence()))
            assert verdict.reason is R.TARGET_GROUP_UNCERTAIN
            assert verdict.evidence.benefit_type is BenefitType.DAGPENGE

    def test_dagpenge_without_an_order_is_another_benefit(self) -> None:
        """The sender says which it is: the group of under 25 with an order is a value of its own."""
        for group in set(TargetGroup) - {TargetGroup.UDDANNELSESPAALAEG_UNDER_25}:
            told = period(benefit=BenefitType.DAGPENGE, group=group)
            assert reason(risk(), enrolment(), told, residence()) is R.NO_TARGET_GROUP_PERIOD_KNOWN

    @pytest.mark.parametrize("home", [True, False])
    def test_people_see_it_at_once_where_the_person_lives(self, home: bool) -> None:
        """No fact is awaited, not even the residence."""
        known = (residence(),) if home else ()
        for facts in (
            (enrolment(), on_dagpenge(), *known),
            (enrolment(education=EducationType.HF_ENKELTFAG), period(), *known),
        ):
            verdict = judge(risk(), facts)
            assert (verdict.outcome, verdict.review_on, verdict.unit_id) == (Outcome.UNDECIDED, DAY, None)
            assert verdict.evidence.municipality_code == (MUNICIPALITY if home else None)

    def test_open_education_of_somebody_from_no_target_group_is_not_obliged(self) -> None:
        """The queue holds only what would oblige if the answer were yes."""
        subjects = enrolment(education=EducationType.HF_ENKELTFAG)
        assert reason(risk(), subjects, residence()) is R.NO_TARGET_GROUP_PERIOD_KNOWN
        assert reason(risk(), subjects, on_dagpenge(), residence()) is R.EDUCATION_UNCERTAIN

    @pytest.mark.parametrize("group", TargetGroup)
    def test_overgangsydelse_stands_beside_uddannelseshjaelp(self, group: TargetGroup) -> None:
        """LAB § 6 nr. 4 and 5, under every version that is shipped."""
        law = law_of(SHIPPED)
        for rules in law.rule_sets:
            pairs = [
                (benefit, group) in rules.target_groups
                for benefit in (BenefitType.OVERGANGSYDELSE, BenefitType.UDDANNELSESHJAELP)
            ]
            assert pairs[0] == pairs[1]
        told = period(benefit=BenefitType.OVERGANGSYDELSE, group=group)
        usual = period(benefit=BenefitType.UDDANNELSESHJAELP, group=group)
        of = [judge(risk(), (enrolment(), one, residence()), law=law).reason for one in (told, usual)]
        assert of[0] == of[1]


class TestALawThatNobodyHasRead:
    """Nothing is decided by a law that may not be there."""

    @pytest.mark.parametrize(
        ("known", "confirmed", "expected"),
        [
            (DAY, None, R.OBLIGED),
            (DAY - ONE_DAY, None, R.LAW_NOT_CONFIRMED),
            (DAY - ONE_DAY, DAY - ONE_DAY, R.LAW_NOT_CONFIRMED),
            (DAY - ONE_DAY, DAY, R.OBLIGED),
            (DAY - timedelta(days=40), DAY - ONE_DAY, R.LAW_NOT_CONFIRMED),
            (DAY, DAY - timedelta(days=40), R.OBLIGED),
        ],
    )
    def test_the_last_day_that_was_read_or_confirmed_still_counts(
        self, known: date, confirmed: date | None, expected: DecisionReason
    ) -> None:
        """The day held against it is the one that chooses the rule set: the message's."""
        verdict = judge(risk(), background(), law=law_read_until(known, confirmed))
        assert verdict.reason is expected
        assert verdict.law_version == "2022-01-01"

    def test_the_evidence_says_until_when_it_was_known_and_where_the_person_lives(self) -> None:
        """So that the managers there see the message; and at once, for no fact is awaited."""
        verdict = judge(risk(), background(), law=law_read_until(DAY - ONE_DAY))
        assert verdict.review_on == DAY
        assert verdict.evidence.law_known_until == DAY - ONE_DAY
        assert verdict.evidence.municipality_code == MUNICIPALITY
        confirmed_before = law_read_until(date(2025, 1, 1), DAY - ONE_DAY)
        assert judge(risk(), background(), law=confirmed_before).evidence.law_known_until == DAY - ONE_DAY
        read_since = law_read_until(DAY - ONE_DAY, date(2025, 1, 1))
        assert judge(risk(), background(), law=read_since).evidence.law_known_until == DAY - ONE_DAY

    def test_a_confirmation_that_does_not_reach_the_day_is_no_evidence(self) -> None:
        """A withdrawn message needs no law, and rests on no word about it."""
        message = risk()
        for confirmed, said in ((DAY - ONE_DAY, None), (DAY, DAY)):
            law = law_read_until(date(2025, 1, 1), confirmed)
            verdict = judge(message, (*background(), withdrawal(message)), law=law)
            assert (verdict.reason, verdict.evidence.law_confirmed_until) == (R.WITHDRAWN, said)

    @pytest.mark.parametrize(("known", "said"), [(DAY - ONE_DAY, DAY), (DAY, None)])
    def test_a_message_that_rests_on_a_confirmation_says_so(self, known: date, said: date | None) -> None:
        """Obliged, undecided for another reason, or not obliged."""
        law = law_read_until(known, DAY)
        for facts in (background(), (), background(start=DAY + ONE_DAY)):
            assert judge(risk(), facts, law=law).evidence.law_confirmed_until == said

    def test_what_no_law_decides_is_decided_all_the_same(self) -> None:
        """A message that is withdrawn, or whose id was used before, obliges nobody under any law."""
        law = law_read_until(DAY - ONE_DAY)
        message = risk()
        assert judge(message, (*background(), withdrawal(message)), law=law).reason is R.WITHDRAWN
        first = risk(DAY - ONE_DAY)
        assert judge(risk(event_id=first.event_id), (first,), law=law).reason is R.ID_CONFLICT

    def test_a_message_of_before_keeps_its_answer_whenever_it_is_asked(self) -> None:
        """The duty was there on its day: neither the end of what is known nor a new rule set changes it."""
        old = rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, known_until=DAY)
        abolished = rule_set(DAY + ONE_DAY, BenefitType.OTHER)
        before = judge(risk(), background(), law=make_law(rule_sets=(old,)))
        assert before.reason is R.OBLIGED
        assert judge(risk(), background(), law=make_law(rule_sets=(abolished, old))) == before


class TestCameFromTheTargetGroup:
    """In force on the day before the start, or ended within the look-back."""

    @pytest.mark.parametrize(
        ("last_day_before_start", "expected"),
        [
            (1, R.OBLIGED),
            (61, R.OBLIGED),
            (62, R.OBLIGED),
            (63, R.TARGET_GROUP_ENDED_TOO_EARLY),
            (64, R.TARGET_GROUP_ENDED_TOO_EARLY),
        ],
    )
    def test_the_look_back_is_62_days(self, last_day_before_start: int, expected: DecisionReason) -> None:
        """A last day 62 days before the start is near enough, 63 are too many."""
        ended = period(valid_to=START - timedelta(days=last_day_before_start))
        verdict = judge(risk(), (enrolment(), ended, residence()))
        assert verdict.reason is expected
        assert verdict.evidence.benefit_to == START - timedelta(days=last_day_before_start)
        assert verdict.evidence.look_back_days == 62

    def test_the_look_back_stands_in_the_rules(self) -> None:
        """Another number of days in the data moves the edge."""
        rules = rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, look_back_days=10)
        law = make_law(rule_sets=(rules,))
        for days, expected in ((10, R.OBLIGED), (11, R.TARGET_GROUP_ENDED_TOO_EARLY)):
            facts = (enrolment(), period(valid_to=START - timedelta(days=days)), residence())
            assert judge(risk(), facts, law=law).reason is expected

    @pytest.mark.parametrize("valid_to", [None, START, START + ONE_DAY, date(2026, 12, 31)])
    def test_a_period_that_runs_past_the_start_counts(self, valid_to: date | None) -> None:
        """Open or ending later: it was in force on the day before."""
        assert reason(risk(), enrolment(), period(valid_to=valid_to), residence()) is R.OBLIGED

    def test_an_enrolment_that_only_waits_for_a_fact_is_not_hidden_by_one_that_does_not_oblige(self) -> None:
        """The later one came nearest of those that do not oblige, and the earlier one may still be a duty."""
        later = enrolment(start=DAY - ONE_DAY, name="later")
        left = period(valid_to=START - timedelta(days=30))
        assert reason(risk(), later, left, residence()) is R.TARGET_GROUP_ENDED_TOO_EARLY
        assert reason(risk(), enrolment(), later, left) is R.RESIDENCE_UNKNOWN

    def test_of_periods_that_all_began_too_late_the_first_is_shown(self) -> None:
        """It came nearest to the start: whoever looks for the fault looks there."""
        periods = [period(START + timedelta(days=days), name=f"{days}") for days in (30, 1, 60)]
        found = judge(risk(), (enrolment(), *periods, residence())).evidence
        assert (found.period_id, found.benefit_from) == (uuid("1"), START + ONE_DAY)

    @pytest.mark.parametrize(
        ("began", "expected"),
        [
            (START - ONE_DAY, R.OBLIGED),
            (START, R.TARGET_GROUP_BEGAN_AFTER_START),
            (START + ONE_DAY, R.TARGET_GROUP_BEGAN_AFTER_START),
        ],
    )
    def test_the_day_before_the_start_is_the_last_that_counts(
        self, began: date, expected: DecisionReason
    ) -> None:
        """Who came into the group on the first day of study did not come from it."""
        verdict = judge(risk(), (enrolment(), period(began), residence()))
        assert verdict.reason is expected
        assert verdict.evidence.benefit_from == began

    def test_a_period_of_one_day_on_the_day_before_counts(self) -> None:
        """A period's last day belongs to it."""
        assert reason(risk(), enrolment(), period(START - ONE_DAY, START - ONE_DAY), residence()) is R.OBLIGED

    def test_the_evidence_is_the_period_that_lasted_longest(self) -> None:
        """Of several periods, one that ended too early does not hide the one that suffices."""
        early = period(date(2023, 1, 1), date(2023, 2, 1), name="early")
        near = period(date(2024, 1, 1), START - timedelta(days=30), name="near")
        later = period(START + ONE_DAY, name="later")
        for facts in ((early, near, later), (later, near, early)):
            verdict = judge(risk(), (enrolment(), *facts, residence()))
            assert verdict.reason is R.OBLIGED
            assert verdict.evidence.period_id == uuid("near")

    def test_an_open_period_outlasts_one_that_has_ended(self) -> None:
        """Whichever began first."""
        ended = period(date(2024, 1, 1), date(2024, 6, 1), name="ended")
        for began in (date(2023, 1, 1), date(2025, 1, 1)):
            verdict = judge(risk(), (enrolment(), period(began, name="open"), ended, residence()))
            assert verdict.reason is R.OBLIGED
            assert verdict.evidence.period_id == uuid("open")

    def test_another_benefit_inside_the_look_back_does_not_help(self) -> None:
        """Ended too early is said of the target group alone."""
        facts = (
            period(valid_to=date(2025, 1, 1), name="group"),
            period(date(2025, 1, 2), name="other", benefit=BenefitType.OTHER),
        )
        verdict = judge(risk(), (enrolment(), *facts, residence()))
        assert verdict.reason is R.TARGET_GROUP_ENDED_TOO_EARLY
        assert verdict.evidence.period_id == uuid("group")


class TestTheEnrolment:
    """At that institution, of a covered education, and not ended before the message."""

    @pytest.mark.parametrize("education", EducationType)
    def test_education_is_covered_as_the_table_says(self, education: EducationType) -> None:
        """A flag per type of education, in data."""
        expected = R.OBLIGED if LAW.covered[education] else R.EDUCATION_NOT_COVERED
        if education in LAW.open_education:
            expected = R.EDUCATION_UNCERTAIN
        assert reason(risk(), enrolment(education=education), period(), residence()) is expected

    def test_a_type_that_the_table_lacks_is_not_covered(self) -> None:
        """Nothing is guessed."""
        law = make_law(covered={}, open_education=frozenset())
        assert judge(risk(), background(), law=law).reason is R.EDUCATION_NOT_COVERED

    @pytest.mark.parametrize(
        ("ended_on", "expected"),
        [
            (DAY - ONE_DAY, R.ENROLMENT_ENDED),
            (DAY, R.OBLIGED),
            (DAY + ONE_DAY, R.OBLIGED),
        ],
    )
    def test_the_last_day_of_an_enrolment_belongs_to_it(
        self, ended_on: date, expected: DecisionReason
    ) -> None:
        """Said by an end or by the enrolment itself, it is the same."""
        assert reason(risk(), *background(), enrolment_end(ended_on)) is expected
        assert reason(risk(), enrolment(ended_on=ended_on), period(), residence()) is expected

    def test_an_enrolment_elsewhere_is_unknown_here(self) -> None:
        """The institution that warns must be the one where the person is enrolled."""
        verdict = judge(risk(institution=OTHER_INSTITUTION), background())
        assert verdict.reason is R.ENROLMENT_UNKNOWN
        assert verdict.evidence.enrolment_id is None

    def test_where_the_person_lives_is_said_of_a_message_whose_enrolment_is_unknown(self) -> None:
        """So those who are responsible there can ask for it; no unit is named, for nobody is obliged yet."""
        verdict = judge(risk(), [period(), residence()])
        assert (verdict.evidence.municipality_code, verdict.unit_id) == (MUNICIPALITY, None)
        assert judge(risk(), [period()]).evidence.municipality_code is None

    @pytest.mark.parametrize(
        ("enrolled_at", "warned_by"),
        [(CLOSED_INSTITUTION, INSTITUTION), (INSTITUTION, CLOSED_INSTITUTION)],
    )
    def test_a_successor_is_the_same_institution(self, enrolled_at: str, warned_by: str) -> None:
        """After a merger, both of its institutions speak of the same enrolment."""
        facts = (enrolment(institution=enrolled_at), period(), residence())
        assert reason(risk(institution=warned_by), *facts) is R.OBLIGED

    def test_succession_is_followed_to_its_end(self) -> None:
        """A chain of mergers leads to one institution, and a slip in the table does not hang the worker."""
        law = make_law(successors={"1": "2", "2": "3", "8": "9", "9": "8", "7": "8"})
        assert law.same_institution(
            "7", "7"
        )  # ends, though the circle does not come back to where it was entered
        assert law.same_institution("1", "3")
        assert law.same_institution("1", "2")
        assert not law.same_institution("1", "8")
        assert law.same_institution("8", "8")


class TestSeveralEnrolments:
    """Each is judged as if it were the only one; the best verdict is the message's."""

    OBLIGING = enrolment(name="obliging")
    ENDED = enrolment(name="ended", ended_on=DAY - ONE_DAY)
    UNCOVERED = enrolment(name="uncovered", education=EducationType.FVU)
    PAST = enrolment(name="past", start=date(2024, 8, 1))
    FUTURE = enrolment(name="future", start=date(2026, 1, 5))
    NEAREST_FIRST = (OBLIGING, UNCOVERED, ENDED, PAST, FUTURE)

    @pytest.mark.parametrize(("better", "worse"), [(i, j) for i in range(5) for j in range(i + 1, 5)])
    def test_the_nearest_one_is_shown(self, better: int, worse: int) -> None:
        """Obliged first; else the objection of the one that came nearest, in whatever order they came."""
        one, other = self.NEAREST_FIRST[better], self.NEAREST_FIRST[worse]
        facts = (period(), residence())
        verdict = judge(risk(), (one, other, *facts))
        assert verdict == judge(risk(at=moment(DAY)), (*facts, other, one))
        assert verdict.reason is reason(risk(), one, *facts)

    def test_of_two_that_oblige_the_later_start_is_shown(self) -> None:
        """Its evidence and its mentor right stand in the decision."""
        for early_name, late_name in permutations(("a", "b")):
            early = enrolment(name=early_name)
            late = enrolment(name=late_name, start=START + timedelta(days=7))
            for facts in ((early, late), (late, early)):
                verdict = judge(risk(), (*facts, period(), residence()))
                assert verdict.evidence.enrolment_id == uuid(late_name)

    def test_of_two_with_the_same_start_the_id_decides(self) -> None:
        """Deterministic to the last tie."""
        names = sorted(("a", "b"), key=uuid)
        ones = [enrolment(name=name) for name in names]
        for facts in (ones, ones[::-1]):
            verdict = judge(risk(), (*facts, period(), residence()))
            assert verdict.evidence.enrolment_id == uuid(names[-1])

    def test_one_that_waits_for_the_residence_beats_one_that_does_not_oblige(self) -> None:
        """Undecided before not obliged: a person must look at it."""
        verdict = judge(risk(), (self.OBLIGING, self.UNCOVERED, period()))
        assert verdict.reason is R.RESIDENCE_UNKNOWN
        assert verdict.evidence.enrolment_id == uuid("obliging")

    def test_one_at_another_institution_does_not_count(self) -> None:
        """An enrolment that would oblige there does not oblige here."""
        elsewhere = enrolment(name="elsewhere", institution=OTHER_INSTITUTION)
        assert reason(risk(), elsewhere, self.UNCOVERED, period(), residence()) is R.EDUCATION_NOT_COVERED


class TestTheUnit:
    """Residence on the message's date, to the unit of that date."""

    def test_a_move_counts_from_its_day(self) -> None:
        """The day before the move it is the old municipality, on its day the new one."""
        move = residence(OTHER_MUNICIPALITY, DAY, name="new home")
        facts = (*background(), move)
        before = judge(risk(DAY - ONE_DAY), facts)
        assert (before.unit_id, before.evidence.municipality_code) == ("unit-0101", MUNICIPALITY)
        on = judge(risk(DAY), facts)
        assert (on.unit_id, on.evidence.municipality_code) == ("jobcentre-0751", OTHER_MUNICIPALITY)
        assert on.evidence.residence_id == uuid("new home")

    def test_a_move_that_was_registered_late_counts_from_its_day_too(self) -> None:
        """Effect time decides, not registration time."""
        late = residence(OTHER_MUNICIPALITY, DAY, name="new home", at=moment(DAY + timedelta(days=90)))
        assert judge(risk(DAY), (*background(), late)).unit_id == "jobcentre-0751"
        assert judge(risk(DAY - ONE_DAY), (*background(), late)).unit_id == "unit-0101"

    def test_a_residence_that_begins_after_the_message_is_not_guessed_back(self) -> None:
        """Where the person lived on the day stays unknown."""
        facts = (enrolment(), period(), residence(valid_from=DAY + ONE_DAY))
        assert reason(risk(DAY), *facts) is R.RESIDENCE_UNKNOWN

    def test_a_later_registration_of_a_residence_replaces_it(self) -> None:
        """A residence that was registered wrong is corrected under its own id."""
        wrong = residence(MUNICIPALITY, at=moment(DAY))
        right = residence(OTHER_MUNICIPALITY, at=moment(DAY + ONE_DAY))
        for facts in ((wrong, right), (right, wrong)):
            verdict = judge(risk(), (enrolment(), period(), *facts))
            assert verdict.evidence.municipality_code == OTHER_MUNICIPALITY

    def test_of_two_residences_from_the_same_day_the_one_registered_last_counts(self) -> None:
        """Also under different ids."""
        first = residence(MUNICIPALITY, name="first", at=moment(DAY))
        last = residence(OTHER_MUNICIPALITY, name="last", at=moment(DAY, "12:01"))
        for facts in ((first, last), (last, first)):
            verdict = judge(risk(), (enrolment(), period(), *facts))
            assert verdict.evidence.residence_id == uuid("last")

    def test_an_older_residence_that_was_registered_later_does_not_count(self) -> None:
        """Where two have begun, the one that began last is where the person lives."""
        old = residence(MUNICIPALITY, DAY - timedelta(days=90), name="old", at=moment(DAY + ONE_DAY))
        new = residence(OTHER_MUNICIPALITY, DAY, name="new", at=moment(DAY))
        for facts in ((old, new), (new, old)):
            verdict = judge(risk(), (enrolment(), period(), *facts))
            assert verdict.evidence.residence_id == uuid("new")

    @pytest.mark.parametrize("code", ["0411", "9012", "9999", "0100"])
    def test_a_code_without_a_unit_waits_for_a_person(self, code: str) -> None:
        """Christiansø, abroad, unknown: never dropped and never guessed."""
        verdict = judge(risk(), (enrolment(), period(), residence(code)))
        assert verdict.reason is R.NO_RESPONSIBLE_UNIT
        assert verdict.evidence.municipality_code == code
        assert verdict.unit_id is None

    def test_the_unit_is_the_one_of_the_messages_date(self) -> None:
        """From 2026-02-01 a municipality may have put another unit in the jobcentre's place."""
        facts = (enrolment(start=date(2025, 12, 1)), period(), residence(OTHER_MUNICIPALITY))
        assert judge(risk(date(2026, 1, 31)), facts).unit_id == "jobcentre-0751"
        assert judge(risk(date(2026, 2, 1)), facts).unit_id == "unit-0751"

    def test_a_route_that_has_ended_or_not_begun_is_none(self) -> None:
        """A gap in the table is shown to people."""
        law = make_law(routes={MUNICIPALITY: (LAW.routes[OTHER_MUNICIPALITY][0],)})
        facts = background(start=date(2025, 12, 1))
        assert judge(risk(date(2026, 1, 31)), facts, law=law).reason is R.OBLIGED
        assert judge(risk(date(2026, 2, 1)), facts, law=law).reason is R.NO_RESPONSIBLE_UNIT
        assert LAW.unit_on(MUNICIPALITY, date(2021, 12, 31)) is None


class TestWhatFollows:
    """The mentor right and the review date."""

    @pytest.mark.parametrize(
        ("admission", "last_day"),
        [
            (date(2025, 8, 11), date(2026, 2, 10)),
            (date(2025, 6, 15), date(2025, 12, 14)),
            (date(2025, 8, 31), date(2026, 2, 27)),
            (date(2025, 7, 1), date(2025, 12, 31)),
        ],
    )
    def test_the_mentor_right_runs_from_admission(self, admission: date, last_day: date) -> None:
        """LAB § 167(3): six months from admission, not from the study start."""
        facts = (enrolment(admission=admission), period(), residence())
        assert judge(risk(), facts).mentor_last_day == last_day

    @pytest.mark.parametrize(
        "facts",
        [(), (enrolment(), period()), (enrolment(), period(), residence("9999"))],
        ids=["enrolment", "residence", "unit"],
    )
    def test_an_undecided_message_is_looked_at_after_its_review_date(
        self, facts: tuple[PersonEvent, ...]
    ) -> None:
        """Counted from the message's date, by the rules of that date."""
        assert judge(risk(), facts).review_on == DAY + timedelta(days=14)
        rules = rule_set(date(2022, 1, 1), BenefitType.UDDANNELSESHJAELP, review_days=3)
        assert judge(risk(), facts, law=make_law(rule_sets=(rules,))).review_on == DAY + timedelta(days=3)

    def test_the_message_is_dated_by_its_registration(self) -> None:
        """When the risk was seen, and when the broker got the message, moves no window."""
        seen_long_ago = risk()
        content = seen_long_ago.content.model_copy(
            update={"seen_at": datetime(2020, 1, 1, tzinfo=COPENHAGEN)}
        )
        assert reason(seen_long_ago.model_copy(update={"content": content}), *background()) is R.OBLIGED


class TestWithdrawal:
    """The institution that raised a message takes it back."""

    def test_comes_before_every_other_question(self) -> None:
        """A withdrawn message is withdrawn, whatever else is or is not known."""
        message = risk(date(2021, 1, 1))
        assert reason(message, withdrawal(message)) is R.WITHDRAWN

    def test_counts_also_where_it_is_dated_before_the_message(self) -> None:
        """A clock that runs behind does not bring a withdrawn message back."""
        message = risk()
        early = withdrawal(message, at=message.registered_at - timedelta(days=1))
        assert reason(message, *background(), early) is R.WITHDRAWN

    def test_by_another_sender_has_no_effect(self) -> None:
        """Ids are unique within a sender only, and nobody takes back what another one said."""
        message = risk()
        foreign = withdrawal(message, sender=OTHER_INSTITUTION)
        assert reason(message, *background(), foreign) is R.OBLIGED

    def test_of_another_message_has_no_effect(self) -> None:
        """It takes back the message that it names and no other one."""
        message, other = risk(), risk()
        assert reason(message, *background(), other, withdrawal(other)) is R.OBLIGED

    def test_that_is_itself_refused_has_no_effect(self) -> None:
        """An event that reuses an id does nothing."""
        message = risk()
        word = withdrawal(message)
        assert reason(message, *background(), word, refusal(word)) is R.OBLIGED


def test_where_another_institution_has_the_person_too_the_unit_is_told() -> None:
    """It changes nothing else: to be enrolled at two is possible, and people judge who is right."""
    facts = (*background(), enrolment(institution=OTHER_INSTITUTION, name="elsewhere"))
    alone, beside = judge(risk(), background()), judge(risk(), facts)
    assert alone.evidence.contradicted_by is None
    assert beside.evidence.contradicted_by == (OTHER_INSTITUTION,)
    assert beside == alone.model_copy(update={"evidence": beside.evidence})
    cleared = {"contradicted_by": None}
    assert beside.evidence.model_copy(update=cleared) == alone.evidence
    theirs = judge(risk(institution=OTHER_INSTITUTION), facts)
    assert (theirs.outcome, theirs.evidence.contradicted_by) == ("obliged", (INSTITUTION,))


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        (enrolment(institution=OTHER_INSTITUTION, start=DAY), True),
        (enrolment(institution=OTHER_INSTITUTION, start=DAY + timedelta(days=1)), False),
        (enrolment(institution=OTHER_INSTITUTION, ended_on=DAY), True),
        (enrolment(institution=OTHER_INSTITUTION, ended_on=DAY - timedelta(days=1)), False),
        (enrolment(institution=CLOSED_INSTITUTION, name="before the merger"), False),
        (enrolment(name="another one there"), False),
    ],
)
def test_it_contradicts_on_the_day_of_the_message_alone(other: PersonEvent, is_told: bool) -> None:
    """A predecessor is the same house, and who came from elsewhere or goes there later is in one place."""
    verdict = judge(risk(), (*background(), other))
    assert (verdict.evidence.contradicted_by is not None) == is_told


def test_who_is_owed_nothing_is_not_looked_at() -> None:
    """Such a message comes before no unit."""
    facts = (enrolment(), enrolment(institution=OTHER_INSTITUTION, name="elsewhere"), residence())
    assert judge(risk(), facts).evidence.contradicted_by is None
