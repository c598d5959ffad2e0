"""What keeps and verifies the audit trail: settings in, parts out. It belongs to the composition root."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from joserfc.jwk import OKPKey

from config.environments import TrailEnvironment
from config.errors import ConfigError, Fault
from config.kafka import KafkaSettings
from config.sections.base import PREFIX
from config.sections.trail import TrailKeySection, TrailPublicKeySection, TrailSection
from infra.metrics import Metrics
from infra.postgres import SyncConnection
from ops.trail.keeper import Keeper
from ops.trail.signed_root import RootSigner
from ops.trail.sinks import FileSink, Sink, TopicSink


def keeper(
    settings: TrailEnvironment, shown: Metrics, clock: Callable[[], datetime]
) -> Callable[[SyncConnection], Keeper]:
    """Makes the keeper of a connection; raises `ConfigError`."""
    known, signing = tuple(sinks(settings.kafka, settings.trail)), signer(settings.trail_key)

    def of(connection: SyncConnection) -> Keeper:
        return Keeper(
            connection=connection,
            signer=signing,
            sinks=known,
            shown=shown,
            clock=clock,
            sign_every=timedelta(seconds=settings.trail.sign_seconds),
            verify_every=timedelta(hours=settings.trail.verify_hours),
        )

    return of


def sinks(kafka: KafkaSettings, section: TrailSection) -> Iterator[Sink]:
    """The places outside the database."""
    yield TopicSink(kafka)
    if section.file is not None:
        yield FileSink(section.file)


def signer(section: TrailKeySection) -> RootSigner:
    """What signs; raises `ConfigError`."""
    if section.key is None:
        raise ConfigError([Fault(f"{PREFIX}TRAIL_KEY is missing: nobody could sign the audit trail's root.")])
    return RootSigner(section.key)


def public_keys(section: TrailPublicKeySection) -> Mapping[str, OKPKey]:
    """Whose signatures count; raises `ConfigError`."""
    if section.keys is None:
        raise ConfigError(
            [Fault(f"{PREFIX}TRAIL_PUBLIC_KEYS is missing: no signature of the trail could be judged.")]
        )
    return section.keys
