"""Reads the rows of one report in one snapshot of the database: nobody is held up, and no person leaves it."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import chain, islice, product, starmap
from typing import Any, Final, NamedTuple, TypeVar

from psycopg import IsolationLevel, sql

from infra.postgres import SyncConnection
from ledger.queries.duty_figures import working_days
from models.calendar import COPENHAGEN, add_working_days
from models.eligibility.law import Law
from models.events import probe_identity
from reports import statements
from reports.count import FigureCounts, count
from reports.duties import duties
from reports.rows import Act, CountedIn, CountedMessage, Duty, DutyMessage, Start

_FETCH: Final = 20_000
ReadRow = TypeVar("ReadRow")
Parameter = datetime | date | list[str] | list[date] | list[int]
Parameters = Mapping[str, Parameter]
"""Of every statement, by name."""
_LAST_DAY: Final = date(2100, 12, 31)


class NotWhole(RuntimeError):
    """The ledger does not hold what the report needs; the message says what to do."""


class ReportSnapshot(NamedTuple):
    """Two connections that see the same: the server counts on both of them at once."""

    connection: SyncConnection
    beside: SyncConnection

    @classmethod
    def of(cls, connection: SyncConnection, beside: SyncConnection) -> "ReportSnapshot":
        """Of two connections on which nothing has begun; from now on every look on either sees the same."""
        for one in (connection, beside):
            one.isolation_level = IsolationLevel.REPEATABLE_READ
            one.read_only = True
        ((name,),) = connection.execute(statements.EXPORT).fetchall()
        beside.execute(sql.SQL(statements.IMPORT).format(name))
        return cls(connection, beside)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPeriod:
    """What is counted, and as of when."""

    first: date
    last: date
    as_of: date
    """What was known when this day began in Denmark."""

    @property
    def moment(self) -> datetime:
        """Its beginning."""
        return datetime.combine(self.as_of, time(), COPENHAGEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTables:
    """The reference data that a report rests on."""

    law: Law
    senders: tuple[str, ...]
    """Every number of the register."""
    react_by_days: Callable[[str, date], int]
    days_off: Container[date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came of it."""

    counts: FigureCounts
    sent: Mapping[tuple[str, str], int]
    """Accepted records by sender and type."""
    offsets: Mapping[str, int]
    """`topic/partition` → the first offset that is not in it."""
    erased: Mapping[str, int]
    """Rows of people who have been erased since, by what they are."""


def read(snapshot: ReportSnapshot, period: ReportPeriod, tables: ReportTables) -> Read:
    """Everything, in the one snapshot; raises `NotWhole`."""
    connection = snapshot.connection
    for one, setting in product(snapshot, statements.SETTINGS):
        one.execute(setting)
    ((untold,),) = connection.execute(statements.UNTOLD).fetchall()
    if untold:
        raise NotWhole(
            f"{untold} messages have no decision in the history. Run `frafaldsvarsel rebuild ledger --apply` once."
        )
    values = parameters(period, tables)
    with ThreadPoolExecutor(1, "report") as thread:
        told = thread.submit(_told, snapshot.beside, values)
        began = _begun(starts(connection, values))
        of_duties = told.result()
    counts = count(
        began,
        of_duties.messages,
        found_duties(of_duties, period, tables),
        today=period.as_of,
        working_days=cache(lambda arrived, day: working_days(arrived, day, tables.days_off)),
    )
    sent = {(sender, kind): number for sender, kind, number in connection.execute(statements.SENT, values)}
    offsets = {
        f"{topic}/{partition}": offset
        for topic, partition, offset in connection.execute(statements.OFFSETS, values)
    }
    erased: dict[str, int] = dict(connection.execute(statements.ERASED, values).fetchall())
    return Read(counts=counts, sent=sent, offsets=offsets, erased=erased)


def parameters(period: ReportPeriod, tables: ReportTables) -> dict[str, Parameter]:
    """Of every statement."""
    rules = sorted(tables.law.rule_sets, key=lambda one: one.in_force_from)
    ends = [one.in_force_from - timedelta(days=1) for one in rules[1:]] + [_LAST_DAY]
    pairs = [(one.version, *pair) for one in rules for pair in sorted(one.target_groups)]
    family = {sender: min(tables.law.succession.family(sender)) for sender in tables.senders}
    return {
        "as_of": period.moment,
        "today": period.as_of,
        "first": period.first,
        "last": period.last,
        "since": datetime.combine(period.first, time(), COPENHAGEN),
        "senders": list(family),
        "families": list(family.values()),
        "versions": [one.version for one in rules],
        "first_days": [one.in_force_from for one in rules],
        "last_days": ends,
        "look_backs": [one.look_back_days for one in rules],
        "pair_versions": [version for version, _, _ in pairs],
        "pair_benefits": [str(benefit) for _, benefit, _ in pairs],
        "pair_groups": [str(group) for _, _, group in pairs],
        "canary": sorted(probe_identity.SENDERS),
    }


def starts(connection: SyncConnection, values: Parameters) -> Iterator[Start]:
    """The enrolments that began in the period."""
    for month, home, kind, group, version, told, days, left, number in _rows(
        connection, "starts", statements.STARTS, values
    ):
        yield Start(
            CountedIn.of(month, home, kind, group, version), group is not None, told, days, left, number
        )


class _Told(NamedTuple):
    """What is read beside the starts."""

    messages: list[CountedMessage]
    obliged: Iterable[tuple[Any, ...]]
    acts: Iterable[tuple[Any, ...]]


def _told(connection: SyncConnection, values: Parameters) -> _Told:
    """The messages of the period, and the beginning of what duties are made of: by then the server has sorted it."""
    counted = [
        CountedMessage(CountedIn.of(*place), outcome, reason, number)
        for *place, outcome, reason, number in _rows(connection, "messages", statements.MESSAGES, values)
    ]
    obliged = _rows(connection, "obliged", statements.DUTY_MESSAGES, values)
    acts = _rows(connection, "acts", statements.ACTS, values)
    return _Told(counted, _begun(obliged), _begun(acts))


def _begun(rows: Iterator[ReadRow]) -> Iterator[ReadRow]:
    """The same rows, the first of which is there already."""
    return chain(list(islice(rows, 1)), rows)


def found_duties(told: _Told, period: ReportPeriod, tables: ReportTables) -> Iterator[Duty]:
    """The duties that began in the period."""
    days = cache(tables.react_by_days)
    after = cache(lambda day, number: add_working_days(day, number, tables.days_off))

    def target(unit: str, day: date) -> date:
        return after(day, days(unit, day))

    for duty in duties(starmap(DutyMessage, told.obliged), starmap(Act, told.acts), target):
        if period.first <= duty.arrived <= period.last:
            yield duty


def _rows(connection: SyncConnection, name: str, query: Any, values: Parameters) -> Iterator[tuple[Any, ...]]:
    """Streamed: memory does not grow with the country."""
    with connection.cursor(name=f"report_{name}") as cursor:
        cursor.execute(query, values, binary=True)
        while rows := cursor.fetchmany(_FETCH):
            yield from rows
