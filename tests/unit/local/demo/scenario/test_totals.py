"""The control totals of the story are true, by what intake has verified of each sender and day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from local.demo.scenario.expected import count
from local.demo.scenario.story import Story
from models.eligibility.law import Law
from models.events.event_types import CONTROL_TOTAL, full_type
from models.events.sender import SenderKind, kind_of
from tests.unit.local.demo.scenario.conftest import Answer


def test_every_total_is_what_intake_has_verified_of_the_day(answers: Sequence[Answer]) -> None:
    came: defaultdict[tuple[str | None, date | None], defaultdict[str | None, set[str | None]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for answer in answers:
        receipt = answer.taken.receipt
        if receipt.registered_on is not None and receipt.type != CONTROL_TOTAL:
            came[receipt.sender, receipt.registered_on][full_type(receipt.type or "")].add(receipt.event_id)
    totals = [answer.taken.receipt for answer in answers if answer.taken.receipt.total is not None]
    assert totals
    for receipt in totals:
        assert receipt.total is not None
        found = {kind: len(ids) for kind, ids in came[receipt.sender, receipt.total.day].items()}
        assert {one.type: one.events for one in receipt.total.counts} == found


def test_senders_of_every_kind_declare_and_each_line_is_expected(
    story: Story, answers: Sequence[Answer], law: Law
) -> None:
    totals = [answer.taken.receipt for answer in answers if answer.taken.receipt.total is not None]
    assert {kind_of(receipt.sender or "") for receipt in totals} == set(SenderKind)
    lines = sum(len(receipt.total.counts) for receipt in totals if receipt.total is not None)
    assert count(story, law).totals == lines >= len(totals)
