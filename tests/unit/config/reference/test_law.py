"""The law that is shipped: who answers for whom, from when, by which version of the rules."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.law import law_of
from config.reference.rule_sets import read_rule_sets
from models.calendar import copenhagen_date
from models.eligibility.law import Law
from models.eligibility.succession import Takeover
from models.events import probe_identity
from models.events.contract import BenefitType, EducationType, TargetGroup
from tests.reference import AS_SHIPPED, SHIPPED

IN_FORCE = date(2022, 1, 1)
FOLDED = date(2025, 7, 1)
NO_JOBCENTRE_NEEDED = date(2026, 2, 1)
BEFORE = timedelta(days=1)
TODAY = copenhagen_date(datetime.now(UTC))
COVERED = {"eud", "eux", "stx", "hhx", "htx", "hf", "kvu", "mvu", "lvu"}


@pytest.fixture(scope="module")
def law() -> Law:
    return law_of(SHIPPED)


@pytest.fixture(scope="module")
def municipalities() -> list[str]:
    with (DATA / "municipalities.csv").open(encoding="utf-8", newline="") as file:
        return [row["code"] for row in csv.DictReader(file) if row["code"] != probe_identity.MUNICIPALITY]


def test_there_are_98_municipalities(municipalities: list[str]) -> None:
    assert len(set(municipalities)) == len(municipalities) == 98


@pytest.mark.parametrize("day", [IN_FORCE, FOLDED, NO_JOBCENTRE_NEEDED, TODAY, date(2100, 12, 31)])
def test_every_municipality_has_a_unit(law: Law, municipalities: list[str], day: date) -> None:
    own = {code: f"jc-{code}" for code in municipalities}
    # Dragør belongs to Tårnby, Fanø to Esbjerg.
    expected = own | {"0155": "jc-0185", "0563": "jc-0561"}
    assert {code: law.unit_on(code, day) for code in municipalities} == expected


def test_no_municipality_has_a_unit_before_the_duty(law: Law, municipalities: list[str]) -> None:
    assert {law.unit_on(code, IN_FORCE - BEFORE) for code in municipalities} == {None}


@pytest.mark.parametrize("code", ["0411", "0900", "0999", "9000", "9999", "0000", "101", ""])
def test_what_is_no_municipality_has_no_unit(law: Law, code: str) -> None:
    assert law.unit_on(code, TODAY) is None


def test_the_routes_name_no_other_place(law: Law, municipalities: list[str]) -> None:
    assert sorted(law.routes) == sorted([*municipalities, probe_identity.MUNICIPALITY])


@pytest.mark.parametrize("day", [IN_FORCE, TODAY, date(2100, 12, 31)])
def test_the_canary_has_a_unit_that_no_other_place_has(
    law: Law, municipalities: list[str], day: date
) -> None:
    assert law.unit_on(probe_identity.MUNICIPALITY, day) == probe_identity.UNIT
    assert probe_identity.UNIT not in {law.unit_on(code, day) for code in municipalities}


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (IN_FORCE, "lab-2022-01-01"),
        (FOLDED - BEFORE, "lab-2022-01-01"),
        (FOLDED, "lab-2025-07-01"),
        (NO_JOBCENTRE_NEEDED - BEFORE, "lab-2025-07-01"),
        (NO_JOBCENTRE_NEEDED, "lab-2026-02-01"),
        (date(2027, 1, 1), "lab-2026-02-01"),
    ],
)
def test_a_version_is_in_force_from_its_date_until_the_next(law: Law, day: date, version: str) -> None:
    rules = law.rules_on(day)
    assert rules is not None
    assert rules.version == version


def test_the_last_version_is_known_until_the_new_main_act_is_expected() -> None:
    # Tests use a copy that is known for ever; this one is what operators get.
    shipped = law_of(AS_SHIPPED)
    assert [rules.known_until for rules in shipped.rule_sets] == [date(2026, 12, 31), None, None]
    assert {rules.confirmed_until for rules in shipped.rule_sets} == {None}


def test_no_rules_hold_before_the_first_version(law: Law) -> None:
    assert law.rules_on(IN_FORCE - BEFORE) is None


def test_the_numbers_are_those_of_the_law(law: Law) -> None:
    for rules in law.rule_sets:
        assert (rules.window_months, rules.mentor_months) == (6, 6)
        assert rules.window_includes_last_day
        assert (rules.look_back_days, rules.review_days) == (62, 14)


def groups(law: Law, day: date, benefit: BenefitType) -> set[TargetGroup]:
    rules = law.rules_on(day)
    assert rules is not None
    return {group for known, group in rules.target_groups if known is benefit}


YOUNG = {
    TargetGroup.UDDANNELSESPARAT,
    TargetGroup.AABENLYST_UDDANNELSESPARAT,
    TargetGroup.AKTIVITETSPARAT_UNDER_30,
}


def test_uddannelseshjaelp_counts_under_every_version(law: Law) -> None:
    # A period that ended on 30 June 2025 is within the look-back of an August start, whose window
    # reaches into February 2026.
    for day in (IN_FORCE, FOLDED, NO_JOBCENTRE_NEEDED):
        assert groups(law, day, BenefitType.UDDANNELSESHJAELP) == YOUNG
        assert groups(law, day, BenefitType.OVERGANGSYDELSE) == YOUNG


def test_kontanthjaelp_counts_only_since_uddannelseshjaelp_was_folded_into_it(law: Law) -> None:
    assert groups(law, FOLDED - BEFORE, BenefitType.KONTANTHJAELP) == set()
    assert groups(law, FOLDED, BenefitType.KONTANTHJAELP) == YOUNG
    assert groups(law, NO_JOBCENTRE_NEEDED, BenefitType.KONTANTHJAELP) == YOUNG


def test_no_version_counts_another_benefit_or_those_from_30(law: Law) -> None:
    for rules in law.rule_sets:
        assert {benefit for benefit, _ in rules.target_groups} <= {
            BenefitType.UDDANNELSESHJAELP,
            BenefitType.OVERGANGSYDELSE,
            BenefitType.KONTANTHJAELP,
        }
        assert {group for _, group in rules.target_groups} == YOUNG


def test_dagpenge_under_25_with_an_order_is_open_under_every_version(law: Law) -> None:
    pair = (BenefitType.DAGPENGE, TargetGroup.UDDANNELSESPAALAEG_UNDER_25)
    assert {rules.open_groups for rules in law.rule_sets} == {frozenset({pair})}


def test_every_type_of_education_is_covered_or_not_or_open(law: Law) -> None:
    assert set(law.covered) == set(EducationType)
    assert {code for code, covered in law.covered.items() if covered} == COVERED
    assert law.open_education == {"hf_enkeltfag"}


def test_each_type_of_education_is_as_certain_as_what_was_read() -> None:
    found = {row.code.value: (row.covered.value, row.certainty.value) for row in SHIPPED.education_types.rows}
    assert found == {
        **dict.fromkeys(("eud", "eux", "stx", "hhx", "htx", "hf"), ("true", "certain")),
        **dict.fromkeys(("kvu", "mvu", "lvu"), ("true", "good")),
        "hf_enkeltfag": ("undecided", "inferred"),
        "fgu": ("false", "good"),
        "avu": ("false", "fair"),
        "stu": ("false", "fair"),
        "fvu": ("false", "weak"),
    }


def test_a_closed_institution_is_the_same_as_its_successor(law: Law) -> None:
    [(closed, successor)] = law.successors.items()
    assert law.same_institution(closed, successor)
    assert not law.same_institution(closed, "900101")


def test_every_version_says_what_it_rests_on(law: Law) -> None:
    for rules in law.rule_sets:
        assert "[S] " in rules.source
        assert "[I] " in rules.source


def test_what_is_inferred_is_not_called_certain() -> None:
    for row in read_rule_sets(DATA).rows:
        assert row.certainty.look_back_days == "weak"
        assert row.certainty.window_includes_last_day == "inferred"
        assert any(source.startswith("[I] window_includes_last_day") for source in row.sources)
        assert row.certainty.review_days == "made-up"


def test_a_broken_directory_gives_no_law(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        law_of(sound_reference(tmp_path))


def test_a_merger_has_its_day(law: Law) -> None:
    """The first day on which the old number is refused."""
    assert law.succession.links["900252"] == (Takeover("900081", date(2024, 8, 1)),)
