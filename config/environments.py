"""Which process and which command is told what: the sections of each. `docs/settings.md` is made from it.

A process that asks for a section it does not have here is a type error, and an `AttributeError` when it runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from config.kafka import KafkaSettings
from config.sections.audit import AuditSection, LagSection, ProbeIntervalSection, ProbeSection
from config.sections.keys import (
    InboxKeySection,
    IntakeKeySection,
    NoticeKeySection,
)
from config.sections.notices import (
    AcknowledgeSection,
    BounceMaildirSection,
    BounceSection,
    DeliverySection,
    SmtpSection,
    WebhookSection,
)
from config.sections.pages import ApiSection, InboxSection, LinkSection, OidcSection, OperatorSection
from config.sections.processes import (
    ContractSection,
    FailpointsSection,
    InstanceSection,
    IntakeSection,
    LogSection,
    MetricsSection,
    ReadySection,
    WorkerSection,
)
from config.sections.servers import (
    ConsumerSection,
    DatabaseAddress,
    DatabaseSection,
    NamingSection,
    ReferenceSection,
    ReplicationSection,
    SendersSection,
)
from config.sections.stream_keys import StreamKeySection
from config.sections.traces import TracesSection
from config.sections.trail import TrailKeySection, TrailPublicKeySection, TrailSection, TrailWaitSection


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnvironment:
    """The stream worker: no database, no relay."""

    kafka: KafkaSettings
    stream: StreamKeySection
    replication: ReplicationSection
    consumer: ConsumerSection
    keys: IntakeKeySection
    senders: SendersSection
    intake: IntakeSection
    contract: ContractSection
    reference: ReferenceSection
    worker: WorkerSection
    instance: InstanceSection
    log: LogSection
    metrics: MetricsSection
    traces: TracesSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEnvironment:
    """The ledger: no key but the stream's, no relay."""

    kafka: KafkaSettings
    stream: StreamKeySection
    naming: NamingSection
    replication: ReplicationSection
    consumer: ConsumerSection
    database: DatabaseSection
    reference: ReferenceSection
    instance: InstanceSection
    log: LogSection
    metrics: MetricsSection
    traces: TracesSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEnvironment:
    """`render` and `test-send`: what a notice is made of, and the ways it takes."""

    smtp: SmtpSection
    bounces: BounceSection
    webhooks: WebhookSection
    links: LinkSection
    acknowledge: AcknowledgeSection
    keys: NoticeKeySection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierEnvironment(NoticeEnvironment):
    """The notifier: no Kafka, and of the keys none that opens."""

    database: DatabaseSection
    deliveries: DeliverySection
    instance: InstanceSection
    log: LogSection
    metrics: MetricsSection
    traces: TracesSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEnvironment:
    """The inbox and the interface for case systems: no Kafka, no relay, and no key that opens what senders seal."""

    database: DatabaseSection
    keys: InboxKeySection
    links: LinkSection
    inbox: InboxSection
    trail_wait: TrailWaitSection
    oidc: OidcSection
    api: ApiSection
    operators: OperatorSection
    reference: ReferenceSection
    log: LogSection
    metrics: MetricsSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEnvironment:
    """The canary: no key of the service but the stream's."""

    kafka: KafkaSettings
    stream: StreamKeySection
    replication: ReplicationSection
    database: DatabaseAddress
    interval: ProbeIntervalSection
    probe: ProbeSection
    contract: ContractSection
    reference: ReferenceSection
    log: LogSection
    ready: ReadySection


@dataclass(frozen=True, slots=True, kw_only=True)
class LagEnvironment:
    """The lag: Kafka alone, so that it is seen while the database is away."""

    kafka: KafkaSettings
    replication: ReplicationSection
    lag: LagSection
    metrics: MetricsSection
    log: LogSection
    ready: ReadySection


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEnvironment:
    """The keeper of the audit trail: its own key and no other."""

    kafka: KafkaSettings
    database: DatabaseAddress
    trail: TrailSection
    trail_key: TrailKeySection
    trail_public: TrailPublicKeySection
    metrics: MetricsSection
    log: LogSection
    ready: ReadySection


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEnvironment:
    """The audit that only looks: no key but the stream's."""

    kafka: KafkaSettings
    stream: StreamKeySection
    database: DatabaseAddress
    audit: AuditSection
    log: LogSection
    metrics: MetricsSection
    interval: ProbeIntervalSection
    bounces: BounceMaildirSection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class HealingAuditEnvironment(AuditEnvironment):
    """The audit that drives again what is missing, as intake would."""

    keys: IntakeKeySection
    senders: SendersSection
    intake: IntakeSection
    contract: ContractSection


PROCESSES: Final[Mapping[str, type[Any]]] = {
    "worker": WorkerEnvironment,
    "ledger": LedgerEnvironment,
    "notify": NotifierEnvironment,
    "inbox": InboxEnvironment,
    "canary": ProbeEnvironment,
    "lag": LagEnvironment,
    "trail keep": TrailEnvironment,
    "audit": AuditEnvironment,
    "audit --heal": HealingAuditEnvironment,
}
"""The processes by the commands that run them."""
