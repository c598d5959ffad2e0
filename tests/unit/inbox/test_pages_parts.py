"""Dates in words, plots, and the way back after a log-in."""

import doctest
from datetime import date, timedelta

import pytest

from inbox import charts, date_text
from inbox.charts import Series, bars
from inbox.evidence_text import sentences
from inbox.pages.log_in import local
from inbox.translations import Language, words
from models.eligibility.decision import Evidence
from models.events.contract import BenefitType, EducationType, TargetGroup

DANISH = words(Language.DANISH)
FRIDAY = date(2026, 10, 9)


@pytest.mark.parametrize("module", [date_text, charts], ids=["dates", "plots"])
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # a module


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "i dag"),
        (1, "i morgen"),
        (3, "om 1 arbejdsdag"),
        (4, "om 2 arbejdsdage"),
        (-1, "1 arbejdsdag over målet"),
        (-7, "5 arbejdsdage over målet"),
    ],
)
def test_the_distance_to_the_target_is_told_in_working_days(days: int, said: str) -> None:
    assert date_text.distance(FRIDAY + timedelta(days=days), FRIDAY, frozenset(), DANISH) == said


def test_a_day_off_is_no_working_day() -> None:
    monday = frozenset({FRIDAY + timedelta(days=3)})
    assert date_text.distance(FRIDAY + timedelta(days=5), FRIDAY, monday, DANISH) == "om 2 arbejdsdage"


def told_in_english(evidence: Evidence) -> tuple[str, ...]:
    return sentences(
        evidence,
        "2025-07-01",
        words(Language.ENGLISH),
        institution=lambda number: f"School {number}",
        municipality=lambda code: f"Municipality {code}",
    )


@pytest.mark.parametrize(
    ("day", "counted_in", "said"),
    [
        (date(2027, 2, 9), True, False),
        (date(2027, 2, 10), True, True),
        (date(2027, 2, 10), None, False),  # a decision of before, which ended the window with that day
    ],
)
def test_the_evidence_of_a_message_on_the_last_day_says_that_it_was_counted_in(
    day: date, counted_in: bool | None, said: bool
) -> None:
    evidence = Evidence(message_date=day, window_end=date(2027, 2, 11), window_includes_last_day=counted_in)
    told = told_in_english(evidence)
    assert told[0].endswith(": within six months, up to and including 10 February 2027.")
    assert any("the last day" in sentence for sentence in told) is said


@pytest.mark.parametrize("received", [None, date(2027, 2, 12)])
def test_the_evidence_of_a_message_between_registration_and_receipt_tells_both_days(
    received: date | None,
) -> None:
    evidence = Evidence(message_date=date(2027, 2, 9), window_end=date(2027, 2, 11), received_on=received)
    said = [sentence for sentence in told_in_english(evidence) if "12 February 2027" in sentence]
    assert len(said) == (received is not None)
    assert all("registered the message" in sentence for sentence in said)


def test_the_evidence_is_told_with_its_dates_and_the_rule_version() -> None:
    evidence = Evidence(
        message_date=date(2026, 10, 2),
        institution_number="900101",
        education_type=EducationType.HHX,
        admission_date=date(2026, 6, 1),
        study_start=date(2026, 8, 10),
        window_end=date(2027, 2, 10),
        benefit_type=BenefitType.UDDANNELSESHJAELP,
        target_group=TargetGroup.UDDANNELSESPARAT,
        benefit_from=date(2025, 1, 1),
        benefit_to=date(2026, 7, 31),
        municipality_code="0101",
    )
    assert told_in_english(evidence) == (
        "Study start 10 August 2026 at School 900101 (commercial upper secondary, HHX).",
        "Admitted 1 June 2026.",
        "Uddannelseshjælp as ready for education from 1 January 2025 until 31 July 2026.",
        "Message of 2 October 2026: within six months, up to and including 9 February 2027.",
        "Resident in Municipality 0101 that day.",
        "Rule version: 2025-07-01",
    )


def test_a_plot_holds_every_number_and_lets_no_markup_in() -> None:
    svg = bars(
        ["1", "2"],
        ["Week 1", "Week <2>"],
        [Series("New", [3, 0], "a"), Series("Ended & gone", [1, 2], "b")],
        name="flow",
        described_by="Bars",
        number=str,
        no_data="nothing to count",
    )
    assert svg.count("<rect") == 4
    assert "Week 1: 3 New" in svg
    assert "Week &lt;2&gt;: 2 Ended &amp; gone" in svg
    assert "style=" not in svg


def test_zero_is_a_bar_and_nothing_to_count_is_none() -> None:
    svg = bars(
        ["1", "2"],
        ["Week 1", "Week 2"],
        [Series("Median", [0.0, None], "a")],
        name="speed",
        described_by="Bars",
        number=str,
        no_data="nothing to count",
    )
    assert svg.count("<rect") == 1
    assert 'height="2.0"' in svg
    assert "Week 1: 0.0 Median" in svg
    assert "Week 2: nothing to count, Median" in svg


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "/\\/elsewhere.example",
        "javascript:alert(1)",
        "/opgaver\r\nSet-Cookie: a=b",
        "",
        "/log-ind?til=/log-ind",
        "/log-ud",
    ],
)
def test_after_the_log_in_nobody_is_sent_elsewhere(target: str) -> None:
    assert local(target) == "/"


@pytest.mark.parametrize("target", ["/opgaver", "/opgaver/FV-0123-4567-89AB", "/opgaver?vis=mine&q=FV-01"])
def test_after_the_log_in_one_is_where_one_wanted_to_go(target: str) -> None:
    assert local(target) == target
