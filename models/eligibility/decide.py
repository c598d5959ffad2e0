"""The duty itself: does this message oblige the jobcentre to react, and which unit?

Pure: no clock, no look-up outside the arguments.
Law: LAB § 30(8) and (9) (LBK 701/2022 and LBK 280/2024, by lov 2589/2021, in force 2022-01-01): the institution
notifies, and a jobcentre that is notified within the first six months after studiestart shall contact the person.
LAB § 167(3): the right to a mentor can be taken up for six months from admission.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

from msgspec.structs import replace

from models.calendar import DAY, add_months, copenhagen_date
from models.eligibility.decision import Outcome
from models.eligibility.facts import BenefitPeriod, Enrolment, Facts, Home
from models.eligibility.law import Law, RuleSet
from models.eligibility.simple_decision import SimpleEvidence, SimpleVerdict
from models.events.contract import BenefitType, TargetGroup
from models.events.simple_event import KnownEvent
from models.reasons import DecisionReason

BEFORE_THE_LAW = "none"
"""The law version of a message dated before the first rule set."""
_RANK: Final = {Outcome.OBLIGED: 2, Outcome.UNDECIDED: 1, Outcome.NOT_OBLIGED: 0}
_NEARNESS = (
    DecisionReason.TARGET_GROUP_ENDED_TOO_EARLY,
    DecisionReason.TARGET_GROUP_BEGAN_AFTER_START,
    DecisionReason.NO_TARGET_GROUP_PERIOD_KNOWN,
    DecisionReason.EDUCATION_NOT_COVERED,
    DecisionReason.ENROLMENT_ENDED,
    DecisionReason.AFTER_WINDOW,
    DecisionReason.BEFORE_STUDY_START,
)
"""Of several enrolments that do not oblige, the reason shown is that of the one that came nearest to it."""


def decide(message: KnownEvent, facts: Facts, law: Law) -> SimpleVerdict:
    """The verdict on `message` (a raised risk) when `facts` are all that is known."""
    day = copenhagen_date(message.registered_at)
    rules = law.rules_on(day)
    if message.origin.place in facts.refused:
        return _not_obliged(DecisionReason.ID_CONFLICT, day, rules)
    if message.identity in facts.withdrawn:
        return _not_obliged(DecisionReason.WITHDRAWN, day, rules)
    if rules is None:
        return _not_obliged(DecisionReason.LAW_NOT_IN_FORCE, day, rules)
    if not rules.is_known_on(day):
        evidence = SimpleEvidence(message_date=day, law_known_until=rules.last_known_day)
        # No fact that may still arrive decides it, so people look at it at once.
        return _undecided(DecisionReason.LAW_NOT_CONFIRMED, evidence, facts, day, rules, review_on=day)
    institution = message.risk.institution_number
    found = [
        _judge(enrolment, day, facts, law, rules)
        for enrolment in facts.enrolments
        if law.same_institution(enrolment.institution_number, institution)
    ]
    if not found:
        review_on = day + timedelta(days=rules.review_days)
        evidence = _bare_evidence(day, rules)
        return _undecided(DecisionReason.ENROLMENT_UNKNOWN, evidence, facts, day, rules, review_on=review_on)
    return _verdict(max(found, key=_weight), message, day, facts, law, rules)


def _not_obliged(reason: DecisionReason, day: date, rules: RuleSet | None) -> SimpleVerdict:
    return SimpleVerdict(
        outcome=Outcome.NOT_OBLIGED,
        reason=reason,
        law_version=BEFORE_THE_LAW if rules is None else rules.version,
        evidence=_bare_evidence(day, rules),
    )


def _undecided(
    reason: DecisionReason, known: SimpleEvidence, facts: Facts, day: date, rules: RuleSet, *, review_on: date
) -> SimpleVerdict:
    return SimpleVerdict(
        outcome=Outcome.UNDECIDED,
        reason=reason,
        law_version=rules.version,
        # So that those nearest can see it, and ask for what is missing.
        evidence=with_home(known, facts, day),
        review_on=review_on,
    )


def _bare_evidence(day: date, rules: RuleSet | None) -> SimpleEvidence:
    return SimpleEvidence(
        message_date=day, law_confirmed_until=None if rules is None else rules.confirmed_for(day)
    )


class _Finding(NamedTuple):
    """What one enrolment says of a message. Of those that are found, one is written out as a verdict."""

    outcome: Outcome
    reason: DecisionReason
    enrolment: Enrolment
    window_end: date
    period: BenefitPeriod | None = None
    home: Home | None = None


def _contradicted_by(institution: str, day: date, facts: Facts, law: Law) -> tuple[str, ...] | None:
    """The institutions whose own word contradicts that the person is at this one.

    It changes nothing else: to be enrolled twice is possible, and people must judge who is right.
    """
    others = {
        enrolment.institution_number
        for enrolment in facts.enrolments
        if enrolment.study_start <= day
        and (enrolment.ended_on is None or enrolment.ended_on >= day)
        and not law.same_institution(enrolment.institution_number, institution)
    }
    return tuple(sorted(others)) or None


def _judge(enrolment: Enrolment, day: date, facts: Facts, law: Law, rules: RuleSet) -> _Finding:
    """What holds of a message of `day` if this were the person's only enrolment."""
    window_end = rules.window_end(enrolment.study_start)
    reason = _enrolment_objection(enrolment, day, window_end, law)
    if reason is not None:
        return _Finding(Outcome.NOT_OBLIGED, reason, enrolment, window_end)
    period, reason = _target_group(facts, enrolment.study_start, rules.target_groups, rules)
    is_group_open = False
    if reason is not None:
        every_group = rules.target_groups | rules.open_groups
        possible, objection = _target_group(facts, enrolment.study_start, every_group, rules)
        if objection is None:
            period, reason, is_group_open = possible, None, True
    if reason is not None:
        return _Finding(Outcome.NOT_OBLIGED, reason, enrolment, window_end, period)
    home = facts.home_on(day)
    if enrolment.education_type in law.open_education:
        outcome, reason = Outcome.UNDECIDED, DecisionReason.EDUCATION_UNCERTAIN
    elif is_group_open:
        outcome, reason = Outcome.UNDECIDED, DecisionReason.TARGET_GROUP_UNCERTAIN
    elif home is None:
        outcome, reason = Outcome.UNDECIDED, DecisionReason.RESIDENCE_UNKNOWN
    elif law.unit_on(home.municipality_code, day) is None:
        outcome, reason = Outcome.UNDECIDED, DecisionReason.NO_RESPONSIBLE_UNIT
    else:
        outcome, reason = Outcome.OBLIGED, DecisionReason.OBLIGED
    return _Finding(outcome, reason, enrolment, window_end, period, home)


