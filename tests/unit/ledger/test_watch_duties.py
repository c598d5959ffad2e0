"""The duty's figures as metrics: added up by municipality, absent where there is nothing, and of bounded number."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from prometheus_client import CollectorRegistry

from infra.metrics import Snapshot
from ledger.metrics import DUTY_METRICS
from ledger.queries.duty_figures import DutyFigures, DutyState, UnitDuties
from ledger.watch_duties import readings

AT: Final = datetime(2026, 10, 7, 12, tzinfo=UTC)
MUNICIPALITIES: Final = {"jc-a": "0101", "youth-a": "0101", "jc-b": "0751"}


def one(unit: str, state: DutyState, tasks: int, react_by: date) -> UnitDuties:
    return UnitDuties(unit_id=unit, state=state, tasks=tasks, next_react_by=react_by)


def shown(figures: DutyFigures) -> CollectorRegistry:
    registry, snapshot = CollectorRegistry(), Snapshot(DUTY_METRICS)
    registry.register(snapshot)
    snapshot.show(readings(figures, lambda unit: MUNICIPALITIES.get(unit, "")))
    return registry


def test_units_of_one_municipality_are_one() -> None:
    found = shown(
        DutyFigures(
            duties=[
                one("jc-a", DutyState.WAITING, 3, date(2026, 10, 9)),
                one("youth-a", DutyState.WAITING, 2, date(2026, 10, 8)),
                one("jc-a", DutyState.OVERDUE, 1, date(2026, 10, 5)),
                one("jc-b", DutyState.REACHED, 4, date(2026, 9, 1)),
                one("gone", DutyState.WAITING, 1, date(2026, 10, 7)),
            ],
            undecided=6,
            contact_days=[0, 1, 1, 2, 9],
            outbox_since=AT - timedelta(seconds=5),
            at=AT,
        )
    )
    tasks = "frafaldsvarsel_duty_tasks"
    assert found.get_sample_value(tasks, {"municipality": "0101", "state": "waiting"}) == 5
    assert found.get_sample_value(tasks, {"municipality": "0101", "state": "overdue"}) == 1
    assert found.get_sample_value(tasks, {"municipality": "", "state": "waiting"}) == 1
    headroom = "frafaldsvarsel_duty_react_by_headroom_days"
    assert found.get_sample_value(headroom, {"municipality": "0101"}) == -2
    assert found.get_sample_value(headroom, {"municipality": ""}) == 0
    assert found.get_sample_value(headroom, {"municipality": "0751"}) is None, "everybody there was reached"
    days = "frafaldsvarsel_duty_first_contact_working_days"
    assert found.get_sample_value(days, {"quantile": "0.5"}) == 1
    assert found.get_sample_value(days, {"quantile": "0.9"}) == 9
    assert found.get_sample_value("frafaldsvarsel_duty_undecided_past_review") == 6
    assert found.get_sample_value("frafaldsvarsel_duty_first_contacts") == 5
    assert found.get_sample_value("frafaldsvarsel_ledger_outbox_oldest_seconds") == 5


def test_nothing_is_absent_and_not_zero_days() -> None:
    found = shown(DutyFigures(duties=[], undecided=0, contact_days=[], outbox_since=None, at=AT))
    names = {sample.name for family in found.collect() for sample in family.samples}
    assert names == {
        "frafaldsvarsel_duty_undecided_past_review",
        "frafaldsvarsel_duty_first_contacts",
        "frafaldsvarsel_ledger_outbox_oldest_seconds",
        "frafaldsvarsel_duty_timestamp_seconds",
    }


@pytest.mark.parametrize("units", [5, 400])
def test_the_number_of_series_is_bounded_by_the_municipalities(units: int) -> None:
    """98 municipalities, four series each, and seven more: whatever the number of units and tasks."""
    duties = [
        one(f"unit-{number}", state, 1, date(2026, 10, 7)) for number in range(units) for state in DutyState
    ]
    figures = DutyFigures(duties=duties, undecided=0, contact_days=[1], outbox_since=None, at=AT)
    found = list(readings(figures, lambda unit: str(int(unit.removeprefix("unit-")) % 98)))
    assert len(found) <= 98 * 4 + 7
