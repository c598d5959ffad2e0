"""The made-up institutions cover what stories need, and can be taken for no real ones."""

from datetime import date, timedelta

from config.reference.institutions import institutions_of
from models.events.contract import EducationType
from models.ids import SenderNumber
from tests.reference import SHIPPED


def test_there_are_enough_and_they_teach_everything() -> None:
    institutions = institutions_of(SHIPPED)
    assert len(institutions) >= 45
    taught = {kind for institution in institutions.values() for kind in institution.education_types}
    assert taught == set(EducationType)


def test_every_one_is_marked_as_made_up() -> None:
    for number, institution in institutions_of(SHIPPED).items():
        assert institution.number == number
        assert institution.name.endswith("(opdigtet)")
        assert number.startswith("9")


def test_one_is_closed_and_has_a_successor_that_is_open() -> None:
    institutions = institutions_of(SHIPPED)
    [closed] = [one for one in institutions.values() if one.valid_to is not None]
    assert closed.valid_to is not None
    assert closed.successor is not None
    assert closed.open_on(closed.valid_to - timedelta(days=1))
    assert not closed.open_on(closed.valid_to)
    assert institutions[closed.successor].open_on(closed.valid_to)


def test_no_institution_is_open_before_its_first_day() -> None:
    institution = institutions_of(SHIPPED)[SenderNumber("900101")]
    assert institution.open_on(date(2022, 1, 1))
    assert not institution.open_on(date(2021, 12, 31))