def _verdict(
    found: _Finding, message: KnownEvent, day: date, facts: Facts, law: Law, rules: RuleSet
) -> SimpleVerdict:
    """`found` of a message of `day`, with its evidence and with what follows from it."""
    _, _, enrolment, window_end, period, home = found
    received = copenhagen_date(message.origin.appended_at)
    evidence = SimpleEvidence(
        message_date=day,
        enrolment_id=enrolment.enrolment_id,
        institution_number=enrolment.institution_number,
        education_type=enrolment.education_type,
        admission_date=enrolment.admission_date,
        study_start=enrolment.study_start,
        window_end=window_end,
        window_includes_last_day=rules.window_includes_last_day,
        received_on=received
        if (enrolment.study_start <= day < window_end) != (enrolment.study_start <= received < window_end)
        else None,
        enrolment_ended_on=enrolment.ended_on,
        look_back_days=rules.look_back_days,
        law_confirmed_until=rules.confirmed_for(day),
        contradicted_by=None
        if found.outcome is Outcome.NOT_OBLIGED
        else _contradicted_by(message.risk.institution_number, day, facts, law),
        period_id=None if period is None else period.period_id,
        benefit_type=None if period is None else period.benefit_type,
        target_group=None if period is None else period.target_group,
        benefit_from=None if period is None else period.valid_from,
        benefit_to=None if period is None else period.valid_to,
        municipality_code=None if home is None else home.municipality_code,
        residence_id=None if home is None else home.residence_id,
    )
    unit_id = mentor_last_day = review_on = None
    if found.outcome is Outcome.OBLIGED and home is not None:
        unit_id = law.unit_on(home.municipality_code, day)
        mentor_last_day = add_months(enrolment.admission_date, rules.mentor_months) - DAY
    elif found.outcome is Outcome.UNDECIDED:
        # These two wait for no fact, so people look at them at once.
        at_once = found.reason in (
            DecisionReason.EDUCATION_UNCERTAIN,
            DecisionReason.TARGET_GROUP_UNCERTAIN,
        )
        review_on = day if at_once else day + timedelta(days=rules.review_days)
    return SimpleVerdict(
        outcome=found.outcome,
        reason=found.reason,
        law_version=rules.version,
        evidence=evidence,
        unit_id=unit_id,
        mentor_last_day=mentor_last_day,
        review_on=review_on,
    )


