"""Intake, its redrive and its replay judge by the same settings."""

from datetime import date
from pathlib import Path

import pytest

from config.command_environments import ReplayEnvironment
from config.environments import HealingAuditEnvironment, WorkerEnvironment
from config.settings import PREFIX, load
from frafaldsvarsel.wiring.common import ReadsInput, intake_context
from tests.unit.frafaldsvarsel.wiring.environments import told


@pytest.mark.parametrize(("until", "day"), [(None, None), ("2026-12-31", date(2026, 12, 31))])
@pytest.mark.parametrize("kind", [WorkerEnvironment, HealingAuditEnvironment, ReplayEnvironment])
def test_each_that_judges_records_knows_the_last_day_of_version_1(
    kind: type[ReadsInput], until: str | None, day: date | None, tmp_path: Path
) -> None:
    changes = {} if until is None else {f"{PREFIX}VERSION_1_UNTIL": until}
    assert intake_context(load(kind, told(tmp_path, kind) | changes)).version_1_until == day
