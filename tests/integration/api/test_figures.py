"""A municipality's own figures: what was released of the report, and nothing of another municipality."""

from datetime import date

import psycopg
import pytest

from config.api_clients import ClientRight
from reports.release import Cell, Status
from reports.releases import note
from tests.integration.api.callers import Caller, Service, api_client, problem, write_clients
from tests.unit.ledger.decisions import OTHER_UNIT


def cell(value: str, category: str, measure: str, number: int | None, *members: str) -> Cell:
    """Of `starts` by municipality."""
    status = Status.SHOWN if number is not None else Status.HIDDEN
    return Cell("starts", "municipality", value, category, measure, number, status, members)


CELLS = (
    cell("0101", "", "base", 40),
    cell("0101", "from_benefit", "count", None),
    Cell("starts", "municipality", "DK03+", "", "base", None, Status.MERGED, ("0751",)),
    Cell("starts", "municipality", "DK03+", "", "base", None, Status.MERGED, ("0787",)),
    cell("DK03+", "", "base", 9, "0751", "0787"),
    cell("DK03+", "from_benefit", "count", 9),
    cell("0851", "", "base", 17),
    Cell("form", "municipality", "", "", "count", None, Status.WITHHELD),
)


def release(service: Service, first: date, last: date) -> None:
    """As `report` notes it."""
    with psycopg.connect(service.url, autocommit=True) as connection:
        note(
            connection,
            first=first,
            last=last,
            as_of=date(2026, 12, 1),
            threshold=3,
            sha256="0" * 64,
            by="anna",
            by_municipality=CELLS,
        )


async def seen(caller: Caller, **query: object) -> list[tuple[str, str, str, int | None, str]]:
    response = await caller.get("/figures", **query)
    assert response.status_code == 200, response.text
    return [
        (one["line"], one["category"], one["measure"], one["number"], one["status"])
        for one in response.json()["figures"]
    ]


WITHHELD = ("", "", "count", None, "withheld")
OWN = [("0101", "", "base", 40, "shown"), ("0101", "from_benefit", "count", None, "hidden"), WITHHELD]
MERGED = [
    ("DK03+", "", "base", None, "merged"),
    ("DK03+", "", "base", None, "merged"),
    ("DK03+", "", "base", 9, "shown"),
    ("DK03+", "from_benefit", "count", 9, "shown"),
    WITHHELD,
]


async def test_the_figures_are_those_of_the_callers_municipalities(service: Service) -> None:
    """Or of the line in which they were merged; of no other one."""
    release(service, date(2026, 8, 1), date(2026, 11, 30))
    assert await seen(await service.caller()) == OWN
    assert await seen(await service.caller("other-system")) == MERGED
    both = await service.caller("both-system")
    assert await seen(both) == [*OWN[:-1], *MERGED]
    assert await seen(both, unit=OTHER_UNIT) == MERGED
    narrowed = await service.caller("both-system", scope=f"figures:read unit:{OTHER_UNIT}")
    assert await seen(narrowed) == MERGED


async def test_the_newest_release_unless_another_is_asked_for(service: Service) -> None:
    caller = await service.caller()
    body = (await caller.get("/figures")).json()
    assert body == {"municipalities": ["0101", "0147"], "periods": [], "period": None, "figures": []}
    release(service, date(2026, 8, 1), date(2026, 9, 30))
    release(service, date(2026, 10, 1), date(2026, 11, 30))
    newest, older = (await caller.get("/figures")).json()["periods"]
    assert (newest["first_day"], older["first_day"]) == ("2026-10-01", "2026-08-01")
    assert (await caller.get("/figures")).json()["period"] == newest
    chosen = (await caller.get("/figures", first_month="2026-08")).json()
    assert (chosen["period"], len(chosen["figures"])) == (older, 3)


@pytest.mark.parametrize("month", ["2026-09", "2026-13", "0000-01", "٢026-08", "2026-08\n", ""])
async def test_a_month_with_which_no_release_begins_is_told(service: Service, month: str) -> None:
    release(service, date(2026, 8, 1), date(2026, 9, 30))
    response = await (await service.caller()).get("/figures", first_month=month)
    assert (response.status_code, problem(response)) == (422, "not-valid")
    assert [error["pointer"] for error in response.json()["errors"]] == ["first_month"]


async def test_the_right_to_tasks_is_none_to_figures(service: Service) -> None:
    rights = tuple(right for right in ClientRight if right is not ClientRight.FIGURES)
    write_clients(service.file, api_client("case-system", rights=rights))
    service.ticks += 60
    response = await (await service.caller()).get("/figures")
    assert (response.status_code, problem(response)) == (403, "right-missing")
    assert problem(await service.http().get("/figures")) == "no-token"
