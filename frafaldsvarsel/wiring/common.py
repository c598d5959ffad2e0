"""The composition root: settings in, the parts of each process out. The only place where everything meets.

Here: the stream worker, and what all share. The other files of this folder stand beside it,
so that no process loads what only another needs.
"""

from datetime import timedelta
from pathlib import Path

from config.errors import Fault
from config.reference.csv_reader import DATA
from config.reference.law import load_law
from config.senders import SenderRegister
from config.settings import Settings
from infra.topic_admin import Replication
from models.eligibility.law import Law
from streams.intake import Context
from streams.settings import WorkerSettings


def reference_dir(settings: Settings) -> Path:
    """Where the reference data lies."""
    return settings.reference_dir or DATA


def law(settings: Settings) -> Law:
    """The dated rules and tables."""
    return load_law(reference_dir(settings))


def intake_context(settings: Settings) -> Context:
    """What intake judges by."""
    keyring = settings.open_keyring()
    return Context(
        register=SenderRegister(settings.senders_dir),
        vault=keyring.make_vault(),
        opening_keys=keyring.opening_keys(),
        clock_tolerance=timedelta(seconds=settings.clock_tolerance_seconds),
    )


def worker(settings: Settings) -> WorkerSettings:
    """What the stream worker needs."""
    return WorkerSettings(
        kafka=settings.kafka,
        instance=settings.instance,
        session_timeout=timedelta(seconds=settings.session_timeout_seconds),
        data_dir=str(settings.worker_data_dir),
    )


def replication(settings: Settings) -> Replication:
    """How many copies of every record."""
    return Replication(factor=settings.replication_factor, min_insync=settings.min_insync_replicas)


def register_faults(settings: Settings) -> tuple[Fault, ...]:
    """What is wrong in the senders' register; raises `ConfigError` where it cannot be read at all."""
    register = SenderRegister(settings.senders_dir, report=lambda _: None)
    register.find("")
    if register.is_empty:
        return (
            Fault("the register has no sender: every message would be refused.", settings.senders_dir.name),
        )
    return register.faults
