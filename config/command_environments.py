"""What each command that ends is told: the sections of each. The processes': `config.environments`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from config.database_roles import DatabaseRole
from config.environments import (
    AuditEnvironment,
    HealingAuditEnvironment,
    InboxEnvironment,
    LedgerEnvironment,
    NoticeEnvironment,
    NotifierEnvironment,
    ProbeEnvironment,
    TrailEnvironment,
)
from config.every_environment import EveryEnvironment
from config.kafka import KafkaSettings
from config.reading_environments import ReportEnvironment, SampleEnvironment
from config.sections.audit import AuditSection
from config.sections.keys import (
    KeyStoreSection,
    LookupKeySection,
    MigrateKeySection,
    OpenerKeySection,
    ReplayKeySection,
)
from config.sections.processes import ContractSection, IntakeSection
from config.sections.servers import (
    DatabaseAddress,
    KafkaUserSection,
    MigrateSection,
    QuotaSection,
    ReferenceSection,
    ReplicationSection,
    SendersSection,
)
from config.sections.stream_keys import StreamKeySection
from config.sections.trail import TrailKeySection, TrailPublicKeySection, TrailSection


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaEnvironment:
    """`publish`."""

    kafka: KafkaSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsEnvironment(KafkaEnvironment):
    """`topics`."""

    stream: StreamKeySection
    replication: ReplicationSection
    quotas: QuotaSection
    users: KafkaUserSection


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
    """Lists: of a unit that has nothing, whether there is one. `routes sign` and `senders`: the trail, the tables."""

    database: DatabaseAddress
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEnvironment:
    """`status`: works while one of the two is away, or not told."""

    kafka: KafkaSettings
    database: DatabaseAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildPeopleEnvironment:
    """`rebuild people`: no database."""

    kafka: KafkaSettings
    stream: StreamKeySection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuildEnvironment(RebuildPeopleEnvironment):
    """`rebuild ledger`."""

    database: DatabaseAddress


class GrowEnvironment(RebuildEnvironment):
    """`topics grow`: decides as match does, and asks how far the ledger is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateEnvironment:
    """`migrate`: the database, and what it must know of the inbox."""

    migrate: MigrateSection
    keys: MigrateKeySection


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEnvironment:
    """`quarantine show`: opens what was refused."""

    kafka: KafkaSettings
    database: DatabaseAddress
    keys: OpenerKeySection


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayEnvironment:
    """`quarantine replay`: judges a record as intake would, and a notice as the notifier would."""

    kafka: KafkaSettings
    stream: StreamKeySection
    database: DatabaseAddress
    keys: ReplayKeySection
    senders: SendersSection
    intake: IntakeSection
    contract: ContractSection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseRunEnvironment:
    """`erase run`: no key that makes or opens anything of a person."""

    kafka: KafkaSettings
    stream: StreamKeySection
    database: DatabaseAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseAskEnvironment(EraseRunEnvironment):
    """`erase request` and `erase verify`: they make a pseudonym of a CPR."""

    keys: LookupKeySection


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseVerifyEnvironment(EraseAskEnvironment):
    """`erase verify`: the auditor's index too, where it can be seen."""

    audit: AuditSection


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionEnvironment(EraseRunEnvironment):
    """`retention plan`, `accept` and `run`: the rules too."""

    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnvironment:
    """`retention hold` and `release`: they make a pseudonym of a CPR."""

    database: DatabaseAddress
    keys: LookupKeySection


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailVerifyEnvironment:
    """`trail verify`: public keys alone."""

    kafka: KafkaSettings
    database: DatabaseAddress
    trail: TrailSection
    trail_public: TrailPublicKeySection


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailRestartEnvironment:
    """`trail restart`: it signs."""

    kafka: KafkaSettings
    database: DatabaseAddress
    trail: TrailSection
    trail_key: TrailKeySection


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightEnvironment:
    """`insight export`: makes a pseudonym of a CPR."""

    database: DatabaseAddress
    keys: LookupKeySection
    reference: ReferenceSection


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysEnvironment:
    """`keys`: where all of them lie."""

    keys: KeyStoreSection


