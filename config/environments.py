"""Which process and which command is told what: the sections of each. `docs/settings.md` is made from it.

A process that asks for a section it does not have here is a type error, and an `AttributeError` when it runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from config.kafka import KafkaSettings
from config.sections.audit import AuditSection, ProbeIntervalSection, ProbeSection
from config.sections.keys import (
    InboxKeySection,
    IntakeKeySection,
    KeyringSection,
    NoticeKeySection,
    VaultSection,
)
from config.sections.notices import (
    AcknowledgeSection,
    BounceMaildirSection,
    BounceSection,
    DeliverySection,
    SmtpSection,
    WebhookSection,
)
from config.sections.pages import ApiSection, InboxSection, LinkSection, OidcSection
from config.sections.processes import (
    FailpointsSection,
    InstanceSection,
    IntakeSection,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnvironment:
    """The stream worker: no database, no relay."""

    kafka: KafkaSettings
    replication: ReplicationSection
    consumer: ConsumerSection
    keyring: IntakeKeySection
    senders: SendersSection
    intake: IntakeSection
    reference: ReferenceSection
    worker: WorkerSection
    instance: InstanceSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEnvironment:
    """The ledger: no key, no relay."""

    kafka: KafkaSettings
    naming: NamingSection
    replication: ReplicationSection
    consumer: ConsumerSection
    database: DatabaseSection
    reference: ReferenceSection
    instance: InstanceSection
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
    keyring: NoticeKeySection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierEnvironment(NoticeEnvironment):
    """The notifier: no Kafka, and of the key ring nothing that opens."""

    database: DatabaseSection
    deliveries: DeliverySection
    instance: InstanceSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEnvironment:
    """The inbox and the interface for case systems: no Kafka, no relay, and of the key ring nothing of senders."""

    database: DatabaseSection
    keyring: InboxKeySection
    links: LinkSection
    inbox: InboxSection
    oidc: OidcSection
    api: ApiSection
    reference: ReferenceSection
    ready: ReadySection
    failpoints: FailpointsSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEnvironment:
    """The canary: no key of the service."""

    kafka: KafkaSettings
    replication: ReplicationSection
    database: DatabaseAddress
    interval: ProbeIntervalSection
    probe: ProbeSection
    reference: ReferenceSection
    ready: ReadySection


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEnvironment:
    """The audit that only looks: no key."""

    kafka: KafkaSettings
    database: DatabaseAddress
    audit: AuditSection
    interval: ProbeIntervalSection
    bounces: BounceMaildirSection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class HealingAuditEnvironment(AuditEnvironment):
    """The audit that drives again what is missing, as intake would."""

    keyring: IntakeKeySection
    senders: SendersSection
    intake: IntakeSection


PROCESSES: Final[Mapping[str, type[Any]]] = {
    "worker": WorkerEnvironment,
    "ledger": LedgerEnvironment,
    "notify": NotifierEnvironment,
    "inbox": InboxEnvironment,
    "canary": ProbeEnvironment,
    "audit": AuditEnvironment,
    "audit --heal": HealingAuditEnvironment,
}
"""The processes by the commands that run them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaEnvironment:
    """`publish`."""

    kafka: KafkaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsEnvironment:
    """`topics`."""

    kafka: KafkaSettings
    replication: ReplicationSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceEnvironment:
    """`routes test`."""

    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseEnvironment:
    """What only reads or writes the ledger's tables: `dismiss`, the quarantine's list."""

    database: DatabaseAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEnvironment:
    """The lists: of a unit that has nothing, they say whether there is such a unit."""

    database: DatabaseAddress
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildEnvironment:
    """`rebuild ledger`."""

    kafka: KafkaSettings
    database: DatabaseAddress
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildPeopleEnvironment:
    """`rebuild people`: no database."""

    kafka: KafkaSettings
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEnvironment:
    """`quarantine show`: opens what was refused."""

    kafka: KafkaSettings
    database: DatabaseAddress
    keyring: VaultSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEnvironment:
    """`quarantine replay`: judges a record as intake would, and a notice as the notifier would."""

    kafka: KafkaSettings
    database: DatabaseAddress
    keyring: IntakeKeySection
    senders: SendersSection
    intake: IntakeSection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryEnvironment:
    """All there is: for `check-config`, and for whoever starts all processes. In the order of the page."""

    kafka: KafkaSettings
    replication: ReplicationSection
    database: DatabaseSection
    keyring: KeyringSection
    senders: SendersSection
    reference: ReferenceSection
    instance: InstanceSection
    worker: WorkerSection
    ready: ReadySection
    intake: IntakeSection
    consumer: ConsumerSection
    naming: NamingSection
    audit: AuditSection
    interval: ProbeIntervalSection
    probe: ProbeSection
    failpoints: FailpointsSection
    smtp: SmtpSection
    deliveries: DeliverySection
    links: LinkSection
    inbox: InboxSection
    oidc: OidcSection
    acknowledge: AcknowledgeSection
    bounces: BounceSection
    webhooks: WebhookSection
    api: ApiSection


COMMANDS: Final[Mapping[str, type[Any]]] = {
    "check-config": EveryEnvironment,
    "topics": TopicsEnvironment,
    "publish": KafkaEnvironment,
    "receipts": ListEnvironment,
    "decisions": ListEnvironment,
    "tasks": ListEnvironment,
    "deliveries list": ListEnvironment,
    "webhooks list": ListEnvironment,
    "tasks show": DatabaseEnvironment,
    "deliveries retry": ReplayEnvironment,
    "webhooks enable": DatabaseEnvironment,
    "dismiss": DatabaseEnvironment,
    "redecide": HealingAuditEnvironment,
    "quarantine list": DatabaseEnvironment,
    "quarantine dismiss": DatabaseEnvironment,
    "quarantine show": OpenEnvironment,
    "quarantine replay": ReplayEnvironment,
    "routes test": ReferenceEnvironment,
    "render": NoticeEnvironment,
    "test-send": NoticeEnvironment,
    "rebuild ledger": RebuildEnvironment,
    "rebuild people": RebuildPeopleEnvironment,
}
"""The commands that end, by what they are told; the others read no settings."""
