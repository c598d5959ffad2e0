"""The composition root's part for `doctor`: which reading goes to which judgement, by what the settings name."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from config.errors import Fault
from config.kafka import KafkaSettings, Security
from config.sections.audit import AuditSection, ProbeIntervalSection, ProbeSection
from config.sections.notices import BounceSection, SmtpSection, WebhookSection
from config.sections.pages import ApiSection, OidcSection
from config.sections.processes import ReadySection, WorkerSection
from config.sections.servers import DatabaseSection, ReferenceSection, ReplicationSection, SendersSection
from config.sections.stream_keys import StreamKeySection
from config.told_sections import SectionT, ToldSections
from doctor.diagnosis import Diagnosis, HealthCheck, fault, fine, unknown
from doctor.examine import HealthLook
from doctor.judgements import backlog, certificates, clocks, cluster, machine, work
from doctor.judgements.database_rights import database_rights, operators
from doctor.readers import certificates as certificate_readers
from doctor.readers.auditor import AuditSaid, read_audit
from doctor.readers.cluster import read_cluster, read_newest, read_rights
from doctor.readers.lag import one_look
from doctor.readers.machine import read_page, read_rooms, touched_at
from doctor.readers.work import LedgerWork, ledger_work, utc_now
from doctor.side_by_side import NotSeen
from frafaldsvarsel.wiring.common import replication
from frafaldsvarsel.wiring.doctor_config import configured
from frafaldsvarsel.wiring.notices import smtp
from frafaldsvarsel.wiring.probe import probe_within
from infra import topic_admin
from models.calendar import copenhagen_date

_DISCOVERY: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorSettings:
    """What it may look at."""

    told: ToldSections
    faults: tuple[Fault, ...]
    """What is wrong with the settings themselves."""
    audit_metrics: str | None = None
    """Where the auditor serves its metrics, where that is known."""
    clock: Callable[[], datetime] = utc_now

    def section(self, kind: type[SectionT]) -> SectionT:
        """Raises `NotSeen` where its settings cannot be used."""
        found = self.told.get(kind)
        if found is None:
            raise NotSeen("Its settings are missing or not valid: see settings.")
        return found


def looks(known: DoctorSettings) -> list[HealthLook]:
    """Everything that is looked at."""
    return [HealthLook(checks, partial(look, known)) for checks, look in _LOOKS]


def _configuration(known: DoctorSettings) -> Iterable[Diagnosis]:
    return configured(known.told, known.faults, known.clock())


def _kafka(known: DoctorSettings) -> Iterator[Diagnosis]:
    kafka, copies = known.section(KafkaSettings), replication(known.section(ReplicationSection))
    try:
        state = read_cluster(kafka)
    except NotSeen as error:
        yield fault(HealthCheck.KAFKA, str(error), "See the brokers, the address and this user's password.")
        return
    yield fine(HealthCheck.KAFKA, f"Kafka answers: {state.brokers} broker(s).")
    try:
        yield from cluster.topics(
            topic_admin.check(kafka, copies, mac_required=known.section(StreamKeySection).mac_required)
        )
    except topic_admin.TopicsUnreachable as error:
        yield fault(
            HealthCheck.TOPICS, str(error), "`topics apply`, or the rights that docs/operations.md lists."
        )
    yield from cluster.copies(state, copies)


def _rights(known: DoctorSettings) -> Iterable[Diagnosis]:
    return cluster.rights(read_rights(known.section(KafkaSettings)))


def _lag(known: DoctorSettings) -> Iterator[Diagnosis]:
    sample = one_look(known.section(KafkaSettings), known.clock)
    yield from backlog.groups(sample)
    yield from backlog.lag(sample, sample.taken_at)
    yield from backlog.retention(sample, sample.taken_at)


def _postgres(known: DoctorSettings) -> Iterator[Diagnosis]:
    interval, database = known.section(ProbeIntervalSection), known.section(DatabaseSection)
    try:
        with ledger_work(database, known.clock) as ledger:
            now = known.clock()
            state = ledger.server()
            yield work.postgres(state, _last_written(ledger) if state.read_only else None)
            for check, judged in _of_ledger(ledger, now, probe_within(interval)).items():
                try:
                    yield from judged()
                except NotSeen as error:
                    yield unknown(check, str(error))
    except NotSeen as error:
        yield fault(HealthCheck.POSTGRES, str(error), "See the server, the address and this user's password.")


def _last_written(ledger: LedgerWork) -> datetime | None:
    try:
        return ledger.last_written()
    except NotSeen:
        return None


def _of_ledger(
    ledger: LedgerWork, now: datetime, within: timedelta | None
) -> dict[HealthCheck, Callable[[], Iterable[Diagnosis]]]:
    """Each fails by itself."""
    today = copenhagen_date(now)
    return {
        HealthCheck.SCHEMA: lambda: work.schema(ledger.schema()),
        HealthCheck.DATABASE_RIGHTS: lambda: database_rights(ledger.rights()),
        HealthCheck.OPERATORS: lambda: [operators(ledger.login())],
        HealthCheck.OUTBOX: lambda: [work.outbox(ledger.outbox(), now)],
        HealthCheck.DELIVERIES: lambda: work.deliveries(ledger.deliveries(), now),
        HealthCheck.NOTICES: lambda: [work.failed_notices(ledger.failed_last())],
        HealthCheck.ENDPOINTS: lambda: work.endpoints(ledger.endpoints()),
        HealthCheck.STEPS: lambda: [work.steps(ledger.steps(), now)],
        HealthCheck.QUARANTINE: lambda: [work.quarantine(ledger.quarantine())],
        HealthCheck.BOUNDS: lambda: work.over_bound(ledger.over_bound()),
        HealthCheck.UNDECIDED: lambda: [work.undecided(ledger.undecided(today))],
        HealthCheck.OVERDUE: lambda: [work.overdue(ledger.overdue(today))],
        HealthCheck.CANARY: lambda: [
            work.canary(None if within is None else ledger.canary_home(), within, now)
        ],
    }


def _clocks(known: DoctorSettings) -> Iterable[Diagnosis]:
    postgres, canary, newest = None, None, None
    interval = known.section(ProbeIntervalSection).seconds
    try:
        with ledger_work(known.section(DatabaseSection), known.clock) as ledger:
            postgres = ledger.server().offset_seconds
            canary = None if interval is None else ledger.canary_distance(timedelta(seconds=interval))
    except NotSeen:
        pass  # the others can still be compared; that PostgreSQL is away is said elsewhere
    try:
        appended = read_newest(known.section(KafkaSettings))
        newest = None if appended is None else (appended - known.clock()).total_seconds()
    except NotSeen:
        if postgres is None:
            raise NotSeen("Neither Kafka nor PostgreSQL tells the time.") from None
    return clocks.clocks(
        clocks.ClockReadings(postgres_ahead=postgres, newest_ahead=newest, brokers_ahead_of_canary=canary)
    )


def _disk(known: DoctorSettings) -> Iterable[Diagnosis]:
    return machine.disk(read_rooms(_folders(known.told)))


def _folders(told: ToldSections) -> Iterator[tuple[str, Path]]:
    """Every folder that the settings name, by the variable that does."""
    kinds = (SendersSection, ReferenceSection, WorkerSection, ReadySection, AuditSection, ProbeSection)
    for kind in (*kinds, BounceSection, WebhookSection, ApiSection):
        section = told.get(kind)
        for name, field in kind.model_fields.items():
            path = None if section is None else getattr(section, name)
            if isinstance(path, Path):
                yield str(field.validation_alias), path


def _kafka_certificate(known: DoctorSettings) -> Iterator[Diagnosis]:
    kafka = known.section(KafkaSettings)
    if kafka.security is Security.PLAINTEXT:
        yield fine(HealthCheck.KAFKA_CERTIFICATE, "Kafka is used without TLS.")
        return
    try:
        context = kafka.ssl_context()
    except (OSError, ValueError):
        raise NotSeen("The files of KAFKA_CA_FILE or KAFKA_CERTIFICATE_FILE cannot be used.") from None
    if context is not None:
        for seen in certificate_readers.of_servers(kafka.bootstrap_servers, context):
            yield certificates.certificate(HealthCheck.KAFKA_CERTIFICATE, seen, known.clock())


def _client_certificate(known: DoctorSettings) -> Iterable[Diagnosis]:
    file = known.section(KafkaSettings).certificate_file
    if file is None:
        return [fine(HealthCheck.CLIENT_CERTIFICATE, "No client certificate is used.")]
    seen = certificate_readers.of_file(Path(file))
    return [certificates.certificate(HealthCheck.CLIENT_CERTIFICATE, seen, known.clock())]


def _relay(known: DoctorSettings) -> Iterable[Diagnosis]:
    seen = certificate_readers.of_relay(smtp(known.section(SmtpSection)))
    return [certificates.relay(seen, known.clock())]


def _log_in(known: DoctorSettings) -> Iterable[Diagnosis]:
    issuer = known.section(OidcSection).issuer
    if issuer is None:
        return certificates.log_in(None, (), known.clock())
    seen = certificate_readers.of_page(issuer)
    if not any(one.refused for one in seen):
        try:
            read_page(issuer.rstrip("/") + _DISCOVERY)
        except NotSeen as error:
            return [
                fault(
                    HealthCheck.LOG_IN,
                    f"The OpenID provider: {error}",
                    "Nobody can log in: see the provider.",
                )
            ]
    return certificates.log_in(issuer, seen, known.clock())


def _audit(known: DoctorSettings) -> Iterator[Diagnosis]:
    settings = known.section(AuditSection)
    said: AuditSaid | None = None
    if known.audit_metrics is None:
        yield unknown(
            HealthCheck.AUDIT, "Where the auditor serves its metrics is not known: give --audit-metrics URL."
        )
    else:
        try:
            said = read_audit(known.audit_metrics)
            yield machine.audit(said, known.clock())
        except NotSeen as error:
            yield fault(
                HealthCheck.AUDIT,
                f"The auditor's metrics: {error}",
                "Start `frafaldsvarsel audit --watch 60 --heal`, or correct the address.",
            )
    # The auditor may have been told of a place that we have not.
    told = None if said is None else said.heartbeat_at
    is_set = settings.heartbeat_file is not None or settings.heartbeat_url is not None or told is not None
    beaten = None if settings.heartbeat_file is None else touched_at(settings.heartbeat_file)
    yield machine.heartbeat(is_set, beaten or told, known.clock())


_LOOKS: Final[Sequence[tuple[Sequence[HealthCheck], Callable[[DoctorSettings], Iterable[Diagnosis]]]]] = (
    (
        (
            HealthCheck.SETTINGS,
            HealthCheck.REFERENCE,
            HealthCheck.KEYS,
            HealthCheck.SENDERS,
            HealthCheck.CHANNELS,
            HealthCheck.CLIENTS,
            HealthCheck.PROBE_KEYS,
            HealthCheck.LAW,
            HealthCheck.HOLIDAYS,
            HealthCheck.ADDRESSES,
        ),
        _configuration,
    ),
    ((HealthCheck.KAFKA, HealthCheck.COPIES, HealthCheck.TOPICS), _kafka),
    ((HealthCheck.RIGHTS,), _rights),
    ((HealthCheck.GROUPS, HealthCheck.LAG, HealthCheck.RETENTION), _lag),
    (
        (
            HealthCheck.POSTGRES,
            HealthCheck.SCHEMA,
            HealthCheck.DATABASE_RIGHTS,
            HealthCheck.OPERATORS,
            HealthCheck.OUTBOX,
            HealthCheck.DELIVERIES,
            HealthCheck.NOTICES,
            HealthCheck.ENDPOINTS,
            HealthCheck.STEPS,
            HealthCheck.QUARANTINE,
            HealthCheck.BOUNDS,
            HealthCheck.UNDECIDED,
            HealthCheck.OVERDUE,
            HealthCheck.CANARY,
        ),
        _postgres,
    ),
    ((HealthCheck.CLOCKS,), _clocks),
    ((HealthCheck.DISK,), _disk),
    ((HealthCheck.KAFKA_CERTIFICATE,), _kafka_certificate),
    ((HealthCheck.CLIENT_CERTIFICATE,), _client_certificate),
    ((HealthCheck.RELAY,), _relay),
    ((HealthCheck.LOG_IN,), _log_in),
    ((HealthCheck.AUDIT, HealthCheck.HEARTBEAT), _audit),
)
"""What is looked at in one go, and how."""
