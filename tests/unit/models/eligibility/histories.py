"""Whole histories of one person for the property tests: small domains, so that everything collides.

A history is drawn as rows of small numbers and built here, which shrinks well and keeps drawing cheap.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from hypothesis import strategies as st

from models.eligibility.law import Law
from models.events.contract import BenefitType, EducationType, TargetGroup
from models.events.person_event import Origin, PersonEvent
from tests import factories as make

Row = tuple[int, int, int, int, int, int]

_INSTITUTIONS: Final = (make.INSTITUTION, make.CLOSED_INSTITUTION, make.OTHER_INSTITUTION)
_MUNICIPALITIES: Final = (make.MUNICIPALITY, make.CLOSED_MUNICIPALITY, make.OTHER_MUNICIPALITY)
_HOMES: Final = (make.MUNICIPALITY, make.OTHER_MUNICIPALITY, "0411", "9999")
_EDUCATIONS: Final = (EducationType.EUD, EducationType.HF_ENKELTFAG, EducationType.AVU)
_BENEFITS: Final = (
    (BenefitType.UDDANNELSESHJAELP, TargetGroup.UDDANNELSESPARAT),
    (BenefitType.KONTANTHJAELP, TargetGroup.UDDANNELSESPARAT),
    (BenefitType.UDDANNELSESHJAELP, TargetGroup.JOBPARAT),
    (BenefitType.DAGPENGE, TargetGroup.UDDANNELSESPAALAEG_UNDER_25),
)
_STARTS: Final = (date(2025, 8, 11), date(2025, 8, 31), date(2021, 8, 31))
_PERIODS: Final = (
    (date(2024, 1, 1), None),
    (date(2024, 1, 1), date(2025, 6, 29)),
    (date(2025, 6, 1), date(2025, 6, 10)),
    (date(2025, 8, 10), date(2025, 8, 20)),
    (date(2025, 8, 31), None),
    (date(2021, 1, 1), date(2021, 8, 30)),
)
_ENDS: Final = (date(2025, 9, 30), date(2025, 10, 1), date(2025, 10, 2))
_MOMENTS: Final = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2025-08-10T21:59:59+00:00",
        "2025-08-10T22:00:00+00:00",
        "2025-10-01T12:00:00+02:00",
        "2025-10-26T02:30:00+02:00",
        "2026-02-11T22:59:59+00:00",
        "2026-02-12T00:00:00+01:00",
        "2026-02-28T23:30:00+01:00",
        "2021-12-31T22:59:59+00:00",
        "2022-01-01T00:00:00+01:00",
    )
)
_IDS: Final = 6

row = st.tuples(
    st.integers(0, 11),  # what is said
    st.integers(0, 2),  # by whom
    st.integers(0, 1),  # about which enrolment, period or residence
    st.integers(0, 8),  # when it was registered
    st.integers(0, 35),  # with which values
    st.integers(0, 4 * _IDS - 1),  # under which id: mostly its own, sometimes another's
)
_OWN: Final = _IDS


def _ground(
    what: int, about: int, values: Sequence[int], whens: Sequence[int] = (0,)
) -> st.SearchStrategy[Row]:
    return st.tuples(
        st.just(what),
        st.just(0),
        st.just(about),
        st.sampled_from(whens),
        st.sampled_from(values),
        st.integers(_OWN - 1, _OWN + 1),
    )


_grounds = st.tuples(
    _ground(0, 0, (0, 1, 6, 9, 10)),
    _ground(3, 0, range(6)),
    _ground(6, 0, range(8)),
    _ground(8, 0, (0,), range(1, 7)),
    _ground(2, 0, range(3), (1, 2)) | _ground(4, 1, range(6)) | _ground(0, 1, range(6)),
)
"""A message and the facts that it needs: chance alone brings them together too seldom."""
rows = st.builds(
    lambda grounds, more: [*grounds, *more],
    st.one_of(_grounds, _grounds, _grounds, st.just(())),
    st.lists(row, min_size=1, max_size=9),
)


def history(drawn: Sequence[Row]) -> list[PersonEvent]:
    """The events of the rows, each at its own place, in the order in which the brokers appended them."""
    events: list[PersonEvent] = []
    for number, (what, who, about, when, values, name) in enumerate(drawn):
        origin = Origin(
            topic="input",
            partition=number % 2,
            offset=number,
            # Several records may share one append time: the place decides then.
            # And some come before the mergers of `factories.make_law`, some after.
            appended_at=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=8 * (number // 2)),
        )
        own = make.uuid(f"own {number}")
        event_id = own if name >= _IDS else make.uuid(f"shared {name}")
        events.append(_event(what, who, about, when, values, events, origin=origin, event_id=event_id))
    return events


def _event(
    what: int,
    who: int,
    about: int,
    when: int,
    values: int,
    earlier: list[PersonEvent],
    **place: Any,
) -> PersonEvent:
    institution, municipality = _INSTITUTIONS[who], _MUNICIPALITIES[who]
    register = make.CLOSED_REGISTER if who == 1 else make.REGISTER
    at = _MOMENTS[when]
    name = f"subject {about}"
    match what:
        case 0 | 1:
            start = _STARTS[values % 3]
            return make.enrolment(
                institution=institution,
                name=name,
                education=_EDUCATIONS[values // 3 % 3],
                start=start,
                admission=start - timedelta(days=values % 5),
                ended_on=_ENDS[values % 3] if values >= 27 else None,
                at=at,
                kind=("enrolment.registered", "enrolment.corrected")[what],
                **place,
            )
        case 2:
            return make.enrolment_end(_ENDS[values % 3], institution=institution, name=name, at=at, **place)
        case 3 | 4:
            first, last = _PERIODS[values % 6]
            benefit, group = _BENEFITS[values // 6 % len(_BENEFITS)]
            return make.period(
                first,
                last,
                municipality=municipality,
                name=name,
                benefit=benefit,
                group=group,
                at=at,
                kind=("benefit-period.registered", "benefit-period.corrected")[what - 3],
                **place,
            )
        case 5 if values % 4 == 3:
            return make.residence_annulment(at=at, sender=register, name=name, **place)
        case 5:
            return make.annulment(at=at, sender=municipality, name=name, **place)
        case 6 | 7:
            since = (date(2020, 1, 1), date(2025, 10, 1), date(2025, 10, 2))[values // 4 % 3]
            return make.residence(_HOMES[values % 4], since, name=name, sender=register, at=at, **place)
        case 8 | 9:
            return make.risk(at, institution=institution, **place)
        case 10:
            return _withdrawal(institution, at, values, earlier, **place)
        case _:
            return _repeat_or_refusal(values, earlier, at=at, **place)


def _withdrawal(
    institution: str, at: datetime, values: int, earlier: list[PersonEvent], **place: Any
) -> PersonEvent:
    """Of a message said before, by its own institution or by another one; or of one that never came."""
    target = earlier[values % len(earlier)] if earlier else make.risk(at, institution=institution)
    sender = target.sender if values % 3 and target.sender in _INSTITUTIONS else institution
    return make.withdrawal(target, sender=sender, at=at, **place)


def _repeat_or_refusal(
    values: int, earlier: list[PersonEvent], *, at: datetime, origin: Origin, event_id: str
) -> PersonEvent:
    """An earlier event once more at another place, or the ledger's refusal of one."""
    if not earlier:
        return make.risk(at, origin=origin, event_id=event_id)
    target = earlier[values // 2 % len(earlier)]
    if values % 2:
        return target.model_copy(update={"origin": origin})
    return make.refusal(target, origin=origin, event_id=event_id)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def plain_law(law: Law) -> dict[str, Any]:
    """`law` in the plain words that the oracle reads."""
    return {
        "rules": {
            rules.in_force_from.isoformat(): {
                "window_months": rules.window_months,
                "last_day_counts": rules.window_includes_last_day,
                "read_until": _text(rules.known_until),
                "confirmed_until": _text(rules.confirmed_until),
                "look_back_days": rules.look_back_days,
                "mentor_months": rules.mentor_months,
                "review_days": rules.review_days,
                "target_groups": [
                    [benefit.value, group.value] for benefit, group in sorted(rules.target_groups)
                ],
                "open_groups": [[benefit.value, group.value] for benefit, group in sorted(rules.open_groups)],
            }
            for rules in law.rule_sets
        },
        "covered": [education.value for education, covered in law.covered.items() if covered],
        "open_education": [education.value for education in sorted(law.open_education)],
        "routes": {
            code: [
                (
                    route.unit_id,
                    route.valid_from.isoformat(),
                    route.valid_to.isoformat() if route.valid_to else None,
                )
                for route in routes
            ]
            for code, routes in law.routes.items()
        },
        "successors": dict(law.successors),
        "taken_over": {
            number: [[link.predecessor, link.ended_on.isoformat()] for link in links]
            for number, links in law.succession.links.items()
        },
    }
