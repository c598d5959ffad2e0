"""Who is told when a notice cannot be delivered: the next one, and never silence."""

from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.notifications.delivery import CALLS_TO_ACT, Audience, Channel, DeliveryStatus, Occasion
from models.tasks.escalation import LADDER, EscalationLevel, Later, after_failure, reached
from models.tasks.reminder_diff import StopReason

PEOPLE: Final[dict[Audience, Sequence[str]]] = {
    Audience.UNIT: ("unit@a.example", "other@a.example"),
    Audience.LEAD: ("lead@a.example",),
    Audience.MUNICIPALITY: ("kommune@a.example",),
    Audience.SERVICE: ("service@b.example",),
}


def after(
    occasion: Occasion = Occasion.NEW,
    *,
    channel: Channel = Channel.EMAIL,
    audience: Audience = Audience.UNIT,
    task_is_open: bool = True,
    seen: bool = False,
    siblings: Sequence[tuple[Channel, DeliveryStatus]] = (),
    failed: Sequence[str] = ("unit@a.example", "other@a.example"),
    people: dict[Audience, Sequence[str]] = PEOPLE,
) -> EscalationLevel | StopReason | Later:
    return after_failure(
        occasion=occasion,
        channel=channel,
        audience=audience,
        task_is_open=task_is_open,
        seen=seen,
        siblings=siblings,
        failed=failed,
        addresses=lambda one: people.get(one, ()),
    )


@pytest.mark.parametrize("occasion", sorted(CALLS_TO_ACT))
def test_a_call_that_nobody_got_goes_one_rung_up(occasion: Occasion) -> None:
    assert after(occasion) == EscalationLevel(Audience.LEAD, ("lead@a.example",))


@pytest.mark.parametrize("occasion", sorted(set(Occasion) - CALLS_TO_ACT))
def test_an_all_clear_that_nobody_got_troubles_nobody_else(occasion: Occasion) -> None:
    assert after(occasion) is StopReason.NOTHING_OWED


def test_an_address_of_the_same_unit_that_is_sound_comes_first() -> None:
    assert after(failed=("unit@a.example",)) == EscalationLevel(Audience.UNIT, ("other@a.example",))


def test_nobody_at_all_is_no_address_rather_than_none() -> None:
    """Whoever writes the notices goes through what comes out."""
    assert reached(Audience.LEAD, lambda _: ()) == ()


def test_of_an_audience_named_twice_each_address_is_reached_once() -> None:
    twice = {Audience.MUNICIPALITY: ("a@b.example", "c@b.example", "a@b.example")}
    assert reached(Audience.LEAD, lambda one: twice.get(one, ())) == ("a@b.example", "c@b.example")


def test_where_nobody_leads_the_municipality_is_told() -> None:
    people = PEOPLE | {Audience.LEAD: PEOPLE[Audience.UNIT]}
    assert after(people=people) == EscalationLevel(Audience.MUNICIPALITY, ("kommune@a.example",))


def test_a_notice_that_another_of_the_unit_has_got_is_enough() -> None:
    refused = (Channel.EMAIL, DeliveryStatus.REFUSED)
    assert after(siblings=[refused, (Channel.EMAIL, DeliveryStatus.DELIVERED)]) is StopReason.ANOTHER_WAS_TOLD
    assert after(siblings=[refused, (Channel.EMAIL, DeliveryStatus.DUE)]) is Later.ANOTHER_IS_DUE


NOTICES: Final = st.lists(st.tuples(st.sampled_from(Channel), st.sampled_from(DeliveryStatus)))


@given(NOTICES)
def test_whatever_becomes_of_webhooks_a_mail_that_nobody_got_is_followed_as_if_there_were_none(
    siblings: list[tuple[Channel, DeliveryStatus]],
) -> None:
    mails = [one for one in siblings if one[0] is Channel.EMAIL]
    assert after(siblings=siblings) == after(siblings=mails)


@given(NOTICES)
def test_a_webhook_that_was_not_taken_leaves_the_matter_to_the_mail_beside_it(
    siblings: list[tuple[Channel, DeliveryStatus]],
) -> None:
    found = after(channel=Channel.WEBHOOK, failed=("https://unit.example/hook",), siblings=siblings)
    if any(channel is Channel.EMAIL for channel, _ in siblings):
        assert found is StopReason.MAIL_BESIDE
    else:
        assert found == EscalationLevel(Audience.UNIT, tuple(PEOPLE[Audience.UNIT]))


def test_a_task_that_has_ended_or_was_seen_needs_nobody() -> None:
    assert after(task_is_open=False) is StopReason.TASK_NOT_OPEN
    assert after(seen=True) is StopReason.ACKNOWLEDGED


def test_the_ladder_ends_and_says_so() -> None:
    everybody = [address for people in PEOPLE.values() for address in people]
    assert after(audience=Audience.SERVICE, failed=everybody) is StopReason.NOBODY_LEFT


@given(st.sets(st.sampled_from([one for people in PEOPLE.values() for one in people])))
def test_whoever_fails_everybody_above_is_tried_before_the_ladder_ends(sound: set[str]) -> None:
    """Each rung fails in its turn but for the sound addresses; the lowest of these is found."""
    failed: set[str] = set(PEOPLE[Audience.UNIT]) - sound
    audience = Audience.UNIT
    asked: list[str] = []
    while isinstance(found := after(audience=audience, failed=sorted(failed)), EscalationLevel):
        asked += found.addresses
        if set(found.addresses) & sound:
            break
        audience, failed = found.audience, failed | set(found.addresses)
    above = [one for level_reached in LADDER for one in PEOPLE[level_reached]]
    lowest = next((level_reached for level_reached in LADDER if set(PEOPLE[level_reached]) & sound), None)
    if lowest is None:
        assert found is StopReason.NOBODY_LEFT
        assert asked == [one for one in above if one not in PEOPLE[Audience.UNIT]]
    else:
        assert isinstance(found, EscalationLevel)
        assert found.audience is lowest
