"""The page for case systems says what the interface does: every problem, refusal, deed, filter and right."""

import re
from typing import Final, get_args

from api.app import document
from api.problems import Problem
from config.api_clients import ClientRight
from ledger.queries.task_counts import COUNT_AT_MOST
from ledger.queries.task_list import Filter
from models.events.sensitive_fields import OpenPurpose
from models.tasks.actions import Action, ActionRefusal, ContactForm, Initiative
from tests.paths import ROOT

PAGE: Final = (ROOT / "docs/api.md").read_text("utf-8")


def table(heading: str) -> dict[str, str]:
    """The first and second column of the table whose head begins so, a row for each code in the first."""
    _, _, rest = PAGE.partition(f"| {heading}")
    rows: dict[str, str] = {}
    for line in rest.partition("\n\n")[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows |= dict.fromkeys(re.findall(r"`([^`]+)`", cells[0]), cells[1])
    return rows


def test_every_problem_stands_on_the_page_with_its_status() -> None:
    assert table("type, under") == {problem.code: str(problem.status) for problem in Problem}


def test_every_refusal_filter_and_deed_stands_in_its_table() -> None:
    assert set(table("`refusal`")) == set(ActionRefusal)
    assert set(table("`filter`")) == set(Filter)
    kinds = {kind.model_fields["kind"].default for kind in get_args(get_args(Action)[0])}
    assert set(table("`kind`")) == kinds


def test_every_coded_word_that_a_client_may_send_is_named() -> None:
    for word in (*ContactForm, *Initiative, *OpenPurpose, *ClientRight):
        assert f"`{word}`" in PAGE
    assert f"{COUNT_AT_MOST:,}" in PAGE


def test_every_path_that_the_page_names_is_in_the_document() -> None:
    named = set(re.findall(r"`(?:GET|POST) (/[^`]*)`", PAGE))
    assert {"/tasks/{reference}", "/counts", "/problems"} <= named
    assert named <= document()["paths"].keys()
