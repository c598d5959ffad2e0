"""One event of a person with much known of them must not hold the worker: nothing is looked for once a message."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from models.eligibility.decide import decide
from models.eligibility.decision import Outcome
from models.eligibility.facts import BenefitPeriod, fold
from tests.factories import DAY, LAW, START, background, enrolment, period, risk

ENROLMENTS = 12
PERIODS = 40
MESSAGES = 50


class Counted(tuple[BenefitPeriod, ...]):
    """Periods that count how often they are gone through."""

    times: list[int]

    def __iter__(self) -> Iterator[BenefitPeriod]:
        self.times[0] += 1
        return super().__iter__()


def test_the_periods_are_gone_through_once_for_each_start_and_not_for_each_message() -> None:
    """12 enrolments with two starts, 50 messages: 600 times and more otherwise."""
    events = [
        *background(),
        *(
            period(date(2024, 1, 1 + nth % 28), date(2024, 2, 1), name=f"period {nth}")
            for nth in range(PERIODS)
        ),
        *(
            enrolment(start=START + timedelta(days=nth % 2), name=f"enrolment {nth}")
            for nth in range(ENROLMENTS)
        ),
        *(risk(DAY + timedelta(days=nth % 5), name=f"message {nth}") for nth in range(MESSAGES)),
    ]
    facts = fold(events)
    periods = Counted(facts.periods)
    periods.times = [0]
    counting = replace(facts, periods=periods)
    verdicts = [decide(message, counting, LAW) for message in facts.messages]
    assert len(verdicts) == MESSAGES
    assert Outcome.OBLIGED in {verdict.outcome for verdict in verdicts}
    # Twice for each start, as the groups that are open are looked for where the others do not suffice.
    assert 1 <= periods.times[0] <= 2 * 3
    assert verdicts == [decide(message, fold(events), LAW) for message in facts.messages]
