"""The eight troubles: how each is brought about, what must tell of it, and how it is lifted by its runbook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from config.topics import BY_NAME
from doctor.diagnosis import HealthCheck
from models.events.event_types import InputTopic
from models.service_status import StepName
from tests.faults.proxy import Way
from tests.faults.rig import LEDGERS, NOTIFIERS, SMTP, WORKERS, Rig
from tests.faults.steady_load import SteadyLoad
from tests.walks.watched_rig import PASSWORD, WatchedRig

_INPUTS: Final = tuple(map(str, InputTopic))
_DAY_MS: Final = 86_400_000
_NEARLY: Final = timedelta(days=29)
"""Retention of a sender's topic is 35 days, and seven before its end it counts as near."""
_FLOOD: Final = 330
"""Of one person; a sender may say 300 things."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a trouble acts on."""

    watched: WatchedRig
    load: SteadyLoad

    @property
    def rig(self) -> Rig:
        """The service."""
        return self.watched.rig


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`staged` and `lifted` say in a sentence what `stage` and `lift` do."""

    name: str
    staged: str
    age_seconds: float = 0.0
    """So old is it at least when the operator looks: the doctor says nothing of what has waited for two minutes, and
    with the rules as they are in production it would be older when it rings."""
    stage: Callable[[Stage], None]
    alert: str
    """Which must ring."""
    labels: tuple[tuple[str, str], ...] = ()
    """Of what rings: they name the place."""
    may_ring: frozenset[str] = frozenset()
    """What follows from the trouble as well; nothing else may ring a page."""
    step: StepName
    """Where the status page must show it."""
    shown: Callable[[dict[str, object]], bool]
    """Whether the step's figures show it."""
    screen: str = ""
    """What the page must say in words."""
    looked_with: str = ""
    """The process whose settings the doctor is given, where the alert has named it; the alert says since when."""
    check: HealthCheck
    """Of the doctor's."""
    says: str
    """In its sentence."""
    runbook: str
    action: str
    """The words under *What to do* that name what lifts it."""
    lifted: str
    lift: Callable[[Stage], None]


def _hold(*names: str) -> Callable[[Stage], None]:
    return lambda on: on.rig.children.hold(*names)


def _release(*names: str) -> Callable[[Stage], None]:
    def release(on: Stage) -> None:
        on.rig.children.release(*names)
        on.rig.children.wait_ready(*names)

    return release


def _restart(on: Stage, *names: str) -> None:
    on.rig.children.hold(*names)
    _release(*names)(on)


def _relay(way: Way) -> Callable[[Stage], None]:
    def turn(on: Stage) -> None:
        on.rig.proxy.set(SMTP, way)
        on.rig.proxy.cut(SMTP)

    return turn


def _workers(module: str) -> Callable[[Stage], None]:
    def exchange(on: Stage) -> None:
        for name in WORKERS:
            on.rig.children.modules.pop(name, None)
            if module:
                on.rig.children.modules[name] = (module,)
        _restart(on, *WORKERS)

    return exchange


def _old_records(on: Stage) -> None:
    """The first records that wait have the age that they would have after a year of it."""
    on.rig.children.hold(*WORKERS)
    old_facts(on, datetime.now(UTC) - _NEARLY)


def old_facts(on: Stage, appended_at: datetime) -> None:
    """Facts about people, as if the broker had appended them then."""
    _timestamps(on.rig, "CreateTime")
    try:
        facts = [one for one in on.rig.load.draw(30) if one.event and ".enrolment." in one.event.type]
        on.load.publish(facts, timestamp_ms=int(appended_at.timestamp() * 1000))
    finally:
        _timestamps(on.rig, "LogAppendTime")


def _more_retention(on: Stage) -> None:
    _retention(on.rig, days=400)
    on.watched.alarms.wait_for_end("FrafaldsvarselRetentionComesNear", seconds=60)
    _release(*WORKERS)(on)
    on.load.drain()
    _retention(on.rig, days=BY_NAME[_INPUTS[0]].retention_days or 0)


def _retention(rig: Rig, *, days: int) -> None:
    rig.admin.alter_topics(_INPUTS, {"retention.ms": str(days * _DAY_MS)})


def _timestamps(rig: Rig, kind: str) -> None:
    rig.admin.alter_topics(
        _INPUTS, {"message.timestamp.type": kind, "message.timestamp.before.max.ms": str(10**12)}
    )


def _flood(on: Stage) -> None:
    # Without facts, so that no task comes of it: the further messages of one are gathered into a mail for an hour.
    pen = on.rig.load.next_pen()
    on.load.flooded.add(pen.cpr)
    on.load.publish([on.rig.load.sent(pen.risk(f"again {number}")) for number in range(_FLOOD)])


def _dismiss(on: Stage) -> None:
    on.load.drain()
    on.watched.command(
        *("quarantine", "dismiss", "--kind", "left_out", "--because", "sender was in a loop"),
        *("--as", "walks", "--yes"),
    )


def _read_only(is_so: bool) -> Callable[[Stage], None]:
    def turn(on: Stage) -> None:
        with on.rig.connect() as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(
                "ALTER SYSTEM SET default_transaction_read_only = on"
                if is_so
                else "ALTER SYSTEM RESET default_transaction_read_only"
            )
            connection.execute("SELECT pg_reload_conf()")

    return turn


def _password(held: str) -> Callable[[Stage], None]:
    def change(on: Stage) -> None:
        on.rig.children.own[NOTIFIERS[1]] = {**on.rig.children.own[NOTIFIERS[1]], "SMTP_PASSWORD": held}
        _restart(on, NOTIFIERS[1])

    return change


