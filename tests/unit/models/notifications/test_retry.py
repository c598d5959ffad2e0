"""When a notice is tried again: properties that hold for every outcome, every time and every policy."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.audit_kind import AuditKind, kind_of_end
from models.notifications.delivery import DeliveryStatus, SendAttempt, SendOutcome
from models.notifications.retry import DeliveryEnded, NextAttempt, RetryPolicy, next_attempt

NOW = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
RETRIED = [SendOutcome.TRY_AGAIN, SendOutcome.INDETERMINATE, SendOutcome.MISCONFIGURED]

retried = st.sampled_from(RETRIED)
counts = st.integers(min_value=1, max_value=200)
seeds = st.uuids().map(str)
spans = st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=30))


@st.composite
def policies(draw: st.DrawFn) -> RetryPolicy:
    seconds = st.integers(min_value=1, max_value=3600)
    first = draw(seconds)
    return RetryPolicy(
        first_delay=timedelta(seconds=first),
        longest_delay=timedelta(seconds=first + draw(seconds)),
        misconfigured_delay=timedelta(seconds=draw(seconds)),
        factor=draw(st.floats(min_value=1, max_value=10)),
        jitter=draw(st.floats(min_value=0, max_value=0.9)),
        last_call=timedelta(seconds=draw(seconds)),
    )


@given(outcome=retried, attempts=counts, span=spans, seed=seeds, policy=policies())
def test_an_attempt_is_planned_after_now_and_before_the_deadline(
    outcome: SendOutcome, attempts: int, span: timedelta, seed: str, policy: RetryPolicy
) -> None:
    planned = next_attempt(outcome, attempts, NOW, NOW + span, seed=seed, policy=policy)
    match planned:
        case NextAttempt(at):
            assert NOW < at < NOW + span
        case DeliveryEnded(status):
            assert status is DeliveryStatus.EXHAUSTED


@given(attempts=counts, span=spans, seed=seeds, policy=policies())
def test_success_and_refusal_end_at_once(
    attempts: int, span: timedelta, seed: str, policy: RetryPolicy
) -> None:
    deadline = NOW + span
    delivered = next_attempt(SendOutcome.DELIVERED, attempts, NOW, deadline, seed=seed, policy=policy)
    refused = next_attempt(SendOutcome.REFUSED, attempts, NOW, deadline, seed=seed, policy=policy)
    assert delivered == DeliveryEnded(DeliveryStatus.DELIVERED)
    assert refused == DeliveryEnded(DeliveryStatus.REFUSED)


@given(
    outcomes=st.lists(retried, min_size=1, max_size=5),
    span=st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=6)),
    seed=seeds,
    policy=policies(),
)
def test_nothing_is_tried_for_ever(
    outcomes: list[SendOutcome], span: timedelta, seed: str, policy: RetryPolicy
) -> None:
    shortest = min(policy.first_delay, policy.misconfigured_delay) * (1 - policy.jitter)
    bound = int(span / shortest) + 3
    now, counted = NOW, 0
    for made in range(bound + 1):
        outcome = outcomes[made % len(outcomes)]
        counted += outcome is not SendOutcome.MISCONFIGURED
        planned = next_attempt(outcome, counted, now, NOW + span, seed=seed, policy=policy)
        if isinstance(planned, DeliveryEnded):
            assert kind_of_end(planned.status) is AuditKind.DELIVERY_EXHAUSTED
            return
        now = planned.at
    pytest.fail("more attempts than the time to the deadline holds")


@given(attempts=counts, seed=seeds, policy=policies())
def test_waits_never_become_shorter_and_never_longer_than_the_longest(
    attempts: int, seed: str, policy: RetryPolicy
) -> None:
    far = NOW + timedelta(days=365)
    one = next_attempt(SendOutcome.TRY_AGAIN, attempts, NOW, far, seed=seed, policy=policy)
    two = next_attempt(SendOutcome.TRY_AGAIN, attempts + 1, NOW, far, seed=seed, policy=policy)
    assert isinstance(one, NextAttempt)
    assert isinstance(two, NextAttempt)
    assert one.at <= two.at <= NOW + policy.longest_delay
    assert one.at >= NOW + policy.first_delay * (1 - policy.jitter) - timedelta(milliseconds=1)


@given(one=counts, two=counts, seed=seeds, policy=policies())
def test_a_misconfiguration_waits_the_same_however_often_it_was_tried(
    one: int, two: int, seed: str, policy: RetryPolicy
) -> None:
    far = NOW + timedelta(days=365)
    assert next_attempt(SendOutcome.MISCONFIGURED, one, NOW, far, seed=seed, policy=policy) == next_attempt(
        SendOutcome.MISCONFIGURED, two, NOW, far, seed=seed, policy=policy
    )


@given(outcome=retried, attempts=counts, span=spans, wish=st.timedeltas(min_value=timedelta(0)), seed=seeds)
def test_a_wish_to_be_left_alone_is_kept(
    outcome: SendOutcome, attempts: int, span: timedelta, wish: timedelta, seed: str
) -> None:
    planned = next_attempt(
        outcome, attempts, NOW, NOW + span, seed=seed, policy=RetryPolicy(), retry_after=wish
    )
    if isinstance(planned, NextAttempt):
        assert planned.at >= NOW + wish


@given(seed=seeds, other=seeds)
def test_jitter_is_the_same_on_every_machine_and_spreads_deliveries(seed: str, other: str) -> None:
    assume(seed != other)
    far = NOW + timedelta(days=1)
    first = next_attempt(SendOutcome.TRY_AGAIN, 3, NOW, far, seed=seed, policy=RetryPolicy())
    assert first == next_attempt(SendOutcome.TRY_AGAIN, 3, NOW, far, seed=seed, policy=RetryPolicy())
    assert first != next_attempt(SendOutcome.TRY_AGAIN, 3, NOW, far, seed=other, policy=RetryPolicy())


def test_a_last_call_is_made_shortly_before_the_deadline() -> None:
    deadline = NOW + timedelta(minutes=10)
    planned = next_attempt(SendOutcome.TRY_AGAIN, 9, NOW, deadline, seed="a", policy=RetryPolicy())
    assert planned == NextAttempt(deadline - timedelta(minutes=1))
    after = next_attempt(SendOutcome.TRY_AGAIN, 10, planned.at, deadline, seed="a", policy=RetryPolicy())
    assert after == DeliveryEnded(DeliveryStatus.EXHAUSTED)


def test_the_usual_waits_double_from_half_a_minute_to_half_an_hour() -> None:
    """Without jitter; a misconfiguration is looked at again every five minutes."""
    policy, far = RetryPolicy(jitter=0), NOW + timedelta(days=1)
    waits = []
    for attempts in (0, *range(1, 9)):
        planned = next_attempt(SendOutcome.TRY_AGAIN, attempts, NOW, far, seed="a", policy=policy)
        assert isinstance(planned, NextAttempt)
        waits.append((planned.at - NOW).total_seconds())
    assert waits == [30, 30, 60, 120, 240, 480, 960, 1800, 1800]
    mended = next_attempt(SendOutcome.MISCONFIGURED, 8, NOW, far, seed="a", policy=policy)
    assert mended == NextAttempt(NOW + timedelta(minutes=5))


def test_jitter_takes_up_to_a_fifth_off_and_reaches_both_ends() -> None:
    """A burst of a thousand mails comes back spread over the whole of it."""
    far = NOW + timedelta(days=1)
    waits = [
        (next_attempt(SendOutcome.MISCONFIGURED, 1, NOW, far, seed=str(one), policy=RetryPolicy()).at - NOW)  # type: ignore[union-attr]  # far from its deadline
        / timedelta(minutes=5)
        for one in range(1000)
    ]
    assert 0.8 < min(waits) < 0.805
    assert 0.995 < max(waits) <= 1


def test_an_attempt_that_would_fall_on_the_deadline_is_a_last_call_before_it() -> None:
    policy = RetryPolicy(jitter=0)
    for left, last in (
        (timedelta(minutes=5), timedelta(minutes=4)),
        (timedelta(minutes=6), timedelta(minutes=5)),
    ):
        planned = next_attempt(SendOutcome.MISCONFIGURED, 1, NOW, NOW + left, seed="a", policy=policy)
        assert planned == NextAttempt(NOW + last)


def test_there_is_no_last_call_in_a_mere_hurry_nor_against_a_wish() -> None:
    """It comes at least the first wait after the attempt before it."""
    policy = RetryPolicy(jitter=0)
    hurry = policy.first_delay + policy.last_call
    for left, ended in ((hurry, True), (hurry + timedelta(seconds=1), False)):
        planned = next_attempt(SendOutcome.TRY_AGAIN, 8, NOW, NOW + left, seed="a", policy=policy)
        assert isinstance(planned, DeliveryEnded) is ended
    wished = next_attempt(
        SendOutcome.TRY_AGAIN,
        1,
        NOW,
        NOW + timedelta(hours=1),
        seed="a",
        policy=policy,
        retry_after=timedelta(hours=2),
    )
    assert wished == DeliveryEnded(DeliveryStatus.EXHAUSTED)


def test_a_wish_for_less_than_our_own_wait_shortens_nothing() -> None:
    planned = next_attempt(
        SendOutcome.TRY_AGAIN,
        3,
        NOW,
        NOW + timedelta(hours=1),
        seed="a",
        policy=RetryPolicy(jitter=0),
        retry_after=timedelta(seconds=1),
    )
    assert planned == NextAttempt(NOW + timedelta(minutes=2))


def test_a_policy_at_its_edges_is_taken() -> None:
    """No growth, no jitter, one length of wait for all: still an end."""
    one = timedelta(microseconds=1)
    RetryPolicy(
        first_delay=one, longest_delay=one, misconfigured_delay=one, factor=1, jitter=0, last_call=one
    )


def test_without_growth_every_wait_is_the_first() -> None:
    """And is found at once, however often it was tried."""
    policy = RetryPolicy(factor=1, jitter=0)
    planned = next_attempt(
        SendOutcome.TRY_AGAIN, 10**9, NOW, NOW + timedelta(hours=1), seed="a", policy=policy
    )
    assert planned == NextAttempt(NOW + policy.first_delay)


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_delay": timedelta(0)},
        {"longest_delay": timedelta(seconds=1)},
        {"misconfigured_delay": timedelta(0)},
        {"factor": 0.5},
        {"jitter": 1.0},
        {"jitter": -0.1},
        {"first_delay": timedelta(seconds=-1)},
        {"last_call": timedelta(0)},
    ],
)
def test_a_policy_without_an_end_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        RetryPolicy(**wrong)  # type: ignore[arg-type]  # on purpose: one wrong value at a time


@pytest.mark.parametrize("detail", ["", "x" * 120, "connect: 421 4.7.100 (+1), 1234"])
def test_an_attempt_takes_a_short_fixed_text(detail: str) -> None:
    assert SendAttempt(outcome=SendOutcome.REFUSED, detail=detail).detail == detail


@pytest.mark.parametrize(
    "detail",
    ["550 <kontakt@kommune.dk>", "010190-1234 0101901234", "a\nb", "x" * 121, "12345", "FV*1", "é"],
)
def test_an_attempt_takes_no_text_that_could_hold_a_person(detail: str) -> None:
    with pytest.raises(ValidationError):
        SendAttempt(outcome=SendOutcome.REFUSED, detail=detail)
