"""What operators are told while the known law comes to its end."""

import logging
from datetime import date

from models.eligibility.law import Law
from models.eligibility.law_horizon import LawHorizon, law_horizon

log = logging.getLogger(__name__)


def law_warning(horizon: LawHorizon) -> str:
    """One sentence: what happens, from when, and what to do."""
    begin = "Messages of today are" if horizon.has_passed else "Messages after that day will be"
    return (
        f"law.toml: rule set {horizon.version} is known until {horizon.known_until}. {begin} undecided "
        "(law_not_confirmed) until the next rule set stands there, or two people have confirmed this one in "
        "law_confirmations.csv."
    )


def say_horizon(law: Law, today: date) -> None:
    """The same in the log of a process that begins."""
    horizon = law_horizon(law, today)
    if horizon is not None:
        log.warning("%s", law_warning(horizon))