def _nobody_reads(step: dict[str, object]) -> bool:
    return bool(step["waiting"]) and step["members"] == 0


def _waits(step: dict[str, object]) -> bool:
    return bool(step["waiting"])


def _anything(_: dict[str, object]) -> bool:
    return True


_BEHIND: Final = frozenset(
    {
        "FrafaldsvarselDutyLag",
        "FrafaldsvarselStuck",
        "FrafaldsvarselSlow",
        "FrafaldsvarselConsumerStalled",
        "FrafaldsvarselConsumerStopped",
    }
)
"""What rings when anything waits for long."""
TROUBLES: Final = (
    Trouble(
        name="worker stopped",
        staged="Both workers are ended in order, and nobody starts them again.",
        stage=_hold(*WORKERS),
        alert="FrafaldsvarselConsumerStopped",
        labels=(("group", "frafaldsvarsel"),),
        may_ring=_BEHIND,
        step=StepName.INTAKE,
        shown=_nobody_reads,
        screen="no worker",
        check=HealthCheck.GROUPS,
        says="No worker reads",
        runbook="consumer-stands-still",
        action="`stopped`: start the process",
        lifted="The workers are started.",
        lift=_release(*WORKERS),
    ),
    Trouble(
        name="ledger stopped",
        staged="Both ledgers are ended in order, and nobody starts them again.",
        stage=_hold(*LEDGERS),
        alert="FrafaldsvarselConsumerStopped",
        labels=(("group", "frafaldsvarsel-ledger"),),
        may_ring=_BEHIND,
        step=StepName.LEDGER,
        shown=_nobody_reads,
        screen="no ledger",
        check=HealthCheck.GROUPS,
        says="No ledger reads",
        runbook="consumer-stands-still",
        action="`stopped`: start the process",
        lifted="The ledgers are started.",
        lift=_release(*LEDGERS),
    ),
    Trouble(
        name="relay refusing",
        staged="The mail relay refuses every connection.",
        stage=_relay(Way.REFUSE),
        alert="FrafaldsvarselNoWayOut",
        labels=(("channel", "email"),),
        may_ring=_BEHIND | {"FrafaldsvarselNoticesWait", "FrafaldsvarselNotifierShutOut"},
        step=StepName.NOTIFY,
        shown=_waits,
        age_seconds=140,
        check=HealthCheck.DELIVERIES,
        says="what a notifier tries has no success",
        runbook="no-way-out",
        action="The relay is away or refuses connections",
        lifted="The relay takes connections again.",
        lift=_relay(Way.OPEN),
    ),
    Trouble(
        name="one partition stuck",
        staged="The workers' client library does not fetch one partition, and the service's way round it is gone.",
        stage=_workers("tests.walks.stuck_worker"),
        alert="FrafaldsvarselConsumerStalled",
        labels=(("partition", "3"), ("topic", "person-events")),
        may_ring=_BEHIND,
        step=StepName.MATCH,
        shown=_waits,
        age_seconds=140,
        check=HealthCheck.LAG,
        says="person-events/3",
        runbook="consumer-stands-still",
        action="end it (SIGTERM",
        lifted="The workers are ended with SIGTERM and started again, without the fault.",
        lift=_workers(""),
    ),
    Trouble(
        name="retention near",
        staged="The workers stand still, and the first records that wait are 359 days old.",
        stage=_old_records,
        alert="FrafaldsvarselRetentionComesNear",
        labels=(("group", "frafaldsvarsel"),),
        may_ring=_BEHIND
        | {"FrafaldsvarselDutyLagLong", "FrafaldsvarselAnswersLateFast", "FrafaldsvarselAnswersLateSlow"},
        step=StepName.INTAKE,
        shown=_nobody_reads,
        check=HealthCheck.RETENTION,
        says="retention may remove what waits in 6 days",
        runbook="retention",
        action="raise the retention of the topic now",
        lifted="The topics' retention is raised, which alone ends the alert; the workers are started; it is put back.",
        lift=_more_retention,
    ),
    Trouble(
        name="a sender flooding",
        staged=f"An institution's program is in a loop: {_FLOOD} different messages about one person.",
        stage=_flood,
        alert="FrafaldsvarselSenderOverBound",
        step=StepName.SENDERS,
        shown=_anything,
        screen="in quarantine",
        check=HealthCheck.BOUNDS,
        says="of sender 90",
        runbook="sender-over-bound",
        action="quarantine dismiss",
        lifted="The loop has ended; what is over the bound is dismissed with a reason.",
        lift=_dismiss,
    ),
    Trouble(
        name="database read-only",
        staged="PostgreSQL takes no writes: `default_transaction_read_only`, as after a fail-over to a standby.",
        stage=_read_only(True),
        alert="FrafaldsvarselConsumerStopped",
        labels=(("group", "frafaldsvarsel-ledger"),),
        may_ring=_BEHIND | {"FrafaldsvarselNoticesWait"},
        step=StepName.LEDGER,
        shown=_waits,
        screen="read-only",
        check=HealthCheck.POSTGRES,
        says="read-only",
        runbook="consumer-stands-still",
        action="read-only",
        lifted="The database takes writes again.",
        lift=_read_only(False),
    ),
    Trouble(
        name="a notifier with a wrong password",
        staged="One of the two notifiers is started with a wrong password for the relay.",
        stage=_password("wrong"),
        alert="FrafaldsvarselNotifierShutOut",
        labels=(("channel", "email"),),
        step=StepName.NOTIFY,
        shown=_anything,
        looked_with=NOTIFIERS[1],
        check=HealthCheck.RELAY,
        says="login",
        runbook="no-way-out",
        action="restart that notifier",
        lifted="It is started again with the right one.",
        lift=_password(PASSWORD),
    ),
)
