"""The units that are shipped, and their own targets."""

import shutil
from datetime import date, timedelta
from pathlib import Path

from config.reference.checks.all import sound_reference
from config.reference.law import law_of
from config.reference.units import DEFAULT_WORKING_DAYS, gathering_of, not_reached_of, react_by_of, units_of
from models.events import probe_identity
from models.ids import UnitId
from tests.paths import DATA as TEST_DATA
from tests.reference import SHIPPED

GOOD = TEST_DATA / "reference" / "good"


def test_there_is_a_unit_for_each_distinct_jobcentre() -> None:
    units = {name: unit for name, unit in units_of(SHIPPED).items() if name != probe_identity.UNIT}
    assert len(units) == 96
    assert len({unit.name for unit in units.values()}) == 96
    assert len({unit.email for unit in units.values()}) == 96


def test_a_unit_is_known_by_its_municipality() -> None:
    unit = units_of(SHIPPED)[UnitId("jc-0561")]
    assert unit.name == "Jobcenter Esbjerg"
    assert unit.municipality_code == "0561"
    assert unit.email == "opgaver@jc-0561.example"


def test_every_address_that_is_shipped_reaches_nobody() -> None:
    assert all(unit.email.endswith(".example") for unit in units_of(SHIPPED).values())


def test_every_unit_that_a_route_names_can_be_notified() -> None:
    named = {route.unit_id for routes in law_of(SHIPPED).routes.values() for route in routes}
    assert named == set(units_of(SHIPPED))


def test_a_unit_without_its_own_target_has_five_working_days() -> None:
    assert DEFAULT_WORKING_DAYS == 5
    assert react_by_of(SHIPPED).on("jc-0561", date(2026, 2, 1)) == 5
    assert react_by_of(SHIPPED).on("jc-9999", date(2026, 2, 1)) == 5


def test_a_units_own_target_holds_from_its_date() -> None:
    react_by = react_by_of(sound_reference(GOOD))
    dates = [date(2022, 12, 31), date(2023, 1, 1), date(2023, 12, 31), date(2024, 1, 1)]
    assert [react_by.on("jc-0185", day) for day in dates] == [5, 3, 3, 4]


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    shutil.copytree(GOOD, directory)
    header, *rows = (directory / "react_by.csv").read_text("utf-8").splitlines()
    (directory / "react_by.csv").write_text("\n".join([header, *reversed(rows)]), "utf-8")
    assert react_by_of(sound_reference(directory)) == react_by_of(sound_reference(GOOD))


def test_further_messages_are_gathered_for_an_hour_unless_a_unit_has_set_another_time() -> None:
    """From its date on."""
    assert gathering_of(SHIPPED).on("jc-0561", date(2026, 2, 1)) == timedelta(hours=1)
    own = gathering_of(sound_reference(GOOD))
    dates = [date(2022, 12, 31), date(2023, 1, 1), date(2024, 1, 1)]
    assert [own.on("jc-0185", day) for day in dates] == [timedelta(minutes=many) for many in (60, 15, 240)]


def test_a_unit_seeks_contact_three_times_unless_it_has_set_another_number() -> None:
    """From its date on; no law names a number."""
    assert not_reached_of(SHIPPED).on("jc-0561", date(2026, 2, 1)) == 3
    own = not_reached_of(sound_reference(GOOD))
    dates = [date(2022, 12, 31), date(2023, 1, 1), date(2023, 12, 31), date(2024, 1, 1)]
    assert [own.on("jc-0185", day) for day in dates] == [3, 2, 2, 5]
