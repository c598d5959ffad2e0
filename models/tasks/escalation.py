"""Who is told instead when a notice cannot be delivered. Pure; it never answers with an address that has failed.

The duty is a person's: so a mail tells the unit, and a webhook, which a machine has taken, tells nobody.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.notifications.delivery import CALLS_TO_ACT, Audience, Channel, DeliveryStatus, Occasion
from models.tasks.reminder_diff import StopReason

LADDER: Final = tuple(Audience)


def reached(audience: Audience, addresses: Callable[[Audience], Sequence[str]]) -> tuple[str, ...]:
    """The addresses of `audience`, or of the first one above it that has any: nothing is said to nobody."""
    for further in LADDER[LADDER.index(audience) :]:
        if found := addresses(further):
            return tuple(dict.fromkeys(found))
    return ()


@dataclass(frozen=True, slots=True)
class EscalationLevel:
    """Whom to tell next."""

    audience: Audience
    addresses: tuple[str, ...]


class Later(StrEnum):
    """Nothing can be said yet."""

    ANOTHER_IS_DUE = "another_is_due"
    """Another mail of the same cause is still on its way."""


def after_failure(
    *,
    occasion: Occasion,
    channel: Channel,
    audience: Audience,
    task_is_open: bool,
    seen: bool,
    siblings: Iterable[tuple[Channel, DeliveryStatus]],
    failed: Collection[str],
    addresses: Callable[[Audience], Sequence[str]],
) -> EscalationLevel | StopReason | Later:
    """What follows from a notice that was refused or exhausted.

    `seen`: a person has seen the task, and the notice asked for no more. `siblings`: the other notices of the same
    cause. `failed`: every address that a notice of the task did not reach.
    """
    if occasion not in CALLS_TO_ACT:
        return StopReason.NOTHING_OWED
    if not task_is_open:
        return StopReason.TASK_NOT_OPEN
    if seen:
        return StopReason.ACKNOWLEDGED
    mails = {status for by, status in siblings if by is Channel.EMAIL}
    if channel is not Channel.EMAIL and mails:
        return StopReason.MAIL_BESIDE
    if DeliveryStatus.DELIVERED in mails:
        return StopReason.ANOTHER_WAS_TOLD
    if DeliveryStatus.DUE in mails:
        return Later.ANOTHER_IS_DUE
    return next_level(audience, failed, addresses) or StopReason.NOBODY_LEFT


def next_level(
    audience: Audience, failed: Collection[str], addresses: Callable[[Audience], Sequence[str]]
) -> EscalationLevel | None:
    """The first audience, from `audience` up, with an address that has not failed; and those addresses."""
    for further in LADDER[LADDER.index(audience) :]:
        fresh = tuple(dict.fromkeys(one for one in addresses(further) if one not in failed))
        if fresh:
            return EscalationLevel(further, fresh)
    return None
