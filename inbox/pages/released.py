"""The manager's page of the follow-up report: what was released about the own municipalities, as `GET /figures` gives
it, and the same rows as a file. Nothing is counted here (docs/decisions/0057)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from inbox.auth_guard import NoAccess, NotFound
from inbox.page_context import Visit
from ledger.queries.released_figures import ReleasedFigure, ReleasedPeriod, figures, periods

PATH: Final = "/overblik/rapport"
FILE: Final = f"{PATH}.csv"
_COLUMNS: Final = ("count", "percent")


@dataclass(slots=True)
class ReleasedLine:
    """A municipality, or several that are counted together, in one family of figures."""

    name: str
    members: Sequence[str]
    """Names of those counted together; empty: one alone."""
    base: str
    """How many there are to divide."""
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    """By category: `count` and `percent`, each a number or why there is none."""
    others: list[tuple[str, str]] = field(default_factory=list)
    """What is neither: its name, and the number."""


@dataclass(slots=True)
class ReleasedTable:
    """One family of figures."""

    name: str
    is_withheld: bool
    lines: list[ReleasedLine]


async def released(visit: Visit) -> Response:
    """The newest release, or the one that begins with the month in the address."""
    known, period, found = await _found(visit)
    mine = visit.rights.figures_of
    return visit.page(
        "released.html",
        periods=known,
        period=period,
        tables=list(_tables(visit, found)),
        units=sorted((visit.parts.unit_name(unit), unit) for unit in mine),
        chosen=_chosen(visit),
    )


async def export(visit: Visit) -> Response:
    """The same as CSV."""
    _, period, found = await _found(visit)
    if period is None:
        raise NotFound
    name = f"figures-{period.first_day:%Y-%m}-{period.last_day:%Y-%m}.csv"
    return Response(
        visit.parts.report.as_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )


async def _found(
    visit: Visit,
) -> tuple[list[ReleasedPeriod], ReleasedPeriod | None, list[ReleasedFigure]]:
    """Every release, the one that is asked for, and the own figures in it."""
    mine = visit.rights.figures_of
    if not mine:
        raise NoAccess
    chosen, month = _chosen(visit), visit.query("periode")
    units = frozenset({chosen}) if chosen else mine
    own = visit.parts.municipalities_of(units, visit.today)
    async with visit.connection() as connection:
        known = await periods(connection)
        period = next((one for one in known if not month or f"{one.first_day:%Y-%m}" == month), None)
        if month and period is None:
            raise NotFound
        found = [] if period is None else await figures(connection, period.first_day, own)
    return known, period, found


def _chosen(visit: Visit) -> str:
    """One of the visitor's units; empty: all of them."""
    chosen = visit.query("enhed")
    return chosen if chosen in visit.rights.figures_of else ""


def _tables(visit: Visit, found: Sequence[ReleasedFigure]) -> Iterator[ReleasedTable]:
    """In the order of the release."""
    words, language = visit.parts.report, visit.language
    for family in dict.fromkeys(one.family for one in found):
        own = [one for one in found if one.family == family and one.status != "merged"]
        lines: dict[str, ReleasedLine] = {}
        for one in own:
            if one.status == "withheld":
                continue
            if one.value not in lines:
                lines[one.value] = ReleasedLine(words.line(one.value, language), (), "")
            _put(visit, lines[one.value], one)
        yield ReleasedTable(words.name("family", family, language), not lines, list(lines.values()))


def _put(visit: Visit, line: ReleasedLine, one: ReleasedFigure) -> None:
    words, language = visit.parts.report, visit.language
    said = _said(visit, one)
    if one.measure == "base":
        line.base = said
        line.members = [visit.parts.municipality_name(code) for code in one.members]
    elif one.measure in _COLUMNS:
        category = words.name("category", one.category, language)
        line.rows.setdefault(category, dict.fromkeys(_COLUMNS, ""))[one.measure] = said
    else:
        names = (
            words.name("measure", one.measure, language),
            one.category and words.name("category", one.category, language),
        )
        line.others.append((": ".join(filter(None, names)), said))


def _said(visit: Visit, one: ReleasedFigure) -> str:
    if one.number is None:
        return visit.say(f"released.{one.status}")
    return visit.say.number(one.number) + (" %" if one.measure.endswith("percent") else "")
