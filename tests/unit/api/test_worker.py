"""A worker's name and id stand in histories for years: they can be read, and are nobody's CPR."""

import pytest
from pydantic import ValidationError

from api.schemas import Worker
from tests.factories import MADE_UP_CPR

DATE, REST = MADE_UP_CPR[:6], MADE_UP_CPR[6:]
SPELLINGS = [
    MADE_UP_CPR,
    f"{DATE}-{REST}",
    f"{DATE} {REST}",
    f"{DATE}.{REST}",
    f"{DATE}/{REST}",
    f"{DATE}_{REST}",
    f"{DATE}\u2013{REST}",
    f"{DATE}\u2011{REST}",
    f"{DATE}\u2212{REST}",
    f"{DATE}\u00a0{REST}",
    f"{DATE} - {REST}",
    f"{DATE}--{REST}",
    f"{DATE[:2]}.{DATE[2:4]}.{DATE[4:]}-{REST}",
    f"{DATE[:2]} {DATE[2:4]} {DATE[4:]} {REST[:2]} {REST[2:]}",
    f"CPR: {DATE}-{REST}",
    f"cpr{MADE_UP_CPR}",
    f"Anna ({DATE}-{REST})",
    "".join(chr(0xFF10 + int(digit)) for digit in MADE_UP_CPR),
    "".join(chr(0x0660 + int(digit)) for digit in MADE_UP_CPR),
]


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_name_is_no_cpr_in_any_spelling(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Worker(id="anna", name=name)
    assert "could be somebody's CPR" in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        " ",
        "\u00a0",
        "\u3000",
        "-",
        "\u200b",
        "Anna\u202egreB",
        "Anna\u2028Berg",
        "Anna\u2066",
        "Anna\x85",
        "\ufeffAnna",
    ],
)
def test_a_name_can_be_read(name: str) -> None:
    with pytest.raises(ValidationError):
        Worker(id="anna", name=name)


@pytest.mark.parametrize(
    "identity", [f"{DATE}-{REST}", f"{DATE}.{REST}", f"{DATE}_{REST}", f"a{MADE_UP_CPR}", "...", "--"]
)
def test_an_id_is_no_cpr_and_not_blank(identity: str) -> None:
    with pytest.raises(ValidationError):
        Worker(id=identity, name="Anna Berg")


@pytest.mark.parametrize(
    "name", ["Anna Berg", "Åse Ø. Ærø-Jensen", "O’Neill", "Anna Berg, lokal 4512", "محمد", "Team 3"]
)
def test_a_persons_name_is_taken(name: str) -> None:
    assert Worker(id="abc123", name=name).name == name
