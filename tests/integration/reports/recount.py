"""The figures of a known autumn counted once more from the raw events, by another way than the report's.

By `fold` and plain loops over people; it shares no statement, no row and no counting with `reports`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta

from config.reference.days_off import days_off_of
from config.reference.units import react_by_of
from models.calendar import add_working_days, is_working_day
from models.eligibility.decision import Decision
from models.eligibility.facts import Enrolment, Facts, fold
from models.events.content import EnrolmentEnd
from models.events.person_event import PersonEvent
from models.ids import UnitId
from models.tasks.actions import Close, ContactAttempt, Ending, Reopen
from reports.read import ReportPeriod
from tests.integration.reports.autumn import LAW, Autumn, Deed, day_of
from tests.reference import SHIPPED

Found = Counter[tuple[str, str, str, str]]
"""Family, breakdown, value and category → how many."""
DAYS_OFF = days_off_of(SHIPPED)


def recount(autumn: Autumn, period: ReportPeriod) -> tuple[Found, dict[tuple[str, str, str], list[int]]]:
    """The counts, and the working days of contact and decision."""
    found: Found = Counter()
    days: dict[tuple[str, str, str], list[int]] = defaultdict(list)

    def put(family: str, category: str, *place: str | None) -> None:
        for breakdown, value in _lines(*place):
            found[family, breakdown, value, category] += 1

    people: dict[str, list[PersonEvent]] = defaultdict(list)
    for event in autumn.events:
        if event.origin.appended_at < period.moment:
            people[event.person_id].append(event)
    verdicts: dict[tuple[str, str], Decision] = {}
    for at, decision in autumn.decisions:
        name = (decision.message.sender, decision.message.message_id)
        if at < period.moment and (name not in verdicts or verdicts[name].revision < decision.revision):
            verdicts[name] = decision
    told = {
        one.verdict.evidence.enrolment_id
        for one in verdicts.values()
        if one.verdict.reason not in ("withdrawn", "id_conflict")
    }
    for events in people.values():
        facts = fold(events)
        for enrolment in facts.enrolments:
            _start(put, facts, enrolment, events, period, told)
    for decision in verdicts.values():
        verdict, evidence = decision.verdict, decision.verdict.evidence
        if not period.first <= evidence.message_date <= period.last:
            continue
        category = verdict.outcome if verdict.outcome != "not_obliged" else f"not_obliged.{verdict.reason}"
        put(
            "messages",
            category,
            f"{evidence.message_date:%Y-%m}",
            evidence.municipality_code,
            evidence.education_type,
            evidence.target_group,
            verdict.law_version,
        )
    _duties(put, days, autumn, period, list(verdicts.values()))
    return found, days


def _lines(month: str | None, *place: str | None) -> list[tuple[str, str]]:
    values = [str(month), *(each or "unknown" for each in place)]
    names = ("month", "municipality", "education_type", "target_group", "law_version")
    return [("total", "total"), *zip(names, values, strict=True)]


def _start(
    put: Callable[..., None],
    facts: Facts,
    enrolment: Enrolment,
    events: list[PersonEvent],
    period: ReportPeriod,
    told: set[str | None],
) -> None:
    start, ended = enrolment.study_start, enrolment.ended_on
    if not period.first <= start <= period.last or (ended is not None and ended < start):
        return
    rules = LAW.rules_on(start)
    assert rules is not None
    home = facts.home_on(start)
    before = [
        one
        for one in facts.periods
        if (one.benefit_type, one.target_group) in rules.target_groups and one.valid_from < start
    ]
    before.sort(key=lambda one: (one.valid_to or date.max, one.valid_from, one.period_id))
    from_benefit = bool(before) and (before[-1].valid_to or date.max) >= start - timedelta(
        days=rules.look_back_days
    )
    group = before[-1].target_group if from_benefit else None
    place = (
        f"{start:%Y-%m}",
        home.municipality_code if home else None,
        enrolment.education_type,
        group,
        rules.version,
    )
    put("starts", "from_benefit" if from_benefit else "other", *place)
    if not from_benefit:
        return
    put("told", "with_message" if enrolment.enrolment_id in told else "without_message", *place)
    reasons = [one.content.reason for one in events if isinstance(one.content, EnrolmentEnd)]
    gone = ended is not None and ended < period.as_of
    category = "under_observation"
    if gone and ended is not None and reasons[-1] not in ("completed", "transferred"):
        lasted = (ended - start).days
        category = "left_later"
        for name, limit in (("12", 365), ("6", 182), ("3", 91), ("1", 30)):
            if lasted <= limit:
                category = f"left_within_{name}"
    put("stay", category, *place)


def _duties(put, days, autumn: Autumn, period: ReportPeriod, verdicts) -> None:  # type: ignore[no-untyped-def]
    """Message by message in the order of arrival: who comes before the close of an open duty belongs to it."""
    obliged = sorted(
        (one for one in verdicts if one.verdict.outcome == "obliged"),
        key=lambda one: one.message.origin.appended_at,
    )
    open_until: dict[tuple[str, str], datetime | None] = {}
    react_by = react_by_of(SHIPPED)
    for decision in obliged:
        verdict, arrived = decision.verdict, decision.message.origin.appended_at
        key = (verdict.evidence.enrolment_id or "", verdict.unit_id or "")
        own = sorted(
            (one for one in autumn.deeds if (one.enrolment, one.unit) == key and one.act.at < period.moment),
            key=lambda one: one.act.at,
        )
        if key in open_until and (open_until[key] is None or arrived <= open_until[key]):
            continue
        began = _closed_before(own, arrived)
        close = _close(own, arrived)
        open_until[key] = None if close is None else close.act.at
        tries = [
            one.act.deed
            for one in own
            if isinstance(one.act.deed, ContactAttempt)
            and (began is None or one.act.at > began)
            and (close is None or one.act.at <= close.act.at)
        ]
        day = day_of(arrived)
        if not period.first <= day <= period.last:
            continue
        evidence = verdict.evidence
        place = (
            f"{day:%Y-%m}",
            evidence.municipality_code,
            evidence.education_type,
            evidence.target_group,
            verdict.law_version,
        )
        target = add_working_days(day, react_by.on(UnitId(key[1]), day), DAYS_OFF)
        reached = sorted((one for one in tries if one.reached), key=lambda one: one.at)
        deed = None if close is None else close.act.deed
        assert deed is None or isinstance(deed, Close)
        if not reached:
            put("duties", "not_reached", *place)
            put("unreached", "closed" if deed else "overdue" if target < period.as_of else "waiting", *place)
            continue
        contact = day_of(reached[0].at)
        put("duties", "reached", *place)
        put("target", "in_time" if contact <= target else "late", *place)
        put("form", reached[0].form, *place)
        is_decided = deed is not None and deed.ending is Ending.CONTACT_MADE
        put("decision", "decided" if is_decided else "not_decided", *place)
        for line in _lines(*place):
            days["contact", *line].append(_working(day, contact))
            if close is not None and is_decided:
                days["decision", *line].append(_working(day, day_of(close.act.at)))
        if deed is not None and is_decided:
            for name in (
                "mentor",
                "extended_mentor",
                "institution_meeting",
                "other_offer",
                "already_in_place",
                "none",
            ):
                put(f"initiative.{name}", "yes" if name in deed.initiatives else "no", *place)


def _close(own: list[Deed], after: datetime) -> Deed | None:
    return next((one for one in _standing(own) if one.act.at > after), None)


def _closed_before(own: list[Deed], moment: datetime) -> datetime | None:
    return max((one.act.at for one in _standing(own) if one.act.at < moment), default=None)


def _standing(own: list[Deed]) -> list[Deed]:
    standing: list[Deed] = []
    for one in own:
        if isinstance(one.act.deed, Close):
            standing.append(one)
        elif isinstance(one.act.deed, Reopen):
            standing.pop()
    return standing


def _working(first: date, last: date) -> int:
    return sum(is_working_day(first + timedelta(days=n), DAYS_OFF) for n in range(1, (last - first).days + 1))
