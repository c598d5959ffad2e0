"""A cell: one fault, brought in a number of times while records arrive, healed, drained and judged."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

import psycopg
from confluent_kafka import KafkaException

from config.environments import AuditEnvironment, HealingAuditEnvironment
from frafaldsvarsel.processes.auditor import once
from frafaldsvarsel.wiring.redrive import redriver
from local.servers.process import StartFailed
from ops.audit.kafka_log import LogUnreachable
from ops.audit.report import AuditReport, Check
from tests.faults.admin import AdminError
from tests.faults.gather import gather
from tests.faults.judge import judge
from tests.faults.kafka_log import NotDrained
from tests.faults.observation import CallSeen, Erased, Promised, Seen
from tests.faults.receiver import Receiver
from tests.faults.rig import Marks, Rig
from tests.faults.verdict import Verdict
from tests.faults.workload import MORNING, Sent


class Family(StrEnum):
    """Where the fault strikes."""

    SERVICE = "service"
    KAFKA = "kafka"
    CLUSTER = "cluster"
    POSTGRES = "postgres"
    SMTP = "smtp"
    WEBHOOK = "webhook"
    API = "api"
    CLOCK = "clock"
    ERASURE = "erasure"
    DISK = "disk"
    RIGHTS = "rights"


@dataclass
class Run:
    """A cell under way, as its round sees it."""

    rig: Rig
    marks: Marks
    published: list[Sent] = field(default_factory=list)
    healed_at: float = 0.0
    lost_on_purpose: int = 0
    told: list[str] = field(default_factory=list)
    """What the cell has seen that a reader of the evidence should know."""
    left_out: list[str] = field(default_factory=list)
    """What must hold and does not, beside the judge's own findings."""
    promised: list[Promised] = field(default_factory=list)
    """What people who worked on tasks were told is done."""
    calls: list[CallSeen] = field(default_factory=list)
    """What case systems sent over the interface, and were told."""
    secret: str = ""
    """By which case systems come in, where there are any."""
    receiver: Receiver | None = None
    """Of the webhooks, where units have an endpoint."""
    erased: list[Erased] = field(default_factory=list)
    notices_erased: set[str] = field(default_factory=set)
    """Deliveries that had gone out about people who were erased then."""
    gone_from_books: set[str] = field(default_factory=set)
    """Deliveries that the database knew before an older one took its place."""

    def publish(self, records: Sequence[Sent]) -> None:
        """Send, and remember for the judge."""
        self.published += records
        self.rig.publish(records)

    def healed(self) -> None:
        """From now on nothing is broken: the recovery is measured from here."""
        self.healed_at = time.monotonic()


Round = Callable[[Run, Sequence[Sent]], int]
"""Injure, publish the records, heal; returns how many times the fault has really struck."""


@dataclass(frozen=True)
class Cell:
    """`per_round` injections go into one round, and every round is drained and timed."""

    name: str
    family: Family
    round: Round
    per_round: int = 1
    most_rounds: int = 100
    """For faults that take long."""
    moments: tuple[str, ...] = (MORNING,)
    refusals: bool = False
    amend: "Callable[[Run, Seen], None] | None" = None
    """Before the judge: what this cell explains or asks for beside the usual."""
    around: "Callable[[Run], AbstractContextManager[None]] | None" = None
    """What must be so from before the first round until after the judge."""
    alone: bool = False
    """On a rig of its own: what it leaves would be taken for a fault of the next cell, or what is there for its own."""
    alarms: bool = False
    """Records are lost here on purpose: the auditor must say so, and go on saying so until a person has seen it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a cell has shown."""

    cell: str
    family: str
    injections: int
    recoveries: tuple[float, ...]
    verdict: Verdict
    unaccounted: int
    seconds: float
    deaths: int
    told: tuple[str, ...] = ()
    failure: str = ""

    @property
    def good(self) -> bool:
        """Whether the fault struck and nothing came of it."""
        return self.why == ""

    @property
    def why(self) -> str:
        """What is not good, in a few words."""
        if self.failure:
            return self.failure
        if self.injections == 0:
            return "the fault never struck"
        if self.verdict.violations:
            return f"{self.verdict.violations} violations"
        return f"{self.unaccounted} unaccounted" if self.unaccounted else ""


