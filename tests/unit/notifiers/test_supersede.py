"""Whether a delivery still fits its task."""

import pytest

from models.notifications.delivery import Audience, Channel, Occasion
from notifiers.supersede import (
    Superseded,
    digest_superseded_by,
    superseded_by,
)
from tests.channels import unit_contact

CALLS = [
    Occasion.NEW,
    Occasion.MORE_MESSAGES,
    Occasion.TAKEN_OVER,
    Occasion.REMINDER,
    Occasion.OVERDUE,
    Occasion.ESCALATION,
    Occasion.MENTOR_ENDS,
]
ALL_CLEAR = [Occasion.HANDED_OVER, Occasion.WITHDRAWN]


@pytest.mark.parametrize("occasion", [*CALLS, *ALL_CLEAR])
@pytest.mark.parametrize("task_is_open", [True, False])
def test_a_call_needs_an_open_task_and_an_all_clear_a_closed_one(
    occasion: Occasion, task_is_open: bool
) -> None:
    reason = superseded_by(occasion, task_is_open=task_is_open, recipient="a@b.dk", present=("a@b.dk",))
    if occasion in CALLS:
        assert reason is (None if task_is_open else Superseded.TASK_NOT_OPEN)
    else:
        assert reason is (Superseded.TASK_OPEN_AGAIN if task_is_open else None)


def test_a_recipient_who_is_no_longer_the_units_gets_nothing() -> None:
    reason = superseded_by(Occasion.NEW, task_is_open=True, recipient="a@b.dk", present=("c@d.dk",))
    assert reason is Superseded.RECIPIENT_CHANGED


@pytest.mark.parametrize("task_is_open", [True, False])
def test_a_notice_about_the_units_endpoint_fits_whatever_becomes_of_the_task(task_is_open: bool) -> None:
    fit = superseded_by(
        Occasion.CHANNEL_OFF, task_is_open=task_is_open, recipient="a@b.dk", present=("a@b.dk",)
    )
    assert fit is None


def test_every_occasion_is_one_of_these() -> None:
    assert {*CALLS, *ALL_CLEAR, Occasion.CHANNEL_OFF, Occasion.DIGEST} == set(Occasion)


def test_a_unit_is_reached_on_each_channel_by_its_own_addresses() -> None:
    contact = unit_contact("Jobcenter", mails=("a@b.dk",), webhooks=("https://b.dk/hook",))
    assert contact.of(Channel.EMAIL, Audience.UNIT) == ("a@b.dk",)
    assert contact.of(Channel.WEBHOOK, Audience.UNIT) == ("https://b.dk/hook",)
    assert contact.of(Channel.WEBHOOK, Audience.LEAD) == ()
    assert contact.own(Channel.EMAIL) == ("a@b.dk",)
    assert unit_contact("Jobcenter", mails=("a@b.dk",)).own(Channel.WEBHOOK) == ()


def test_a_unit_without_recipients_is_another_question() -> None:
    assert superseded_by(Occasion.NEW, task_is_open=True, recipient="a@b.dk", present=()) is None


def test_who_has_seen_the_task_needs_no_call_that_was_to_bring_that_about() -> None:
    for seen, reason in ((True, Superseded.ACKNOWLEDGED), (False, None)):
        found = superseded_by(
            Occasion.REMINDER, task_is_open=True, recipient="a@b.dk", present=("a@b.dk",), seen=seen
        )
        assert found is reason


def test_a_morning_mail_needs_something_to_list() -> None:
    assert digest_superseded_by(open_tasks=1, recipient="a@b.dk", present=("a@b.dk",)) is None
    assert (
        digest_superseded_by(open_tasks=0, recipient="a@b.dk", present=("a@b.dk",)) is Superseded.NOTHING_OPEN
    )
    assert (
        digest_superseded_by(open_tasks=1, recipient="a@b.dk", present=("c@d.dk",))
        is Superseded.RECIPIENT_CHANGED
    )


def test_a_reason_not_to_send_is_its_members_name_in_small_letters() -> None:
    """It stands in the audit trail."""
    assert [reason.value for reason in Superseded] == [reason.name.lower() for reason in Superseded]


def test_a_morning_mail_of_a_unit_without_recipients_is_another_question() -> None:
    assert digest_superseded_by(open_tasks=1, recipient="a@b.dk", present=()) is None


def test_where_nobody_is_named_the_next_one_above_is_reached() -> None:
    contact = unit_contact("Jobcenter", mails=("a@b.dk",), above={Audience.SERVICE: ("drift@service.dk",)})
    assert contact.of(Channel.EMAIL, Audience.UNIT) == ("a@b.dk",)
    assert contact.of(Channel.EMAIL, Audience.MUNICIPALITY) == ("drift@service.dk",)