@dataclass(frozen=True, slots=True, kw_only=True)
class ShredEnvironment(KeysEnvironment):
    """`keys shred`: also the tables in which something is sealed."""

    database: DatabaseAddress


COMMANDS: Final[Mapping[str, type[Any]]] = {
    "check-config": EveryEnvironment,
    "doctor": EveryEnvironment,
    "status": StatusEnvironment,
    "migrate": MigrateEnvironment,
    "keys": KeysEnvironment,
    "keys shred": ShredEnvironment,
    "topics": TopicsEnvironment,
    "topics grow": GrowEnvironment,
    "publish": KafkaEnvironment,
    "receipts": ListEnvironment,
    "decisions": ListEnvironment,
    "tasks": ListEnvironment,
    "deliveries list": ListEnvironment,
    "webhooks list": ListEnvironment,
    "tasks show": DatabaseEnvironment,
    "tasks export": ListEnvironment,
    "tasks journalised": DatabaseEnvironment,
    "deliveries retry": ReplayEnvironment,
    "webhooks enable": DatabaseEnvironment,
    "dismiss": DatabaseEnvironment,
    "sessions list": DatabaseEnvironment,
    "sessions end": DatabaseEnvironment,
    "insight export": InsightEnvironment,
    "report": ReportEnvironment,
    "insight sample": SampleEnvironment,
    "erase request": EraseAskEnvironment,
    "erase run": EraseRunEnvironment,
    "erase again": EraseRunEnvironment,
    "erase verify": EraseVerifyEnvironment,
    "retention plan": RetentionEnvironment,
    "retention accept": RetentionEnvironment,
    "retention run": RetentionEnvironment,
    "retention hold": HoldEnvironment,
    "retention release": HoldEnvironment,
    "requests list": DatabaseEnvironment,
    "requests approve": DatabaseEnvironment,
    "trail verify": TrailVerifyEnvironment,
    "trail restart": TrailRestartEnvironment,
    "redecide": HealingAuditEnvironment,
    "ledger skip": DatabaseEnvironment,
    "quarantine list": DatabaseEnvironment,
    "quarantine dismiss": DatabaseEnvironment,
    "quarantine show": OpenEnvironment,
    "quarantine replay": ReplayEnvironment,
    "routes test": ReferenceEnvironment,
    "routes sign": ListEnvironment,
    "senders enrol": ListEnvironment,
    "senders revoke": ListEnvironment,
    "render": NoticeEnvironment,
    "test-send": NoticeEnvironment,
    "rebuild ledger": RebuildEnvironment,
    "rebuild people": RebuildPeopleEnvironment,
}
"""The commands that end, by what they are told; the others read no settings."""

_ROLES: Final[Mapping[type[Any], DatabaseRole]] = {
    LedgerEnvironment: DatabaseRole.LEDGER,
    NotifierEnvironment: DatabaseRole.NOTIFY,
    InboxEnvironment: DatabaseRole.INBOX,
    ProbeEnvironment: DatabaseRole.CANARY,
    AuditEnvironment: DatabaseRole.AUDIT,
    HealingAuditEnvironment: DatabaseRole.AUDIT,
    TrailEnvironment: DatabaseRole.TRAIL,
    RebuildEnvironment: DatabaseRole.REBUILD,
    InsightEnvironment: DatabaseRole.INSIGHT,
    ReportEnvironment: DatabaseRole.REPORT,
    SampleEnvironment: DatabaseRole.INSIGHT,
    ShredEnvironment: DatabaseRole.REBUILD,
    RetentionEnvironment: DatabaseRole.RETENTION,
    EraseVerifyEnvironment: DatabaseRole.AUDIT,
}


def role_of(kind: type[Any]) -> DatabaseRole:
    """As which user a process or a command with these settings comes to the database."""
    return _ROLES.get(kind, DatabaseRole.OPERATOR)
