"""The operators' page: how the service stands, in numbers. It knows no task, no message and no person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from inbox import date_text
from inbox.auth_guard import NoAccess, NotFound
from inbox.charts import Series, bars, lines
from inbox.guides import inline
from inbox.page_context import Visit
from inbox.translations import Translations
from models.calendar import COPENHAGEN
from models.notifications.delivery import SendOutcome
from models.service_status import FlowStep, Level, Minute, ServiceView, StepName, by_age

PATH: Final = "/drift"
_OLD: Final = timedelta(minutes=1)
"""Numbers are shown as old ones from then on: whoever looks at the service has not come to its end for so long."""
_GUIDES: Final = {
    "unaccounted": "unaccounted",
    "duty_lag": "duty-lag",
    "overdue": "overdue",
    "undelivered": "notices-late",
    "quarantine": "quarantine",
    "undecided": "undecided",
    "units": "nobody-told",
}
_READS: Final = {StepName.INTAKE: "worker", StepName.MATCH: "worker", StepName.LEDGER: "ledger"}
_STEP_GUIDE: Final = {StepName.NOTIFY: "notices-late"}
_LAG_GUIDE: Final = "consumer-stands-still"
_MOST_KINDS: Final = 20
_STABLE: Final = "Stable"
_TONES: Final = {
    SendOutcome.DELIVERED: "b",
    SendOutcome.TRY_AGAIN: "d",
    SendOutcome.REFUSED: "c",
    SendOutcome.INDETERMINATE: "e",
    SendOutcome.MISCONFIGURED: "a",
}
_GROUP_TONES: Final = "adce"
_TOGETHER: Final = 5
"""Minutes of one group of bars."""
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A number with what it means."""

    name: str
    number: str
    level: Level
    guide: str
    since: datetime | None = None
    beside: str = ""


async def service(visit: Visit) -> Response:
    """The whole page."""
    return visit.page("service.html", **_values(visit))


async def live(visit: Visit) -> Response:
    """Its numbers alone, for the page that is open."""
    if visit.session is None or not visit.rights.operates:
        return Response(status_code=401)
    return visit.page("service_live.html", **_values(visit))


async def guide(visit: Visit) -> Response:
    """What to do about one trouble."""
    if not visit.rights.operates:
        raise NoAccess
    found = visit.parts.guides.get(str(visit.request.path_params["name"]))
    if found is None:
        raise NotFound
    return visit.page("guide.html", guide=found, inline=lambda line: inline(line, visit.parts.guides))


def _values(visit: Visit) -> dict[str, Any]:
    if not visit.rights.operates:
        raise NoAccess
    view = None if visit.parts.service is None else visit.parts.service.seen()
    known = {"guides": visit.parts.guides, "is_set": visit.parts.service is not None, "view": view}
    if view is None:
        return known
    answer, people = view.answer, view.answer.people
    tiles = [*_promises(visit, view), *_waits(visit, view)]
    levels = [tile.level for tile in tiles] + [step.level for step in answer.flow]
    levels += [Level.FINE if one.is_up else Level.FAULT for one in view.processes]
    return known | {
        "promises": tiles[:4],
        "waits": tiles[4:],
        "kinds": sorted((people.quarantine or {}).items())[:_MOST_KINDS],
        "flow": [(step, _readers(visit.say, step), _step_guide(step)) for step in answer.flow],
        "rate": partial(_rate, visit),
        "span": partial(span, visit.say),
        "level_of_age": by_age,
        "time": partial(_time, visit),
        "taken_at": answer.taken_at,
        "is_old": visit.now - answer.taken_at > _OLD,
        "found": [(level, number) for level in Level if (number := levels.count(level))],
        "worst": min(levels, key=list(Level).index),
        "groups": _groups(view.minutes),
        "outcomes": _outcomes(view.minutes),
        "minutes": list(reversed(view.minutes)),
        **_plots(visit, view.minutes),
    }


def _promises(visit: Visit, view: ServiceView) -> Sequence[Tile]:
    said, say = view.answer.promises, visit.say
    counted = "" if said.counted_at is None else say("service.counted_at", time=_time(visit, said.counted_at))
    return (
        _tile("unaccounted", _count(say, said.unaccounted), said.unaccounted_level, beside=counted),
        _aged(visit, view, "duty_lag", said.duty_lag_seconds, said.duty_lag_level),
        _tile("overdue", _count(say, said.overdue_without_contact), said.overdue_level),
        _aged(visit, view, "undelivered", said.oldest_undelivered_seconds, said.undelivered_level),
    )


def _waits(visit: Visit, view: ServiceView) -> Sequence[Tile]:
    people, say = view.answer.people, visit.say
    return (
        _tile("quarantine", _count(say, people.in_quarantine), people.quarantine_level),
        _tile("undecided", _count(say, people.undecided_past_review), people.undecided_level),
        _tile("units", _count(say, people.units_not_reached), people.units_level),
    )


