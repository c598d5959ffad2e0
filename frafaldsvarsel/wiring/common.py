"""The composition root: settings in, the parts of each process out. The only place where everything meets.

Here: what several processes share. Each process has its file beside this one, so that none loads what only another
needs.
"""

from datetime import datetime, timedelta
from typing import Protocol

from config.errors import ConfigError, Fault
from config.reference.approved import approval_faults
from config.reference.checks.all import sound_reference
from config.reference.csv_reader import DATA
from config.reference.tables import Reference
from config.register_faults import entry_faults
from config.sections.keys import IntakeKeys
from config.sections.processes import ContractSection, IntakeSection
from config.sections.servers import ReferenceSection, ReplicationSection, SendersSection
from config.sections.stream_keys import StreamKeySection
from config.senders import SenderRegister
from infra.stream_mac import StreamMac
from infra.topic_admin import Replication
from streams.intake import Context


class HoldsIntakeKeys(Protocol):
    """A section with what intake does with its keys, and perhaps with more."""

    @property
    def intake(self) -> IntakeKeys:
        """What opens a record, and makes of it what may be kept."""


class ReadsInput(Protocol):
    """The settings of whoever judges a record as intake does."""

    @property
    def keys(self) -> HoldsIntakeKeys:
        """What opens a record."""

    @property
    def senders(self) -> SendersSection:
        """Who may send."""

    @property
    def intake(self) -> IntakeSection:
        """What is let pass."""

    @property
    def contract(self) -> ContractSection:
        """Which versions are taken."""


def read_reference(section: ReferenceSection) -> Reference:
    """The reference data; raises `ConfigError`. A process reads it once, and hands it on."""
    if faults := unsigned(section):
        raise ConfigError(faults)
    return sound_reference(section.directory or DATA)


def unsigned(section: ReferenceSection) -> list[Fault]:
    """What two people have not signed for and must; empty where nobody has to."""
    return [] if section.approvers is None else approval_faults(section.directory or DATA, section.approvers)


def intake_context(settings: ReadsInput) -> Context:
    """What intake judges by."""
    return Context(
        register=SenderRegister(settings.senders.directory),
        vault=settings.keys.intake.vault,
        opening_keys=settings.keys.intake.opening,
        clock_tolerance=timedelta(seconds=settings.intake.clock_tolerance_seconds),
        published_keys_taken=settings.intake.published_keys_taken,
        version_1_until=settings.contract.version_1_until,
    )


def stream_mac(section: StreamKeySection) -> StreamMac:
    """By what the service's own records are known."""
    tags = None if section.ring is None else section.ring.tags()
    return StreamMac(tags, section.required_from)


def replication(section: ReplicationSection) -> Replication:
    """How many copies of every record."""
    return Replication(factor=section.factor, min_insync=section.min_insync)


def register_faults(
    section: SendersSection, *, now: datetime, published_keys_taken: bool
) -> tuple[Fault, ...]:
    """What is wrong in the senders' register; raises `ConfigError` where it cannot be read at all."""
    register = SenderRegister(section.directory, report=lambda _: None)
    register.find("")
    if register.is_empty:
        return (Fault("the register has no sender: every message would be refused.", section.directory.name),)
    return (
        *register.faults,
        *entry_faults(register.senders, now=now, published_keys_taken=published_keys_taken),
    )
