"""Every section of the settings: for `check-config`, `doctor`, and whoever starts all processes."""

from dataclasses import dataclass

from config.kafka import KafkaSettings
from config.sections.audit import AuditSection, LagSection, ProbeIntervalSection, ProbeSection
from config.sections.keys import EveryKeySection
from config.sections.notices import (
    AcknowledgeSection,
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
    DatabaseSection,
    KafkaUserSection,
    MigrateSection,
    NamingSection,
    QuotaSection,
    ReferenceSection,
    ReplicationSection,
    SendersSection,
)
from config.sections.stream_keys import StreamKeySection
from config.sections.traces import TracesSection
from config.sections.trail import TrailKeySection, TrailPublicKeySection, TrailSection, TrailWaitSection


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryEnvironment:
    """All there is: for `check-config`, and for whoever starts all processes. In the order of the page."""

    kafka: KafkaSettings
    replication: ReplicationSection
    database: DatabaseSection
    migrate: MigrateSection
    keys: EveryKeySection
    stream: StreamKeySection
    senders: SendersSection
    quotas: QuotaSection
    kafka_users: KafkaUserSection
    reference: ReferenceSection
    instance: InstanceSection
    worker: WorkerSection
    log: LogSection
    ready: ReadySection
    intake: IntakeSection
    contract: ContractSection
    consumer: ConsumerSection
    naming: NamingSection
    audit: AuditSection
    lag: LagSection
    trail: TrailSection
    trail_key: TrailKeySection
    trail_public: TrailPublicKeySection
    metrics: MetricsSection
    traces: TracesSection
    interval: ProbeIntervalSection
    probe: ProbeSection
    failpoints: FailpointsSection
    smtp: SmtpSection
    deliveries: DeliverySection
    links: LinkSection
    inbox: InboxSection
    trail_wait: TrailWaitSection
    oidc: OidcSection
    acknowledge: AcknowledgeSection
    bounces: BounceSection
    webhooks: WebhookSection
    api: ApiSection
    operators: OperatorSection
