"""What waits in PostgreSQL, in numbers. Reading only; each question is bounded in time and fails alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, LiteralString, TypeVar

import psycopg

from config.sections.servers import DatabaseAddress
from doctor.readers.database_rights import DatabaseRights, read_database_rights
from doctor.side_by_side import NotSeen
from infra.postgres import SyncConnection
from infra.postgres_timeouts import TimeoutConnection, statement_timeouts
from ledger.schema.migrate import APPLIED, MIGRATIONS
from ledger.store.personal_login import WHO, DatabaseLogin
from models.events import probe_identity
from models.reasons import LeftOut
from notifiers.figures import WAITS_SINCE
from ops.audit.last_probe import last_home
from ops.probe.events import message_id, next_run
from ops.recovery.dead_letters import THINGS
from ops.recovery.figures import FAILED_LAST, IN_QUARANTINE, everything_that_waits

T = TypeVar("T")
_CONNECT_SECONDS: Final = 5
_STATEMENT_SECONDS: Final = 6
_TICKS: Final = 15
"""So many canaries before now and after it, by this machine's clock, which may go wrong."""

SERVER: Final[LiteralString] = (
    "SELECT clock_timestamp(), pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"
)
OVER_BOUND: Final[LiteralString] = (
    f"SELECT sender, count(*), min(since) FROM ({THINGS}) AS waiting GROUP BY sender ORDER BY count(*) DESC, sender"
)
LAST_WRITTEN: Final[LiteralString] = "SELECT at FROM audit ORDER BY id DESC LIMIT 1"
UNDECIDED: Final[LiteralString] = """
SELECT count(*), min(review_on) FROM messages WHERE outcome = 'undecided' AND review_on <= %s
"""
OUTBOX: Final[LiteralString] = """
SELECT count(*), min(due_at) FROM outbox WHERE sent_at IS NULL AND due_at <= clock_timestamp()
"""
DELIVERIES: Final[LiteralString] = f"""
SELECT d.channel, count(*), min(d.created_at), min({WAITS_SINCE}),
       min(d.due_at) FILTER (WHERE d.due_at <= clock_timestamp()
                             AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())),
       count(*) FILTER (WHERE a.outcome = 'misconfigured'), count(*) FILTER (WHERE d.attempts > 0), max(a.at)
FROM deliveries d LEFT JOIN attempts a ON (a.delivery_id, a.attempt) = (d.id, d.attempts)
WHERE d.status = 'due' AND (d.due_at <= clock_timestamp() OR d.attempts > 0)
GROUP BY d.channel ORDER BY d.channel
"""
"""But for those that are put off on purpose: gathered, or held for the morning."""
ATTEMPTS: Final[LiteralString] = (
    "SELECT n_tup_ins FROM pg_stat_user_tables WHERE relid = 'attempts'::regclass"
)
"""As the server counts them anyway: counting the rows would take as long as there are."""
ENDPOINTS_OFF: Final[LiteralString] = """
SELECT unit_id, min(coalesce(disabled_at, failing_since)), bool_or(disabled_at IS NOT NULL) FROM endpoints
WHERE disabled_at IS NOT NULL OR failing_since IS NOT NULL GROUP BY unit_id ORDER BY unit_id
"""
STEPS: Final[LiteralString] = """
SELECT count(*), min(due_at) FROM steps WHERE status = 'waiting' AND due_at <= clock_timestamp()
"""
OVERDUE: Final[LiteralString] = """
SELECT count(*), min(react_by), count(DISTINCT unit_id) FROM tasks
WHERE status = 'open' AND react_by < %s AND reached_at IS NULL AND unit_id <> %s
"""
CANARY_DISTANCE: Final[LiteralString] = """
SELECT extract(epoch FROM min(appended_at - registered_at))::float FROM messages
WHERE sender = %s AND message_id = ANY(%s)
"""
"""Of messages that are named: a canary's number follows from its moment."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How many, and since when the first of them."""

    number: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """Of things that have a date: how many are past it, the first date, and at how many units."""

    number: int
    since: date | None = None
    units: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWork:
    """The notices of one channel that should have gone out."""

    channel: str
    number: int
    oldest: datetime
    """When the oldest was made out."""
    waits_since: datetime
    """Since when one has waited longest to be handed over; what was put off on purpose waits since its time came."""
    due_since: datetime | None
    """Since when nobody has taken the first that may be tried now; None: none may, or a notifier has it."""
    misconfigured: int
    """Whose last attempt met what a person must mend."""
    tried: int
    """Tried before, without success."""
    tried_at: datetime | None = None
    """The last attempt at one of these."""


