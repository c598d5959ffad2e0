"""What a decision rests on, as a case worker reads it."""

from datetime import date

from inbox.evidence_text import sentences
from inbox.translations import Language, words
from models.eligibility.decision import Evidence

CONTRADICTED = "School 281082, School 282003 also say that the person was enrolled there that day."


def said(evidence: Evidence) -> tuple[str, ...]:
    """In English, with plain names."""
    return sentences(
        evidence,
        "2025-07-01",
        words(Language.ENGLISH),
        institution=lambda number: f"School {number}",
        municipality=lambda code: f"Municipality {code}",
    )


def test_institutions_that_contradict_are_named() -> None:
    """Who has the person, too; the case worker finds out who is right."""
    plain = Evidence(message_date=date(2025, 10, 1))
    assert not any("also say" in sentence for sentence in said(plain))
    flagged = plain.model_copy(update={"contradicted_by": ("281082", "282003")})
    assert [sentence for sentence in said(flagged) if sentence.startswith(CONTRADICTED)]
