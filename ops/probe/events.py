"""What a canary says: the facts of a made-up person, a message about it, and that it is taken back.

Pure, and the same for the same moment: what is published once more after a restart is a repeat without effect. A new
person every hour, so that nobody's record and no task grows without end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from models.calendar import copenhagen_date
from models.eligibility.law import Law
from models.events import probe_identity
from models.events.contract import BenefitType, TargetGroup
from models.events.event_types import TYPE_PREFIX
from publisher.events import PlainEvent

_NAMESPACE: Final = UUID("2f4c7b1a-90d5-5b57-8a2e-6c0f6f1d3a90")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PERSON_LASTS: Final = timedelta(hours=1)
_STUDIES_SINCE: Final = timedelta(days=30)
_BENEFIT_SINCE: Final = timedelta(days=365)
_HOME_SINCE: Final = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """What of the surroundings a canary's events depend on."""

    sources: Mapping[str, str]
    """The CloudEvents ``source`` of each of its senders."""
    law: Law


def person_of(moment: datetime) -> int:
    """Which made-up person a canary of that moment is about."""
    return (moment - _EPOCH) // _PERSON_LASTS


def facts(moment: datetime, plan: ProbePlan) -> tuple[PlainEvent, ...]:
    """What makes a message about that moment's person oblige: where it studies, came from, and lives."""
    person = person_of(moment)
    since = _EPOCH + person * _PERSON_LASTS
    started = copenhagen_date(since) - _STUDIES_SINCE
    benefit, group = _covered(plan.law, copenhagen_date(since))
    enrolment = {
        "enrolment_id": _id("study", person),
        "institution_number": probe_identity.INSTITUTION,
        "education_type": "eud",
        "admission_date": _text(started),
        "study_start": _text(started),
    }
    period = {
        "period_id": _id("benefit", person),
        "municipality_code": probe_identity.MUNICIPALITY,
        "benefit_type": benefit.value,
        "target_group": group.value,
        "valid_from": _text(started - _BENEFIT_SINCE),
    }
    home = {
        "residence_id": _id("home", person),
        "municipality_code": probe_identity.MUNICIPALITY,
        "valid_from": _text(started - _HOME_SINCE),
    }
    said = (
        ("residence.registered", probe_identity.REGISTER, home),
        ("benefit-period.registered", probe_identity.MUNICIPALITY, period),
        ("enrolment.registered", probe_identity.INSTITUTION, enrolment),
    )
    return tuple(
        _event(kind, _id(kind, person), sender, since, person, data, plan) for kind, sender, data in said
    )


def _covered(law: Law, day: date) -> tuple[BenefitType, TargetGroup]:
    """A benefit and target group that the law in force covers; without a law any will do, for nobody is obliged."""
    rules = law.rules_on(day)
    groups = frozenset[tuple[BenefitType, TargetGroup]]() if rules is None else rules.target_groups
    return min(groups, default=(BenefitType.OTHER, TargetGroup.OTHER))


def message(moment: datetime, plan: ProbePlan) -> PlainEvent:
    """The message itself."""
    data = {
        "institution_number": probe_identity.INSTITUTION,
        "seen_at": moment.isoformat(),
        "signals": ["other"],
        "severity": "low",
        "text": "Kanariefugl: en prøve af hele vejen. Ingen skal gøre noget.",
    }
    number, person = message_id(moment), person_of(moment)
    return _event("dropout-risk.raised", number, probe_identity.INSTITUTION, moment, person, data, plan)


def message_id(moment: datetime) -> str:
    """The id of the message of that moment."""
    return _id("message", moment.astimezone(UTC).isoformat())


def withdrawal(moment: datetime, plan: ProbePlan) -> PlainEvent:
    """That the message of that moment is taken back."""
    number = message_id(moment)
    data = {
        "institution_number": probe_identity.INSTITUTION,
        "message_id": number,
        "reason": "raised_by_mistake",
    }
    return _event(
        "dropout-risk.withdrawn",
        _id("withdrawal", number),
        probe_identity.INSTITUTION,
        moment + timedelta(seconds=1),
        person_of(moment),
        data,
        plan,
    )


def next_run(now: datetime, interval: timedelta) -> datetime:
    """The next moment of the clock that `interval` divides: after a restart none is flown twice."""
    return _EPOCH + ((now - _EPOCH) // interval + 1) * interval


def _event(
    kind: str, number: str, sender: str, at: datetime, person: int, data: dict[str, Any], plan: ProbePlan
) -> PlainEvent:
    return PlainEvent(
        type=f"{TYPE_PREFIX}{kind}.v1",
        id=number,
        sender=sender,
        source=plan.sources[sender],
        time=at.isoformat(),
        data={"cpr": probe_identity.made_up_cpr(person), **data},
    )


def _id(what: str, of: object) -> str:
    return str(uuid5(_NAMESPACE, f"{what}|{of}"))


def _text(day: date) -> str:
    return day.isoformat()