_STREAM: Final = (Check.RECEIPTS, Check.PERSON_EVENTS, Check.APPLIED, Check.DECISIONS, Check.REVISIONS)
_FAILURES: Final = (
    NotDrained,
    AssertionError,
    TimeoutError,
    StartFailed,
    AdminError,
    KafkaException,
    psycopg.Error,
    LogUnreachable,
)
"""What may come of a service or a server that is not what it should be; anything else is the harness's own fault."""


def run_cell(rig: Rig, cell: Cell, *, messages: int, injections: int) -> Outcome:
    """Run the cell to its end; never raises for what the service does."""
    began, deaths = time.monotonic(), rig.children.deaths()
    rig.children.wait_ready()
    run = Run(rig, rig.mark())
    struck, recoveries, failure = 0, list[float](), ""
    verdict, unaccounted = Verdict(), 0
    around = nullcontext() if cell.around is None else cell.around(run)
    try:
        with around:
            rounds = min(cell.most_rounds, max(1, math.ceil(injections / cell.per_round)))
            records = rig.load.draw(messages, moments=cell.moments)
            for chunk in _shares(records, rounds + 1)[:-1]:
                run.healed()
                struck += cell.round(run, chunk)
                recoveries.append(rig.drain(since=run.healed_at))
            run.publish(_shares(records, rounds + 1)[-1])
            rig.drain()
            seen = gather(rig, run.marks, run.published)
            if cell.amend is not None:
                cell.amend(run, seen)
            verdict = judge(seen, replace(rig.rules, refusals=cell.refusals))
            audit = once(rig.told(AuditEnvironment), timedelta(0))
            unaccounted = _alarm(run, audit) if cell.alarms else audit.unaccounted
            unaccounted += _not_through(audit)
            verdict.findings += [f"audit: {line}" for line in _said(audit)]
            failure = "; ".join(run.left_out)
    except _FAILURES as error:
        failure = f"{type(error).__name__}: {error}"
        if isinstance(error, NotDrained):
            # What is not there is missing, whatever else is under way.
            with suppress(*_FAILURES):
                verdict = judge(gather(rig, run.marks, run.published), rig.rules)
                unaccounted = once(rig.told(AuditEnvironment), timedelta(0)).unaccounted
    outcome = Outcome(
        cell=cell.name,
        family=cell.family,
        injections=struck,
        recoveries=tuple(round(seconds, 2) for seconds in recoveries),
        verdict=verdict,
        unaccounted=unaccounted,
        seconds=round(time.monotonic() - began, 1),
        deaths=rig.children.deaths() - deaths,
        told=tuple(dict.fromkeys(run.told)),
        failure=failure,
    )
    if not outcome.good:
        _redrive(rig)
    return outcome


def _redrive(rig: Rig) -> None:
    """So that the next cell begins with nothing missing; this one has failed all the same."""
    with suppress(NotDrained, AdminError, LogUnreachable, psycopg.Error):
        rig.relay.behave()
        redriver(rig.told(HealingAuditEnvironment))(once(rig.told(AuditEnvironment), timedelta(0)).exceptions)
        rig.drain()


def _alarm(run: Run, audit: AuditReport) -> int:
    """What is unaccounted beside the alarm; then the alarm is lifted, as a person lifts it who has seen to it."""
    raised = sum(account.unaccounted for account in audit.accounts if account.hop is Check.OFFSETS)
    if raised == 0:
        run.left_out.append("records were removed unread, and the auditor said nothing")
    run.told.append(f"the auditor raised an alarm for {raised} partitions, and kept it up")
    run.rig.forget_audit()
    return audit.unaccounted - raised


def _not_through(audit: AuditReport) -> int:
    """After the drain nothing of the stream may be waiting any more."""
    return sum(account.under_way for account in audit.accounts if account.hop in _STREAM)


def _said(audit: AuditReport) -> list[str]:
    return [
        f"{account.hop} {account.unaccounted} unaccounted{'' if account.balances else ', does not balance'}"
        for account in audit.accounts
        if account.unaccounted or not account.balances
    ]


def _shares(records: Sequence[Sent], parts: int) -> list[Sequence[Sent]]:
    """Cut into equal parts, in order."""
    cuts = [len(records) * part // parts for part in range(parts + 1)]
    return [records[first:last] for first, last in itertools.pairwise(cuts)]


def halves(records: Sequence[Sent], parts: int = 2) -> list[Sequence[Sent]]:
    """A round's records for its injections."""
    return _shares(records, parts)