def _tile(name: str, number: str, level: Level, *, since: datetime | None = None, beside: str = "") -> Tile:
    return Tile(name=name, number=number, level=level, guide=_GUIDES[name], since=since, beside=beside)


def _aged(visit: Visit, view: ServiceView, name: str, seconds: float | None, level: Level) -> Tile:
    since = view.answer.taken_at - timedelta(seconds=seconds) if seconds else None
    number = visit.say("service.not_known") if seconds is None else span(visit.say, seconds)
    return _tile(name, number, level, since=since)


def _count(say: Translations, number: int | None) -> str:
    return say("service.not_known") if number is None else say.number(number)


def _rate(visit: Visit, per_second: float | None) -> str:
    return visit.say("service.not_known") if per_second is None else visit.say.decimal(per_second)


def _time(visit: Visit, moment: datetime) -> str:
    """The time of day with its seconds; of another day with its date."""
    local, today = moment.astimezone(COPENHAGEN), visit.today
    if local.date() != today:
        return date_text.clock(moment, visit.language)
    return visit.say(
        "service.time", time=f"{local:%H.%M.%S}" if visit.language == "da" else f"{local:%H:%M:%S}"
    )


def span(say: Translations, seconds: float) -> str:
    """A time span as the terminal's status page says it, in the page's language."""
    if seconds < 100:
        return say("service.seconds", number=round(seconds))
    if seconds < 100 * 60:
        return say("service.minutes", number=round(seconds / 60))
    if seconds < 48 * 3600:
        return say("service.hours", number=say.decimal(seconds / 3600))
    return say("service.days", number=say.number(round(seconds / 86400)))


def _readers(say: Translations, step: FlowStep) -> str:
    process = _READS.get(step.step)
    if process is None:
        return ""
    if step.members is None:
        return say("service.readers_unknown")
    if not step.members:
        return say("service.no_reader", process=process)
    said = say("service.readers", number=step.members, process=process)
    return said if step.group_state == _STABLE else say("service.joining", readers=said)


def _step_guide(step: FlowStep) -> str:
    return _STEP_GUIDE.get(step.step, _LAG_GUIDE if step.members == 0 else _GUIDES["duty_lag"])


def _groups(minutes: Sequence[Minute]) -> Sequence[str]:
    return sorted({group for minute in minutes for group in minute.lag_seconds})[: len(_GROUP_TONES)]


def _outcomes(minutes: Sequence[Minute]) -> Sequence[SendOutcome]:
    """What was delivered, always; of the others what there was."""
    seen = {outcome for minute in minutes for outcome in minute.attempts or ()}
    return [one for one in SendOutcome if one is SendOutcome.DELIVERED or one.value in seen]


def _plots(visit: Visit, minutes: Sequence[Minute]) -> dict[str, object]:
    say = visit.say
    labels = [_label(minute) for minute in minutes]
    over_time = partial(lines, labels, labels, no_data=say("service.not_seen"))
    seconds: Callable[[float], str] = partial(span, say)
    groups = [
        Series(group, [minute.lag_seconds.get(group) for minute in minutes], tone)
        for group, tone in zip(_groups(minutes), _GROUP_TONES, strict=False)
    ]
    duty = Series(say("service.duty_lag"), [minute.duty_lag_seconds for minute in minutes], "a")
    records = Series(say("service.records"), [minute.records_per_second for minute in minutes], "a")
    fives = [minutes[at : at + _TOGETHER] for at in range(0, len(minutes), _TOGETHER)]
    sent = [
        Series(say(f"attempt.{one}"), [_sum(five, one) for five in fives], _TONES[one])
        for one in _outcomes(minutes)
    ]
    plots = [
        ("plot-duty", say("service.plot_duty"), say("service.axis_seconds"), [duty],
         over_time([duty], name="plot-duty", described_by=say("service.plot_duty_alt"), number=seconds)),
        ("plot-lag", say("service.plot_lag"), say("service.axis_seconds"), groups,
         over_time(groups, name="plot-lag", described_by=say("service.plot_lag_alt"), number=seconds)),
        ("plot-sent", say("service.plot_sent"), say("service.axis_five"), sent,
         bars([_label(five[0]) for five in fives], [f"{_label(five[0])}–{_label(five[-1])}" for five in fives], sent,
              name="plot-sent", described_by=say("service.plot_sent_alt"), number=say.number,
              no_data=say("service.not_seen"))),
        ("plot-records", say("service.plot_records"), say("service.axis_records"), [records],
         over_time([records], name="plot-records", described_by=say("service.plot_records_alt"), number=say.decimal)),
    ]  # fmt: skip
    return {"plots": plots, "minute_label": _label, "sum_of": _sum}


def _sum(minutes: Sequence[Minute], outcome: SendOutcome) -> int | None:
    known = [minute.attempts.get(outcome, 0) for minute in minutes if minute.attempts is not None]
    return sum(known) if known else None


def _label(minute: Minute) -> str:
    return f"{minute.begins.astimezone(COPENHAGEN):%H:%M}"
