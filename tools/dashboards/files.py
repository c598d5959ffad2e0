"""Every dashboard, and the files that are made of them."""

from pathlib import Path
from typing import Final

from tools.dashboards import grafana
from tools.dashboards.auditor import AUDITOR
from tools.dashboards.deliveries import DELIVERIES
from tools.dashboards.duty import DUTY
from tools.dashboards.intake_and_matching import INTAKE_AND_MATCHING
from tools.dashboards.overview import OVERVIEW

FOLDER: Final = Path("ops/dashboards")
DASHBOARDS: Final = (OVERVIEW, INTAKE_AND_MATCHING, DELIVERIES, DUTY, AUDITOR)


def files() -> dict[Path, str]:
    """Each by its path in the repository."""
    return {FOLDER / f"{one.name}.json": grafana.text(one) for one in DASHBOARDS}
