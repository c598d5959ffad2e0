"""Of commands that read the database and the reference data, and nothing else."""

from dataclasses import dataclass

from config.sections.servers import DatabaseAddress, ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleEnvironment:
    """`insight sample`: it meets no CPR and needs no key."""

    database: DatabaseAddress
    reference: ReferenceSection


class ReportEnvironment(SampleEnvironment):
    """`report`: likewise."""
