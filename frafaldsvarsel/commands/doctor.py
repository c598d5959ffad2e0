"""`doctor`: looks at everything that is known to go wrong, and says what is wrong, since when and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from config.every_environment import EveryEnvironment
from frafaldsvarsel.commands.context import metrics_page, settings_as_they_are
from frafaldsvarsel.commands.terminal import DataDir, JsonObjectFlag, emit
from infra import logging as logs

if TYPE_CHECKING:
    from doctor.diagnosis import Diagnosis

AuditMetrics = Annotated[
    str | None,
    typer.Option("--audit-metrics", help="Where the auditor serves its metrics: http://HOST:PORT/metrics."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorRow:
    """One thing that was looked at, as programs read it."""

    check: str
    level: str
    sentence: str
    since: datetime | None
    advice: str | None
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorAnswer:
    """`doctor --json`."""

    looked_at: datetime
    faults: int
    warnings: int
    unknown: int
    fine: int
    found: Sequence[DoctorRow]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("doctor")(doctor)


def doctor(
    data: DataDir = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what is fine.")] = False,
    audit_metrics: AuditMetrics = None,
    as_json: JsonObjectFlag = False,
) -> None:
    """Look at everything that is known to go wrong; exit code 1 where something is. Changes nothing."""
    from doctor.examine import examine
    from frafaldsvarsel.commands.show_doctor import show_found
    from frafaldsvarsel.wiring.doctor import DoctorSettings, looks
    from models.service_status import Level

    logs.configure("CRITICAL")
    told, faults = settings_as_they_are(EveryEnvironment, data)
    where = audit_metrics or metrics_page(data, "audit")
    found = examine(looks(DoctorSettings(told=told, faults=faults, audit_metrics=where)))
    looked_at = datetime.now(UTC)
    if as_json:
        emit(doctor_answer(found, looked_at))
    else:
        show_found(found, looked_at, everything=everything)
    if any(one.level is Level.FAULT for one in found):
        raise typer.Exit(1)


def doctor_answer(found: Sequence["Diagnosis"], looked_at: datetime) -> DoctorAnswer:
    """What programs read."""
    from doctor.diagnosis import page
    from models.service_status import Level

    count = {level: sum(one.level is level for one in found) for level in Level}
    return DoctorAnswer(
        looked_at=looked_at.replace(microsecond=0),
        faults=count[Level.FAULT],
        warnings=count[Level.WARNING],
        unknown=count[Level.UNKNOWN],
        fine=count[Level.FINE],
        found=[
            DoctorRow(
                check=one.check,
                level=one.level,
                sentence=one.sentence,
                since=one.since,
                advice=one.advice or None,
                page=page(one.check),
            )
            for one in found
        ],
    )
