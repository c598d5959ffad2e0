"""Whether the brokers, PostgreSQL and this machine agree on the time: dates of tasks rest on the brokers'. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.words import duration

TOLERATED: Final = 5.0
WRONG: Final = 60.0
"""Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReadings:
    """What could be compared, in seconds; None: it could not."""

    postgres_ahead: float | None
    """Of this machine."""
    newest_ahead: float | None
    """The newest record's append time, of this machine. Only ahead says something: records are old by themselves."""
    brokers_ahead_of_canary: float | None
    """The smallest distance from when a canary was sent, by its machine, to its append time, by the broker's."""


def clocks(read: ClockReadings) -> Iterable[Diagnosis]:
    """Each clock that goes wrong; or that those which could be compared agree."""
    compared = [
        ("PostgreSQL's clock", "this machine's", read.postgres_ahead),
        ("The brokers' clock", "this machine's", _ahead_only(read.newest_ahead)),
        ("The brokers' clock", "the canary's", read.brokers_ahead_of_canary),
    ]
    wrong = False
    for whose, than, ahead in compared:
        if ahead is None or abs(ahead) <= TOLERATED:
            continue
        wrong = True
        say = fault if abs(ahead) > WRONG else warning
        yield say(
            HealthCheck.CLOCKS,
            f"{whose} is {duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} {than}.",
            "Let every machine follow one time server (chrony, ntpd): dates of tasks are counted from the brokers'.",
        )
    if not wrong:
        known = sum(ahead is not None for _, _, ahead in compared)
        yield fine(HealthCheck.CLOCKS, f"The clocks agree, as far as they can be compared ({known} of 3).")


def _ahead_only(seconds: float | None) -> float | None:
    return None if seconds is None else max(0.0, seconds)