def with_home(evidence: SimpleEvidence, facts: Facts, day: date) -> SimpleEvidence:
    """With where the person lived on `day`, if that is known."""
    home = facts.home_on(day)
    return evidence if home is None else replace(evidence, **_where(home))


def _where(home: Home) -> dict[str, str]:
    return {"municipality_code": home.municipality_code, "residence_id": home.residence_id}


def _enrolment_objection(
    enrolment: Enrolment, day: date, window_end: date, law: Law
) -> DecisionReason | None:
    """Why the enrolment alone already rules the duty out."""
    if day < enrolment.study_start:
        return DecisionReason.BEFORE_STUDY_START
    if day >= window_end:
        return DecisionReason.AFTER_WINDOW
    if enrolment.ended_on is not None and enrolment.ended_on < day:
        return DecisionReason.ENROLMENT_ENDED
    kind = enrolment.education_type
    if not law.covered.get(kind, False) and kind not in law.open_education:
        return DecisionReason.EDUCATION_NOT_COVERED
    return None


def _target_group(
    facts: Facts,
    study_start: date,
    groups: frozenset[tuple[BenefitType, TargetGroup]],
    rules: RuleSet,
) -> tuple[BenefitPeriod | None, DecisionReason | None]:
    """`_came_from`, looked for once for all messages of a person: 300 of them and 30 enrolments are allowed."""
    asked = (study_start, groups, rules.look_back_days)
    answer = facts.came_from.get(asked)
    if answer is None:
        answer = facts.came_from[asked] = _came_from(facts.periods, study_start, groups, rules)
    return answer


def _came_from(
    periods: tuple[BenefitPeriod, ...],
    study_start: date,
    groups: frozenset[tuple[BenefitType, TargetGroup]],
    rules: RuleSet,
) -> tuple[BenefitPeriod | None, DecisionReason | None]:
    """The period that shows where the person came from, and the objection where it does not suffice."""
    eligible = [period for period in periods if (period.benefit_type, period.target_group) in groups]
    if not eligible:
        return None, DecisionReason.NO_TARGET_GROUP_PERIOD_KNOWN
    before = [period for period in eligible if period.valid_from < study_start]
    if not before:
        first = min(eligible, key=lambda period: (period.valid_from, period.period_id))
        return first, DecisionReason.TARGET_GROUP_BEGAN_AFTER_START
    last = max(before, key=lambda period: (period.valid_to or date.max, period.valid_from, period.period_id))
    if last.valid_to is not None and last.valid_to < study_start - timedelta(days=rules.look_back_days):
        return last, DecisionReason.TARGET_GROUP_ENDED_TOO_EARLY
    return last, None


def _weight(found: _Finding) -> tuple[int, int, date, str]:
    """Obliged before undecided before not obliged; then the nearest objection; then the latest start."""
    nearness = -_NEARNESS.index(found.reason) if found.reason in _NEARNESS else 0
    return (_RANK[found.outcome], nearness, found.enrolment.study_start, found.enrolment.enrolment_id)
