"""What files and tables say."""

from datetime import date
from typing import Final

import pytest

from doctor.diagnosis import HealthCheck
from doctor.judgements import configuration
from models.eligibility.law_horizon import LawHorizon
from models.service_status import Level

TODAY: Final = date(2026, 3, 2)


def test_each_fault_of_a_part_is_told() -> None:
    found = list(configuration.part(HealthCheck.SENDERS, ["A.", "B."]))
    assert [(one.level, one.sentence) for one in found] == [(Level.FAULT, "A."), (Level.FAULT, "B.")]
    assert [one.level for one in configuration.part(HealthCheck.SENDERS, [])] == [Level.FINE]


def test_every_part_has_its_advice_and_its_good_word() -> None:
    for check in configuration.ADVICE:
        assert next(iter(configuration.part(check, ["A."]))).advice
        assert next(iter(configuration.part(check, []))).sentence


def test_published_keys_are_told() -> None:
    assert [one.level for one in configuration.published_keys(True)] == [Level.WARNING]
    assert list(configuration.published_keys(False)) == []


@pytest.mark.parametrize(
    ("horizon", "level"),
    [
        (None, Level.FINE),
        (LawHorizon("v", TODAY, has_passed=False), Level.WARNING),
        (LawHorizon("v", TODAY, has_passed=True), Level.FAULT),
    ],
)
def test_the_end_of_the_law(horizon: LawHorizon | None, level: Level) -> None:
    assert configuration.law(horizon, "It ends.").level is level


@pytest.mark.parametrize(
    ("years", "level"), [((), Level.FINE), ((2027,), Level.WARNING), ((2026, 2027), Level.FAULT)]
)
def test_holidays_that_are_not_known(years: tuple[int, ...], level: Level) -> None:
    assert configuration.holidays(years, TODAY).level is level


def test_an_address_that_reaches_nobody_is_no_address() -> None:
    true = [("jc-1", "jobcenter@kommune.dk"), ("jc-2", "post@notexample.com")]
    assert configuration.addresses(true).level is Level.FINE
    made_up = [*true, ("jc-3", "a@jc.example"), ("jc-4", "b@EXAMPLE.com"), ("jc-5", "c@mail.invalid")]
    found = configuration.addresses(made_up)
    assert (found.level, "3 units cannot be reached" in found.sentence) == (Level.WARNING, True)
    assert "jc-3, jc-4, jc-5" in found.sentence
