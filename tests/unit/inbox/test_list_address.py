"""The address of a list says all of it, and nothing that it was not told."""

from itertools import product
from urllib.parse import parse_qsl

import pytest

from inbox.list_address import PATH, address, read_choice
from inbox.narrowing import Narrowing
from inbox.view_name import ViewNameFault, read_view_name
from ledger.queries.list_statements import Sorting
from ledger.queries.task_list import Filter
from models.events.contract import EducationType, Severity


def test_every_choice_comes_back_from_its_address() -> None:
    for chosen, severity, institution, education, followed, sorting in product(
        Filter, (None, Severity.HIGH), (None, "280051"), (None, EducationType.EUD), (False, True), Sorting
    ):
        narrowing = Narrowing(
            severity=severity,
            institution=institution,
            education=education,
            followed=followed,
            sorting=sorting,
        )
        found = read_choice(dict(parse_qsl(address(chosen, narrowing=narrowing).partition("?")[2])))
        assert found.filter is chosen
        assert found.narrowing == (Narrowing() if chosen is Filter.CLOSED else narrowing)
        assert read_choice(dict(parse_qsl(found.query))) == found


@pytest.mark.parametrize(
    "query",
    [
        {"alvor": "0101011234", "institution": "0101011234", "uddannelse": "010101-1234", "sorter": "name"},
        {"vis": "alt", "opfoelgning": "ja", "efter": "FV"},
        {"institution": "２８００５１"},
        {"name": "Anna", "q": "FV-7K2P"},
    ],
)
def test_what_is_not_understood_narrows_nothing_and_goes_on_nowhere(query: dict[str, str]) -> None:
    choice = read_choice(query)
    assert (choice.narrowing, choice.place, choice.query) == (Narrowing(), None, "")


def test_a_list_that_is_not_narrowed_has_the_short_address() -> None:
    assert address(Filter.OPEN, narrowing=Narrowing()) == PATH


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (" Høj  alvor ", "Høj alvor"),
        ("x" * 60, "x" * 60),
        ("x" * 61, ViewNameFault.TOO_LONG),
        ("", ViewNameFault.MISSING),
        (" \u00a0", ViewNameFault.MISSING),
        ("a\u202eb", ViewNameFault.MISSING),
        ("Anna 010101", ViewNameFault.NUMBER),
        ("０１０１０１-1234", ViewNameFault.NUMBER),
        ("Uge 42", "Uge 42"),
    ],
)
def test_a_view_is_called_what_names_no_person(typed: str, read: str | ViewNameFault) -> None:
    assert read_view_name(typed) == read
