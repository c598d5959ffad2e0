"""What a process is called, where it keeps its things, and how its starter learns that it works."""

from datetime import date
from enum import StrEnum
from pathlib import Path

from pydantic import Field

from config.sections.base import Port, Section


class InstanceSection(Section):
    """Which process of its kind it is."""

    name: str | None = Field(
        default=None,
        validation_alias="INSTANCE",
        description="Name of this process among its like, its own and steady over restarts; "
        "with it a restart disturbs nobody, without it any number may run",
    )


class ReadySection(Section):
    """How whoever started the process learns that it works."""

    file: Path | None = Field(
        default=None,
        validation_alias="READY_FILE",
        description="Written when the process is ready for its work",
    )


class LogForm(StrEnum):
    """What a log line looks like."""

    LINE = "line"
    JSON = "json"


class LogSection(Section):
    """Its log, on standard error."""

    form: LogForm = Field(
        default=LogForm.LINE,
        validation_alias="LOG_FORM",
        description="line, for people; json, one object a line, for whoever collects logs",
    )


class MetricsSection(Section):
    """Where it is watched."""

    port: Port | None = Field(
        default=None,
        validation_alias="METRICS_PORT",
        description="Where the process serves its metrics (HTTP), for Prometheus; of the audit, the one that watches",
    )


class FailpointsSection(Section):
    """Faults on purpose."""

    directory: Path | None = Field(
        default=None,
        validation_alias="FAILPOINTS_DIR",
        description="For tests of the service alone: strikes lie here; see infra/failpoints.py",
    )


class WorkerSection(Section):
    """The stream worker's own."""

    data_dir: Path = Field(
        default=Path("worker-data"),
        validation_alias="WORKER_DATA_DIR",
        description="Scratch folder of the stream worker",
    )
    packs_people: bool = Field(
        default=True,
        validation_alias="PACK_PEOPLE",
        description="Whether the worker writes people's records packed. `false` while a worker of a version before "
        "0.1.0 may still read them, which cannot; `rebuild people --apply` and `topics grow` always pack",
    )


class IntakeSection(Section):
    """What intake lets pass."""

    clock_tolerance_seconds: int = Field(
        default=300,
        ge=0,
        validation_alias="CLOCK_TOLERANCE_SECONDS",
        description="How far a sender's clock may be ahead of the brokers'",
    )
    published_keys_taken: bool = Field(
        default=False,
        validation_alias="PUBLISHED_KEYS_TAKEN",
        description="Whether the published test keys may sign and be sealed to: to try the contract's vectors on one "
        "machine, and nowhere else. `up` and `demo` set it",
    )


class ContractSection(Section):
    """Which versions of the contract are spoken."""

    version_1_until: date | None = Field(
        default=None,
        validation_alias="VERSION_1_UNTIL",
        description="The last day (in Denmark, by the brokers' clock) on which version 1 of the contract is taken; "
        "unset: no end. The canary sends version 2 as soon as it is set, so set it when every intake runs this release",
    )
