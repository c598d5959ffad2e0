"""The one place that decides whether and when a notice is tried again.

Pure: no clock, no chance. It must never plan an attempt after the deadline and never plan without end.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from models.notifications.delivery import DeliveryStatus, SendOutcome


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How patient we are; every wait is a positive time, so the deadline bounds the number of attempts."""

    first_delay: timedelta = timedelta(seconds=30)
    factor: float = 2.0
    longest_delay: timedelta = timedelta(minutes=30)
    misconfigured_delay: timedelta = timedelta(minutes=5)  # a person must mend it
    jitter: float = (
        0.2  # the share of a wait that the seed may take off, so that a burst does not come back as one
    )
    last_call: timedelta = timedelta(minutes=1)  # the last attempt is made this long before the deadline

    def __post_init__(self) -> None:
        zero = timedelta(0)
        if not (zero < self.first_delay <= self.longest_delay and zero < self.misconfigured_delay):
            raise ValueError("delays must be positive, and the longest not shorter than the first")
        if self.factor < 1 or not 0 <= self.jitter < 1 or self.last_call <= zero:
            raise ValueError("factor must be at least 1, jitter must be in [0, 1), last_call positive")


@dataclass(frozen=True)
class NextAttempt:
    at: datetime


@dataclass(frozen=True)
class DeliveryEnded:
    status: DeliveryStatus


def next_attempt(
    outcome: SendOutcome,
    attempts: int,
    now: datetime,
    deadline: datetime,
    *,
    seed: str,
    policy: RetryPolicy,
    retry_after: timedelta | None = None,
) -> NextAttempt | DeliveryEnded:
    """What follows from an attempt that ended at `now`.

    `attempts` counts the attempts so far, this one included, without those that were `misconfigured`:
    they say nothing about the mail, so they must not lengthen its waits. `seed` is the delivery's id.
    """
    match outcome:
        case SendOutcome.DELIVERED:
            return DeliveryEnded(DeliveryStatus.DELIVERED)
        case SendOutcome.REFUSED:
            return DeliveryEnded(DeliveryStatus.REFUSED)
        case SendOutcome.MISCONFIGURED:
            wait = policy.misconfigured_delay
        case SendOutcome.TRY_AGAIN | SendOutcome.INDETERMINATE:
            wait = _backoff(attempts, policy)
        case _:
            assert_never(outcome)
    wait *= 1 - policy.jitter * _share(seed)
    if retry_after is not None:
        wait = max(wait, retry_after)
    if wait < deadline - now:
        return NextAttempt(now + wait)
    # The planned time lies past the deadline. One last call before it, unless that would be a mere hurry.
    if policy.first_delay + policy.last_call < deadline - now and retry_after is None:
        return NextAttempt(deadline - policy.last_call)
    return DeliveryEnded(DeliveryStatus.EXHAUSTED)


def _backoff(attempts: int, policy: RetryPolicy) -> timedelta:
    wait = policy.first_delay
    for _ in range(max(attempts, 1) - 1):
        wait *= policy.factor
        if wait >= policy.longest_delay or policy.factor == 1:
            break
    return min(wait, policy.longest_delay)


def _share(seed: str) -> float:
    """In [0, 1), the same for the same seed on every machine: a delivery's waits grow and never shrink."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:6]) / 2**48
