"""Texts of a hostile colleague in the forms of daily work: names of views, long addresses, formulas, dates."""

import csv
import io

import pytest

from tests.integration.inbox.staff import Desk
from tests.integration.inbox.test_hostile import forms, standing


@pytest.mark.parametrize("name", ["\0", "a\0b", "x" * 60_000, "\ud7ff" * 61, "\u202e=1+1", "0101011234"])
async def test_a_name_that_no_view_can_have_saves_and_drops_nothing(desk: Desk, name: str) -> None:
    sent = {"form_token": desk.token, "name": name}
    assert (await desk.person.post("/opgaver/visninger/gem", data=sent)).status_code == 422
    assert (await desk.person.post("/opgaver/visninger/slet", data=sent)).status_code == 303
    assert (await standing(desk))[4] is None


async def test_a_view_keeps_of_a_long_address_what_a_list_can_say(desk: Desk) -> None:
    long = "alvor=high&uddannelse=eud&sorter=severity&x=" + "y" * 2_000 + "&institution=" + "9" * 2_000
    sent = {"form_token": desk.token, "name": "Lang"}
    answer = await desk.person.post(f"/opgaver/visninger/gem?{long}&efter={'z' * 2_000}", data=sent)
    assert answer.status_code == 303
    assert len(answer.headers["location"]) < 120
    rows = await desk.connection.execute("SELECT query FROM saved_views")
    assert await rows.fetchall() == [("alvor=high&uddannelse=eud&sorter=severity",)]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "\n=", "\r=", "＝", "＋", "－", "＠"])
async def test_no_cell_of_a_file_is_calculated(desk: Desk, sign: str) -> None:
    await desk.task(owner_id="anna", owner_name=f'{sign}HYPERLINK("https://evil.example";"x")')
    answer = await desk.person.post("/opgaver/uddrag", data={"form_token": desk.token})
    text = answer.content.decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text, newline=""), delimiter=";") for cell in line]
    (found,) = [cell for cell in cells if "HYPERLINK" in cell]
    assert found.startswith("'")
    assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]


@pytest.mark.parametrize(
    "typed", ["0101011234", "010101-1234", "+45 12 34 56 78", "12345678", "Karen", "1" * 5_000]
)
async def test_what_a_date_field_cannot_take_is_not_shown_again(desk: Desk, typed: str) -> None:
    sent = await forms(desk)
    (date,) = (path for path in sent if path.endswith("/opfoelgning"))
    for path, names in (("/fravaer", ("first_day", "last_day")), (date, ("day",))):
        answer = await desk.person.post(path, data=sent[path] | dict.fromkeys(names, typed))
        assert answer.status_code == 422
        assert typed not in answer.text
    wrong = await desk.person.post("/fravaer", data=sent["/fravaer"] | {"last_day": "31.2.2026"})
    assert 'value="31.2.2026"' in wrong.text
