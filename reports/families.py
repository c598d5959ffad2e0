"""Which figures there are: families of counts, each a partition of one base, and how they hang together.

A family below another one divides one of its cells further, so that no figure is said in two ways that could be held
against each other. `docs/report.md` defines each; a test holds the two against each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from models.reasons import DecisionReason
from models.tasks.actions import ContactForm, Initiative


@dataclass(frozen=True, slots=True)
class Family:
    """Counts of one kind of thing, by one question."""

    code: str
    categories: tuple[str, ...]
    """What the answers are; each thing has exactly one."""
    parent: tuple[str, str] | None = None
    """Family and category whose things these are."""


_NOT_OBLIGED: Final = tuple(
    f"not_obliged.{reason}"
    for reason in (
        DecisionReason.WITHDRAWN,
        DecisionReason.ID_CONFLICT,
        DecisionReason.LAW_NOT_IN_FORCE,
        DecisionReason.BEFORE_STUDY_START,
        DecisionReason.AFTER_WINDOW,
        DecisionReason.ENROLMENT_ENDED,
        DecisionReason.EDUCATION_NOT_COVERED,
        DecisionReason.NO_TARGET_GROUP_PERIOD_KNOWN,
        DecisionReason.TARGET_GROUP_ENDED_TOO_EARLY,
        DecisionReason.TARGET_GROUP_BEGAN_AFTER_START,
        DecisionReason.TOO_MANY_EVENTS,
    )
)
HORIZONS: Final[Mapping[int, int]] = {1: 30, 3: 91, 6: 182, 12: 365}
"""Months → days after the study start, as the estimate counts them."""
STARTS: Final = Family("starts", ("from_benefit", "other"))
STAY: Final = Family(
    "stay",
    ("left_within_1", "left_within_3", "left_within_6", "left_within_12", "left_later", "under_observation"),
    ("starts", "from_benefit"),
)
TOLD: Final = Family("told", ("with_message", "without_message"), ("starts", "from_benefit"))
MESSAGES: Final = Family("messages", ("obliged", "undecided", *_NOT_OBLIGED))
DUTIES: Final = Family("duties", ("reached", "not_reached"))
TARGET: Final = Family("target", ("in_time", "late"), ("duties", "reached"))
FORM: Final = Family("form", tuple(map(str, ContactForm)), ("duties", "reached"))
DECISION: Final = Family("decision", ("decided", "not_decided"), ("duties", "reached"))
OPEN: Final = Family("unreached", ("closed", "overdue", "waiting"), ("duties", "not_reached"))
INITIATIVES: Final = tuple(
    Family(f"initiative.{initiative}", ("yes", "no"), ("decision", "decided")) for initiative in Initiative
)
FAMILIES: Final = (STARTS, STAY, TOLD, MESSAGES, DUTIES, TARGET, FORM, DECISION, OPEN, *INITIATIVES)
"""A parent stands before its children."""
BY_CODE: Final = {family.code: family for family in FAMILIES}
