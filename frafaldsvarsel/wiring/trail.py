"""What keeps and verifies the audit trail: settings in, parts out. It belongs to the composition root."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from joserfc.jwk import OKPKey

from config.environments import TrailEnvironment
from config.errors import ConfigError, Fault
from config.kafka import KafkaSettings
from config.sections.base import PREFIX
from config.sections.servers import DatabaseAddress
from config.sections.trail import TrailKeySection, TrailPublicKeySection, TrailSection
from infra.metrics import Metrics
from infra.postgres import SyncConnection
from infra.postgres_timeouts import patient_connection
from ops.trail.keeper import Keeper, verify
from ops.trail.signed_root import RootSigner
from ops.trail.sinks import FileSink, Sink, TopicSink
from ops.trail.verify import TrailFinding, TrailReader


def keeper(
    settings: TrailEnvironment, shown: Metrics, clock: Callable[[], datetime]
) -> Callable[[SyncConnection], Keeper]:
    """Makes the keeper of a connection; raises `ConfigError`."""
    known, signing = tuple(sinks(settings.kafka, settings.trail)), signer(settings.trail_key)
    keys = {**(settings.trail_public.keys or {}), str(signing.key.kid): signing.key}

    def read_whole(before: datetime) -> Sequence[TrailFinding]:
        with trail_connection(settings.database) as connection:
            return verify(connection, before, TrailReader())

    def of(connection: SyncConnection) -> Keeper:
        return Keeper(
            connection=connection,
            signer=signing,
            keys=keys,
            sinks=known,
            read_whole=read_whole,
            shown=shown,
            clock=clock,
            sign_every=timedelta(seconds=settings.trail.sign_seconds),
            verify_every=timedelta(hours=settings.trail.verify_hours),
        )

    return of


def trail_connection(database: DatabaseAddress) -> SyncConnection:
    """A connection of the keeper's, in autocommit."""
    return patient_connection(database.url.get_secret_value(), "trail", autocommit=True)


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
