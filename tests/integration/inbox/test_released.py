"""A manager sees what was released about the own municipalities: the figures and the file, as others get them."""

import csv
from collections.abc import Sequence
from datetime import date
from io import StringIO

import pytest

from inbox.rights import Right, Role
from ledger.queries.released_figures import figures
from reports.files import HEAD
from tests.browser.releases import release
from tests.integration.inbox.staff import AARHUS, COPENHAGEN
from tests.integration.inbox.test_operators import Staff, staff

__all__ = ["staff"]
PAGE = "/overblik/rapport"
NEWEST = date(2026, 7, 1)


def manager(*units: str) -> Right:
    return Right(role=Role.MANAGER, units=units)


Row = dict[str, str]


async def files_of(staff: Staff, *units: str, queries: Sequence[str] = ("",)) -> list[list[Row]]:
    client, _ = await staff.person(manager(*units))
    async with client:
        answers = [await client.get(f"{PAGE}.csv{query}") for query in queries]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment;")
    return [list(csv.DictReader(StringIO(answer.text))) for answer in answers]


def lines_of(rows: list[Row]) -> set[str]:
    return {row["value_code"] for row in rows}


async def test_the_file_has_what_the_interface_gives(staff: Staff, database: str) -> None:
    release(database)
    # A unit that is not one's own is none: everything of one's own is shown.
    rows, same = await files_of(staff, COPENHAGEN, queries=("", f"?enhed={AARHUS}"))
    assert rows == same
    own = staff.parts.municipalities_of({COPENHAGEN}, date(2026, 11, 1))
    found = await figures(staff.connection, NEWEST, own)
    assert tuple(rows[0]) == HEAD
    assert [
        (one["family"], one["value_code"], one["category_code"], one["measure"], one["number"], one["status"])
        for one in rows
    ] == [
        (f.family, f.value, f.category, f.measure, "" if f.number is None else str(f.number), f.status)
        for f in found
    ]
    assert "0101" in lines_of(rows)
    assert "0751" not in lines_of(rows)
    assert "København" in {one["value_da"] for one in rows}


async def test_one_unit_and_one_period_can_be_chosen(staff: Staff, database: str) -> None:
    release(database)
    both, one, older = await files_of(
        staff, COPENHAGEN, AARHUS, queries=("", f"?enhed={AARHUS}", "?periode=2026-01")
    )
    assert {"0101", "0751"} <= lines_of(both)
    assert "0751" in lines_of(one)
    assert "0101" not in lines_of(one)
    assert older != both


async def test_the_page_says_period_cases_and_why_there_is_no_number(staff: Staff, database: str) -> None:
    client, _ = await staff.person(manager(COPENHAGEN, AARHUS))
    async with client:
        assert "Der er ikke udgivet nogen rapport endnu." in (await client.get(PAGE)).text
        assert (await client.get(f"{PAGE}.csv")).status_code == 404
        release(database)
        page = (await client.get(PAGE)).text
        first = (await client.get(f"{PAGE}?periode=2026-01")).text
        assert (await client.get(f"{PAGE}?periode=2026-02")).status_code == 404
    assert "1. juli 2026 til 31. oktober 2026" in page
    assert "antal sager: " in page
    assert ">0</td>" in page
    assert "skjult" in page.split("<section", 1)[1]
    assert "ingen data" in first.split("<section", 1)[1]


@pytest.mark.parametrize("role", [Role.CASE_WORKER, Role.SERVICE_DESK, Role.OPERATOR])
async def test_nobody_but_a_manager(staff: Staff, database: str, role: Role) -> None:
    release(database)
    client, _ = await staff.person(Right(role=role, units=(COPENHAGEN,) if role is Role.CASE_WORKER else ()))
    async with client:
        for where in (PAGE, f"{PAGE}.csv"):
            answer = await client.get(where)
            assert answer.status_code == 403
            assert "København" not in answer.text
