"""What a row must satisfy on its own."""

import pytest
from pydantic import ValidationError

from config.reference.rows import DayOffRow, SenderRow, UnitRow, has_valid_cvr_check_digit
from models.events.contract import EducationType
from models.events.sender import SenderKind

ORIGIN = {"certainty": "made-up", "source": "[I] test"}
INSTITUTION = {
    "number": "900001",
    "name": "Nyby Skole",
    "cvr": "00110019",
    "municipality_code": "0461",
    "education_types": "eud eux",
    "valid_from": "2022-01-01",
    **ORIGIN,
}


def unit(email: str) -> UnitRow:
    row = {"unit_id": "jc-0461", "name": "Jobcenter", "email": email, "municipality_code": "0461", **ORIGIN}
    return UnitRow.model_validate_strings(row, strict=True)


@pytest.mark.parametrize("cvr", ["00000000", "00110019", "10000009"])
def test_a_cvr_that_satisfies_modulus_11(cvr: str) -> None:
    assert has_valid_cvr_check_digit(cvr)


@pytest.mark.parametrize("cvr", ["00110018", "01100019", "10000000", "12345678"])
def test_a_cvr_that_does_not(cvr: str) -> None:
    assert not has_valid_cvr_check_digit(cvr)


@pytest.mark.parametrize(
    "email", ["a@b.dk", "opgaver@jc-0101.example", "job.center+unge@ærø.dk", "x@xn--r-0fa6a.dk"]
)
def test_an_address_that_can_be_written_to(email: str) -> None:
    assert unit(email).email == email


@pytest.mark.parametrize(
    "email",
    [
        "a",
        "a@",
        "@b.dk",
        "a@b",
        "a@b..dk",
        "a@-b.dk",
        "a@b-.dk",
        ".a@b.dk",
        "a..b@c.dk",
        "a.@b.dk",
        "a b@c.dk",
        "a@b.dk\nBcc: c@d.dk",
        "a@b.dk,c@d.dk",
        "<a@b.dk>",
        "a@b@c.dk",
        f"{'a' * 250}@b.dk",
    ],
)
def test_an_address_that_cannot(email: str) -> None:
    with pytest.raises(ValidationError):
        unit(email)


def test_an_institutions_education_types_stand_in_one_cell() -> None:
    row = SenderRow.model_validate_strings(INSTITUTION, strict=True)
    assert row.education_types == (EducationType.EUD, EducationType.EUX)
    assert row.kind is SenderKind.INSTITUTION


@pytest.mark.parametrize("types", ["eud  eux", "eud,eux", "eud eud", "EUD"])
def test_education_types_are_spelt_one_way(types: str) -> None:
    with pytest.raises(ValidationError):
        SenderRow.model_validate_strings({**INSTITUTION, "education_types": types}, strict=True)


@pytest.mark.parametrize("number", ["90001", "9000011", "90000a", "REG-", "REG-cpr", "cpr"])
def test_a_number_that_is_no_senders(number: str) -> None:
    with pytest.raises(ValidationError):
        SenderRow.model_validate_strings({**INSTITUTION, "number": number}, strict=True)


@pytest.mark.parametrize("day", ["2022-13-01", "2022-1-1", "20220101", "2022-01-01T00:00:00", "01-01-2022"])
def test_a_date_is_spelt_one_way(day: str) -> None:
    with pytest.raises(ValidationError, match="should be a date as YYYY-MM-DD"):
        SenderRow.model_validate_strings({**INSTITUTION, "valid_from": day}, strict=True)


@pytest.mark.parametrize("day", ["02-29", "13-01", "12-32", "W0-10", "1-1", "12-24 "])
def test_a_day_off_comes_every_year(day: str) -> None:
    with pytest.raises(ValidationError):
        DayOffRow.model_validate_strings({"month_day": day, "name": "x", **ORIGIN}, strict=True)
