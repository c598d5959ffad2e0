"""What waits in PostgreSQL, for the service and for people, and what it means. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, warning
from doctor.readers.work import Amount, ChannelWork, Review, SchemaState, ServerState, UnitTrouble
from doctor.words import age, duration, number_of, some
from models.service_status import LONG, SLOW

_NAMED: Final = 3
"""Senders, each with a line of its own."""


def postgres(state: ServerState, last_written: datetime | None = None) -> Diagnosis:
    """Whether it can be written. `last_written`: the last change that the service made, where that is known."""
    if state.read_only:
        return fault(
            HealthCheck.POSTGRES,
            "PostgreSQL takes nothing: it is read-only. The ledger's last change is as old as is said here.",
            "Let DATABASE_URL name the primary; or take `default_transaction_read_only` back.",
            last_written,
        )
    return fine(HealthCheck.POSTGRES, "PostgreSQL answers and can be written.")


def schema(state: SchemaState) -> Iterable[Diagnosis]:
    """Whether the tables are of this version."""
    if state.pending:
        yield fault(
            HealthCheck.SCHEMA,
            f"{number_of(len(state.pending), 'migration')} to be applied: {some(state.pending)}.",
            "Run `frafaldsvarsel migrate` of this version: the processes wait for it.",
        )
    if state.newer:
        yield warning(
            HealthCheck.SCHEMA,
            f"A newer version has changed the tables: {some(state.newer)}.",
            "Update the processes and this command; two versions may run side by side meanwhile.",
        )
    if not (state.pending or state.newer):
        yield fine(HealthCheck.SCHEMA, "The tables are of this version.")


def outbox(waits: Amount, now: datetime) -> Diagnosis:
    """What the ledger wants said on Kafka."""
    return _due(
        HealthCheck.OUTBOX,
        waits,
        now,
        f"{number_of(waits.number, 'record')} of the outbox {_wait(waits.number)} for Kafka",
        "See the ledger's log: a topic that it may not write holds up the others.",
        "Nothing waits in the outbox.",
    )


def steps(waits: Amount, now: datetime) -> Diagnosis:
    """Reminders and escalations."""
    return _due(
        HealthCheck.STEPS,
        waits,
        now,
        f"{number_of(waits.number, 'reminder or escalation', 'reminders and escalations')} "
        f"{'is' if waits.number == 1 else 'are'} past {'its' if waits.number == 1 else 'their'} moment",
        "The ledger runs them: see whether it runs, and its log.",
        "Every reminder went out in its time.",
    )


def _due(
    check: HealthCheck, waits: Amount, now: datetime, sentence: str, advice: str, good: str
) -> Diagnosis:
    late = timedelta(0) if waits.since is None else now - waits.since
    if waits.since is None or late <= SLOW:
        return fine(check, good if not waits.number else f"{number_of(waits.number, 'record')} under way.")
    say = fault if late > LONG else warning
    return say(check, f"{sentence}, the oldest for {age(waits.since, now)}.", advice, waits.since)


def deliveries(work: Sequence[ChannelWork], now: datetime) -> Iterable[Diagnosis]:
    """Notices that should have gone out."""
    troubled = False
    for one in work:
        due = timedelta(0) if one.due_since is None else now - one.due_since
        waits = now - one.oldest
        if one.misconfigured:
            found = fault(
                HealthCheck.DELIVERIES,
                f"{number_of(one.misconfigured, one.channel + ' notice')} "
                f"{_wait(one.misconfigured)} for a person: the login, certificate or sender is refused.",
                "See relay, or the endpoint; the notices go out by themselves when it is mended.",
                one.oldest,
            )
        elif one.tried and waits > SLOW and _is_tried(one, now):
            found = (fault if waits > LONG else warning)(
                HealthCheck.DELIVERIES,
                f"{number_of(one.number, one.channel + ' notice')} {_wait(one.number)}, the oldest for "
                f"{duration(waits.total_seconds())}, and what a notifier tries has no success.",
                "See relay, or the endpoint; `deliveries list --status due` says what it answered.",
                one.oldest,
            )
        elif one.due_since is not None and due > SLOW:
            found = (fault if due > LONG else warning)(
                HealthCheck.DELIVERIES,
                f"{number_of(one.number, one.channel + ' notice')} {_wait(one.number)}, and for "
                f"{duration(due.total_seconds())} no notifier has taken the first.",
                "Start `frafaldsvarsel notify`, or see in its log for what it waits.",
                one.due_since,
            )
        else:
            continue
        troubled = True
        yield found
    if not troubled:
        number = sum(one.number for one in work)
        yield fine(
            HealthCheck.DELIVERIES,
            f"{number_of(number, 'notice')} under way." if number else "No notice waits.",
        )


def _is_tried(one: ChannelWork, now: datetime) -> bool:
    """Whether a notifier is at work: while a relay cannot be used, it takes one notice at a time, and the rest lie.

    Of what is due nothing lies for long, or an attempt was made of late.
    """
    lies = one.due_since is not None and now - one.due_since > SLOW
    return not lies or (one.tried_at is not None and now - one.tried_at <= SLOW)


def failed_notices(units: Sequence[UnitTrouble]) -> Diagnosis:
    """Units whose last mail nobody took."""
    if not units:
        return fine(HealthCheck.NOTICES, "The last mail to every unit was taken.")
    return fault(
        HealthCheck.NOTICES,
        f"The last mail to {number_of(len(units), 'unit')} was not taken: {some([one.unit for one in units])}.",
        "Correct the address in units.csv, restart notify, then `quarantine replay --kind delivery`.",
        min(one.since for one in units),
    )


def endpoints(units: Sequence[UnitTrouble]) -> Iterable[Diagnosis]:
    """Webhooks that are off, or fail."""
    off = [one for one in units if one.is_off]
    failing = [one for one in units if not one.is_off]
    if off:
        yield warning(
            HealthCheck.ENDPOINTS,
            f"The webhook of {number_of(len(off), 'unit')} is off: {some([one.unit for one in off])}.",
            "Let the unit mend it, then `webhooks enable`. Mails go out all the while.",
            min(one.since for one in off),
        )
    if failing:
        yield warning(
            HealthCheck.ENDPOINTS,
            f"The webhook of {number_of(len(failing), 'unit')} fails: {some([one.unit for one in failing])}.",
            "Ask the unit; it is switched off by itself when it goes on. Mails go out all the while.",
            min(one.since for one in failing),
        )
    if not units:
        yield fine(HealthCheck.ENDPOINTS, "No webhook fails.")


def quarantine(kinds: Mapping[str, Amount]) -> Diagnosis:
    """What was refused or not delivered, and waits for a person."""
    if not kinds:
        return fine(HealthCheck.QUARANTINE, "The quarantine is empty.")
    number = sum(one.number for one in kinds.values())
    parts = ", ".join(f"{kind} {one.number:,}" for kind, one in kinds.items())
    return warning(
        HealthCheck.QUARANTINE,
        f"{number_of(number, 'thing')} in quarantine {_wait(number)} for a person ({parts}).",
        "`quarantine list`: mend the cause, then replay or dismiss.",
        min((one.since for one in kinds.values() if one.since is not None), default=None),
    )


def over_bound(senders: Mapping[str, Amount]) -> Iterable[Diagnosis]:
    """Senders that say more about one person than can be right."""
    for sender, left_out in list(senders.items())[:_NAMED]:
        have = "has" if left_out.number == 1 else "have"
        yield warning(
            HealthCheck.BOUNDS,
            f"{number_of(left_out.number, 'event')} of sender {sender} {have} no effect: "
            "it is over its bound for a person.",
            f"Ask the sender whether it is in a loop: `receipts --institution {sender}`. "
            "Replay what is true, dismiss the rest.",
            left_out.since,
        )
    if not senders:
        yield fine(HealthCheck.BOUNDS, "No sender is over its bound for a person.")


def undecided(past: Review) -> Diagnosis:
    """Messages that the rules cannot judge, past their date."""
    if not past.number:
        return fine(HealthCheck.UNDECIDED, "No undecided message is past its date.")
    return warning(
        HealthCheck.UNDECIDED,
        f"{number_of(past.number, 'undecided message')} {'is' if past.number == 1 else 'are'} past "
        f"{'its' if past.number == 1 else 'their'} date, the first since {past.since}.",
        "`decisions --outcome undecided` says what is missing; ask the sender.",
    )


def overdue(past: Review) -> Diagnosis:
    """Tasks past their date without contact."""
    if not past.number:
        return fine(HealthCheck.OVERDUE, "No task is past its date without contact.")
    return warning(
        HealthCheck.OVERDUE,
        f"{number_of(past.number, 'task')} at {number_of(past.units, 'unit')} {'is' if past.number == 1 else 'are'} "
        f"past the date without contact, the first since {past.since}.",
        "`tasks --status open` names the units. Reminders and escalations have gone out; call them.",
    )


def canary(home: datetime | None, within: timedelta | None, now: datetime) -> Diagnosis:
    """Whether the probe comes home. `within`: how old the last may be; None where none is expected."""
    if within is None:
        return warning(
            HealthCheck.CANARY,
            "No canary is sent: nobody sees a break in the chain while no message comes.",
            "Set FRAFALDSVARSEL_CANARY_SECONDS and run `frafaldsvarsel canary`.",
        )
    if home is None:
        return fault(
            HealthCheck.CANARY, "No canary came home within a day.", "`canary --once` says where it is lost."
        )
    if now - home > within:
        return fault(
            HealthCheck.CANARY,
            f"The last canary that came home was sent {age(home, now)} ago.",
            "`canary --once` says where it is lost.",
            home,
        )
    return fine(HealthCheck.CANARY, f"A canary came home, sent {age(home, now)} ago.")


def _wait(number: int) -> str:
    return "waits" if number == 1 else "wait"
