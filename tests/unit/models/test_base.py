"""The bases of every record: nothing changes it, nothing undeclared passes, and an error shows nothing of it."""

import pytest
from pydantic import ValidationError

from models.base import Frozen, Travelling
from tests.factories import MADE_UP_CPR


class Kept(Frozen):
    number: float


class Passed(Travelling):
    number: float


@pytest.mark.parametrize("record", [Kept, Passed])
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_record_takes_no_number_that_json_cannot_carry(record: type[Frozen], number: float) -> None:
    with pytest.raises(ValidationError):
        record.model_validate({"number": number})


@pytest.mark.parametrize("record", [Kept, Passed])
def test_an_error_about_a_record_shows_none_of_its_values(record: type[Frozen]) -> None:
    """It may stand in a log."""
    with pytest.raises(ValidationError) as caught:
        record.model_validate({"number": f"{MADE_UP_CPR}x"})
    assert MADE_UP_CPR not in str(caught.value)


@pytest.mark.parametrize("record", [Kept(number=1), Passed(number=1)])
def test_a_record_is_never_changed(record: Kept | Passed) -> None:
    with pytest.raises(ValidationError):
        record.number = 2  # type: ignore[misc]  # on purpose


def test_only_what_travels_may_hold_what_this_version_does_not_know() -> None:
    fields = {"number": 1, "added_later": True}
    assert Passed.model_validate(fields).model_dump() == fields
    with pytest.raises(ValidationError):
        Kept.model_validate(fields)
