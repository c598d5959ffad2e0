"""Why a message obliges the unit, in words: the facts that the decision rests on, each with its date. Pure."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from inbox.date_text import short_date
from inbox.translations import Translations
from models.eligibility.decision import Evidence

Name = Callable[[str], str]


def sentences(
    evidence: Evidence, law_version: str, say: Translations, *, institution: Name, municipality: Name
) -> tuple[str, ...]:
    """The facts in the order in which one would tell them."""
    return tuple(_sentences(evidence, law_version, say, institution, municipality))


def _sentences(
    evidence: Evidence, law_version: str, say: Translations, institution: Name, municipality: Name
) -> Iterator[str]:
    def day(value: date) -> str:
        return short_date(value, say.language)

    if evidence.study_start is not None:
        education = "" if evidence.education_type is None else say(f"education.{evidence.education_type}")
        where = "" if evidence.institution_number is None else institution(evidence.institution_number)
        yield say("evidence.study_start", day=day(evidence.study_start), where=where, education=education)
    if evidence.admission_date is not None:
        yield say("evidence.admission", day=day(evidence.admission_date))
    if evidence.benefit_type is not None and evidence.target_group is not None:
        yield _benefit(evidence, say, day)
    if evidence.window_end is not None:
        last = evidence.window_end - timedelta(days=1)
        yield say("evidence.within", message=day(evidence.message_date), last=day(last))
        if evidence.window_includes_last_day and evidence.message_date == last:
            yield say("evidence.last_day")
        if evidence.received_on is not None:
            yield say("evidence.received", received=day(evidence.received_on))
    else:
        yield say("evidence.message", message=day(evidence.message_date))
    if evidence.municipality_code is not None:
        yield say("evidence.residence", municipality=municipality(evidence.municipality_code))
    if evidence.contradicted_by:
        where = ", ".join(map(institution, evidence.contradicted_by))
        yield say("evidence.contradicted", institutions=where)
    yield say("evidence.rules", version=law_version)
    if evidence.law_confirmed_until is not None:
        yield say("evidence.confirmed", day=day(evidence.law_confirmed_until))


def _benefit(evidence: Evidence, say: Translations, day: Callable[[date], str]) -> str:
    benefit, group = say(f"benefit.{evidence.benefit_type}"), say(f"group_of.{evidence.target_group}")
    if evidence.benefit_from is None:
        return say("evidence.benefit", benefit=benefit, group=group)
    if evidence.benefit_to is None:
        return say("evidence.benefit_since", benefit=benefit, group=group, first=day(evidence.benefit_from))
    return say(
        "evidence.benefit_until",
        benefit=benefit,
        group=group,
        first=day(evidence.benefit_from),
        last=day(evidence.benefit_to),
    )
