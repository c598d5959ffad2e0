"""No address that the inbox writes holds a CPR, whatever address it was asked by."""

import pytest

from inbox.handed_on import fields_handed_on, path_handed_on, target_handed_on
from inbox.pages.log_in import local

CPRS = ("0101011234", "010101-1234", "010101 1234", "cpr%20010101-1234", "010101%2D1234", "０１０１０１1234")


@pytest.mark.parametrize("cpr", CPRS)
def test_a_cpr_goes_on_in_no_part_of_an_address(cpr: str) -> None:
    assert fields_handed_on([("q", cpr), (cpr, "1"), ("filter", "open")]) == [("filter", "open")]
    assert path_handed_on(f"/opgaver/{cpr}") == "/"
    assert target_handed_on("/opgaver", f"q={cpr}&filter=open") == "/opgaver?filter=open"
    assert "1234" not in local(f"/opgaver?til=%2Fopgaver%3Fq%3D{cpr}")


@pytest.mark.parametrize(
    "target",
    [
        "/opgaver?filter=closed&fra=20261009T101100.123456~FV-7K2P-0013-ABCD",
        "/opgaver/FV-0101-0112-3412",
        "/opgaver?fra=2026-10-09~FV-0101-0112-3412",
        "/overblik",
    ],
)
def test_places_and_references_go_on(target: str) -> None:
    path, _, query = target.partition("?")
    assert target_handed_on(path, query) == local(target) == target


def test_it_names_no_other_host() -> None:
    assert path_handed_on("//elsewhere.example") == "/elsewhere.example"
    assert local("/%2F%2Felsewhere.example") == "/elsewhere.example"
