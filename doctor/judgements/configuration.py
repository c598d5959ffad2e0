"""What files and tables say: faults that a person must mend, the law's end, holidays, addresses. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.words import number_of, some
from models.eligibility.law_horizon import LawHorizon

ADVICE: Final = {
    HealthCheck.SETTINGS: "Correct the environment: docs/settings.md has every name.",
    HealthCheck.REFERENCE: "Correct the table, then restart the processes that read it.",
    HealthCheck.KEYS: "Mend the keys before a worker is restarted.",
    HealthCheck.SENDERS: "Correct the sender's file: it is read again within a second.",
    HealthCheck.CHANNELS: "Correct it, then restart the notifiers.",
    HealthCheck.CLIENTS: "Correct the file: `api-client` makes an entry.",
    HealthCheck.PROBE_KEYS: "Give the canary its keys and rows, or take away its settings.",
}
_SOUND: Final = {
    HealthCheck.SETTINGS: "Every setting is there and valid.",
    HealthCheck.REFERENCE: "The reference data is sound.",
    HealthCheck.KEYS: "The keys open what senders seal.",
    HealthCheck.SENDERS: "The senders' register is sound.",
    HealthCheck.CHANNELS: "Mails and webhooks can be made.",
    HealthCheck.CLIENTS: "The file of the interface's clients is readable, or there is none.",
    HealthCheck.PROBE_KEYS: "The canary has its keys, or is not used.",
}
_NOBODY: Final = (
    ".example",
    ".invalid",
    ".test",
    ".localhost",
    ".example.com",
    ".example.org",
    ".example.net",
)
"""Domains that reach nobody (RFC 2606, RFC 6761)."""


def part(check: HealthCheck, faults: Sequence[str]) -> Iterable[Diagnosis]:
    """A part of the configuration: each fault, or that there is none."""
    for sentence in faults:
        yield fault(check, sentence, ADVICE[check])
    if not faults:
        yield fine(check, _SOUND[check])


def published_keys(taken: bool) -> Iterable[Diagnosis]:
    """Whether everybody can sign."""
    if taken:
        yield warning(
            HealthCheck.KEYS,
            "The published test keys are taken: anybody can sign and be believed.",
            "Right for trying things out. Elsewhere take FRAFALDSVARSEL_PUBLISHED_KEYS_TAKEN away.",
        )


def law(horizon: LawHorizon | None, sentence: str) -> Diagnosis:
    """How far the law is known. `sentence`: what is said of that horizon."""
    if horizon is None:
        return fine(HealthCheck.LAW, "The law is known for the next 60 days.")
    say = fault if horizon.has_passed else warning
    return say(HealthCheck.LAW, sentence, "Read the next rule set, or let two people confirm this one.")


def holidays(unknown_years: Collection[int], today: date) -> Diagnosis:
    """Whether working days can be counted in this year and the next."""
    if not unknown_years:
        return fine(HealthCheck.HOLIDAYS, f"The holidays of {today.year} and {today.year + 1} are known.")
    say = fault if today.year in unknown_years else warning
    years = ", ".join(map(str, sorted(unknown_years)))
    return say(
        HealthCheck.HOLIDAYS,
        f"The public holidays of {years} are not known: no date can be set there.",
        "Update the library `holidays`, then restart the processes.",
    )


def addresses(mails: Iterable[tuple[str, str]]) -> Diagnosis:
    """Units whose address can reach nobody. `mails`: each unit with the address of its notices."""
    wrong = [unit for unit, mail in mails if f".{mail.lower().rpartition('@')[2]}".endswith(_NOBODY)]
    if not wrong:
        return fine(HealthCheck.ADDRESSES, "Every unit has an address that can reach somebody.")
    return warning(
        HealthCheck.ADDRESSES,
        f"{number_of(len(wrong), 'unit')} cannot be reached, for the address is made up: {some(wrong)}.",
        "Put the true address into units.csv, then restart ledger and notify.",
    )
