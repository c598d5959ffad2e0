"""The composition root's part for the stream worker."""

from dataclasses import dataclass
from datetime import timedelta

from config.environments import WorkerEnvironment
from config.reference.law import law_of
from frafaldsvarsel.wiring.common import intake_context, read_reference, stream_mac
from models.eligibility.law import Law
from streams.intake import Context
from streams.settings import WorkerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerParts:
    """What the stream worker is handed."""

    settings: WorkerSettings
    context: Context
    law: Law


def worker_parts(settings: WorkerEnvironment) -> WorkerParts:
    """Everything that it needs; raises `ConfigError`."""
    return WorkerParts(
        settings=WorkerSettings(
            kafka=settings.kafka,
            instance=settings.instance.name,
            session_timeout=timedelta(seconds=settings.consumer.session_timeout_seconds),
            data_dir=str(settings.worker.data_dir),
            mac=stream_mac(settings.stream),
            packs_people=settings.worker.packs_people,
        ),
        context=intake_context(settings),
        law=law_of(read_reference(settings.reference)),
    )