@dataclass(frozen=True, slots=True)
class UnitTrouble:
    """A unit that is not reached on a channel, and since when."""

    unit: str
    since: datetime
    is_off: bool = False
    """Of an endpoint: it is switched off; else it fails."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """PostgreSQL itself."""

    offset_seconds: float
    """How far its clock is ahead of this machine's, at least."""
    read_only: bool


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Migrations: those that are to be applied, and those that this version does not know."""

    pending: tuple[str, ...]
    newer: tuple[str, ...]


class LedgerWork:
    """An open connection, asked one thing at a time; every method raises `NotSeen`."""

    def __init__(self, connection: SyncConnection, clock: Callable[[], datetime]) -> None:
        self._connection = connection
        self._clock = clock

    def server(self) -> ServerState:
        """Its clock is wrong by as much as it says a time before the question or after the answer."""
        before = self._clock()
        ((told, read_only),) = self._rows(SERVER)
        after = self._clock()
        nearest = min(max(told, before), after)
        return ServerState((told - nearest).total_seconds(), read_only)

    def schema(self) -> SchemaState:
        """What this version would apply."""
        ours = sorted(path.name for path in MIGRATIONS.glob("*.sql"))
        applied = {name for (name,) in self._rows(APPLIED)}
        pending = tuple(name for name in ours if name not in applied)
        return SchemaState(pending, tuple(sorted(applied - set(ours))))

    def last_written(self) -> datetime | None:
        """When the audit trail was last written to; None: never."""
        rows = self._rows(LAST_WRITTEN)
        return None if not rows else rows[0][0]

    def rights(self) -> DatabaseRights:
        """Who may do what here."""
        return read_database_rights(self._rows)

    def login(self) -> DatabaseLogin:
        """Who we are to PostgreSQL."""
        ((person, role, allowed),) = self._rows(WHO)
        return DatabaseLogin(person, role, allowed)

    def quarantine(self) -> Mapping[str, Amount]:
        """What a person has still to decide, by kind."""
        rows = self._rows(IN_QUARANTINE, everything_that_waits())
        return {kind: Amount(number, since) for kind, number, since in rows}

    def over_bound(self) -> Mapping[str, Amount]:
        """Senders whose events wait for a person because there are too many of them, the most first."""
        rows = self._rows(OVER_BOUND, {**everything_that_waits(), "reason": str(LeftOut.SENDER_BOUND)})
        return {sender: Amount(number, since) for sender, number, since in rows}

    def undecided(self, today: date) -> Review:
        """Undecided messages past their date."""
        ((number, since),) = self._rows(UNDECIDED, (today,))
        return Review(number, since)

    def outbox(self) -> Amount:
        """What the ledger wants said on Kafka, and has not been said."""
        ((number, since),) = self._rows(OUTBOX)
        return Amount(number, since)

    def deliveries(self) -> Sequence[ChannelWork]:
        """Notices that should have gone out, by channel."""
        return [
            ChannelWork(
                channel=channel,
                number=number,
                oldest=oldest,
                waits_since=waits_since,
                due_since=due_since,
                misconfigured=misconfigured,
                tried=tried,
                tried_at=tried_at,
            )
            for channel, number, oldest, waits_since, due_since, misconfigured, tried, tried_at in self._rows(
                DELIVERIES
            )
        ]

    def attempts(self) -> int:
        """How many attempts to send have been written down; of two looks the difference counts."""
        ((number,),) = self._rows(ATTEMPTS)
        return int(number)

    def failed_last(self) -> Sequence[UnitTrouble]:
        """Units whose last mail was refused, or taken by nobody before its deadline."""
        return [UnitTrouble(unit, since) for unit, since in self._rows(FAILED_LAST)]

    def endpoints(self) -> Sequence[UnitTrouble]:
        """Units whose webhook is off, or fails."""
        return [UnitTrouble(unit, since, is_off) for unit, since, is_off in self._rows(ENDPOINTS_OFF)]

    def steps(self) -> Amount:
        """Reminders and escalations whose moment has come."""
        ((number, since),) = self._rows(STEPS)
        return Amount(number, since)

    def overdue(self, today: date) -> Review:
        """Open tasks past their date whose person nobody has reached; without the canary's."""
        ((number, since, units),) = self._rows(OVERDUE, (today, probe_identity.UNIT))
        return Review(number, since, units)

    def canary_home(self) -> datetime | None:
        """When the last canary that came home had been received; None: none within a day."""
        return last_home(self._rows)

    def canary_distance(self, interval: timedelta) -> float | None:
        """Seconds by which the brokers' clock is ahead of the canary's, at most; None: no canary came of late."""
        now = self._clock()
        moments = [next_run(now - back * interval, interval) for back in range(-_TICKS, _TICKS)]
        numbers = [message_id(moment) for moment in moments]
        ((seconds,),) = self._rows(CANARY_DISTANCE, (probe_identity.INSTITUTION, numbers))
        return None if seconds is None else float(seconds)

    def _rows(self, statement: LiteralString, parameters: Any = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, parameters).fetchall()
        except psycopg.errors.QueryCanceled:
            raise NotSeen(f"PostgreSQL did not answer within {_STATEMENT_SECONDS} seconds.") from None
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
            raise NotSeen("The tables are not there, or are of another version: see schema.") from None
        except psycopg.errors.InsufficientPrivilege:
            raise NotSeen("This user of the database may not read it.") from None
        except psycopg.Error:
            raise NotSeen("PostgreSQL broke off.") from None


class _Bounded(TimeoutConnection):
    patience_seconds = _STATEMENT_SECONDS + 2


def utc_now() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


@contextmanager
def ledger_work(database: DatabaseAddress, clock: Callable[[], datetime] = utc_now) -> Iterator[LedgerWork]:
    """A connection of its own; raises `NotSeen` where PostgreSQL does not answer or lets nobody in."""
    try:
        connection = _Bounded.connect(
            database.url.get_secret_value(),
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            options=statement_timeouts(_STATEMENT_SECONDS),
            application_name="frafaldsvarsel-doctor",
        )
    except psycopg.OperationalError as error:
        raise NotSeen(_why(error)) from None
    try:
        yield LedgerWork(connection, clock)
    finally:
        connection.close()


def _why(error: psycopg.OperationalError) -> str:
    """What libpq says repeats the address, and a password may stand in it: only the kind of it is said."""
    said = str(error)
    if "password authentication failed" in said or "no password supplied" in said:
        return "PostgreSQL refuses this user or password."
    if "does not exist" in said:
        return "PostgreSQL has no such database or user."
    return "PostgreSQL does not answer."
