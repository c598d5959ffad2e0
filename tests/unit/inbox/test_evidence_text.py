"""What a decision rests on, as a case worker reads it."""

from datetime import date

from inbox.evidence_text import sentences
from inbox.translations import Language, words
from models.eligibility.decision import Evidence
from models.events.contract import BenefitType, TargetGroup

CONTRADICTED = "School 281082, School 282003 also say that the person was enrolled there that day."


def said(evidence: Evidence, language: Language = Language.ENGLISH) -> tuple[str, ...]:
    """With plain names."""
    return sentences(
        evidence,
        "2025-07-01",
        words(language),
        institution=lambda number: f"School {number}",
        municipality=lambda code: f"Municipality {code}",
    )


def test_institutions_that_contradict_are_named() -> None:
    """Who has the person, too; the case worker finds out who is right."""
    plain = Evidence(message_date=date(2025, 10, 1))
    assert not any("also say" in sentence for sentence in said(plain))
    flagged = plain.model_copy(update={"contradicted_by": ("281082", "282003")})
    assert [sentence for sentence in said(flagged) if sentence.startswith(CONTRADICTED)]


def test_a_benefit_with_an_order_to_take_an_education_is_a_whole_sentence() -> None:
    evidence = Evidence(
        message_date=date(2025, 10, 1),
        benefit_type=BenefitType.DAGPENGE,
        target_group=TargetGroup.UDDANNELSESPAALAEG_UNDER_25,
    )
    assert "Dagpenge som ung under 25 år med uddannelsespålæg." in said(evidence, Language.DANISH)
    assert "Dagpenge as a person under 25 with an order to take an education." in said(evidence)
