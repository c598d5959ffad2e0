"""The judge of mails finds what is planted, and takes a copy for what it is."""

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid5

import pytest

from tests.faults.judge import judge
from tests.faults.observation import Seen
from tests.faults.sound_observation import OTHER_UNIT, RULES, SPACE, all_well


def _nobody_told(seen: Seen) -> None:
    seen.deliveries.clear()
    seen.mails.clear()


def _said_to_be_sent(seen: Seen) -> None:
    seen.mails.clear()


def _never_answered(seen: Seen) -> None:
    seen.mails[0] = replace(seen.mails[0], answered=False)


def _exhausted(seen: Seen) -> None:
    seen.deliveries[0] = replace(seen.deliveries[0], status="exhausted")


def _other_words(seen: Seen) -> None:
    seen.mails.append(replace(seen.mails[0], digest="other words"))


def _other_identity(seen: Seen) -> None:
    seen.mails.append(replace(seen.mails[0], message_id="<another@x.example>"))


def _two_notices_of_one_cause(seen: Seen) -> None:
    seen.deliveries.append(replace(seen.deliveries[0], id=uuid5(SPACE, "again"), status="superseded"))


def _mail_to_somebody_else(seen: Seen) -> None:
    seen.mails[0] = replace(seen.mails[0], recipient=RULES.addresses[OTHER_UNIT])


@pytest.mark.parametrize(
    ("plant", "figure"),
    [
        (_nobody_told, "lost"),
        (_said_to_be_sent, "lost"),
        (_never_answered, "lost"),
        (_exhausted, "lost"),
        (_other_words, "duplicate_mails"),
        (_other_identity, "duplicate_mails"),
        (_two_notices_of_one_cause, "duplicate_mails"),
        (_mail_to_somebody_else, "wrong_unit"),
    ],
)
def test_whatever_is_wrong_with_a_mail_is_found(plant: Callable[[Seen], None], figure: str) -> None:
    seen = all_well()
    plant(seen)
    verdict = judge(seen, RULES)
    assert getattr(verdict, figure) > 0, verdict


def test_the_very_same_mail_once_more_is_a_copy_and_no_double() -> None:
    seen = all_well()
    seen.mails.append(seen.mails[0])
    verdict = judge(seen, RULES)
    assert (verdict.copies, verdict.violations) == (1, 0)


def test_a_refused_notice_is_lost_unless_the_cell_makes_the_relay_refuse() -> None:
    seen = all_well()
    seen.deliveries[0] = replace(seen.deliveries[0], status="refused")
    assert judge(seen, RULES).lost == 1
    seen.deliveries.append(
        replace(
            seen.deliveries[0],
            id=uuid5(SPACE, "instead"),
            occasion="escalation",
            cause="step:1",
            status="superseded",
            audience="service",
        )
    )
    allowed = judge(seen, replace(RULES, refusals=True))
    assert (allowed.lost, allowed.refused) == (0, 1)


def test_a_refused_notice_that_nobody_was_told_of_is_lost_whatever_the_relay_does() -> None:
    seen = all_well()
    seen.deliveries[0] = replace(seen.deliveries[0], status="refused")
    assert judge(seen, replace(RULES, refusals=True)).lost == 1
