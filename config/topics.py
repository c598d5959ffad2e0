"""Every Kafka topic in one table: who writes it, how it is keyed and how long it is kept.

The project provisions them (`frafaldsvarsel topics apply`); no broker makes one by itself.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.events.event_types import InputTopic

_DAY_MS: Final = 24 * 60 * 60 * 1000
_WEEK_MS: Final = 7 * _DAY_MS
_HOUR_MS: Final = 60 * 60 * 1000
_MINUTE_MS: Final = 60 * 1000
_SEGMENT_BYTES: Final = 16 * 1024 * 1024
_FOREVER: Final = -1
TIMESTAMP_TYPE: Final = "message.timestamp.type"


class Topic(StrEnum):
    """The service's own topics; the senders' are `models.events.event_types.InputTopic`."""

    PERSON_EVENTS = "person-events"
    PEOPLE = "people"
    DECISIONS = "decisions"
    APPLIED = "applied"
    RECEIPTS = "receipts"
    REJECTED = "rejected"
    PROGRESS = "progress"
    TASK_EVENTS = "task-events"
    REACTIONS = "reactions"
    AUDIT_CHECKPOINTS = "audit-checkpoints"
    ERASURES = "erasures"


INPUT_PARTITIONS: Final = 4
PERSON_PARTITIONS: Final = 8
"""Of every topic keyed by person id, as they are made: one partition is one worker's share. `topics grow` adds
partitions (docs/decisions/0069)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """How a topic is made."""

    name: str
    about: str
    writer: str
    """Who writes it; on the page "Who owns which state"."""
    key: str
    partitions: int
    retention_days: int | None
    """None: for ever."""
    compacted: bool = False
    own_keys: bool = False
    """Every record has a key of its own: compaction takes away what a tombstone names, and nothing else
    (docs/decisions/0054)."""
    grows: bool = False
    """Its partitions are people's, and `topics grow` adds to them."""
    append_time: bool = False
    """The broker's clock stamps the records: what deadlines are computed from."""
    guarded: bool = False
    """Its records carry a MAC (docs/decisions/0038). Once that is required, the broker's clock stamps them too."""
    compaction_lag_ms: int = _WEEK_MS
    max_message_bytes: int = 1024 * 1024

    def config(self, *, min_insync_replicas: int, mac_required: bool = False) -> dict[str, str]:
        """The broker's configuration of the topic. `mac_required`: whether a record of ours must have a MAC."""
        retention = _FOREVER if self.retention_days is None else self.retention_days * _DAY_MS
        entries = {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention),
            TIMESTAMP_TYPE: "LogAppendTime"
            if self.append_time or (self.guarded and mac_required)
            else "CreateTime",
            "max.message.bytes": str(self.max_message_bytes),
            "min.insync.replicas": str(min_insync_replicas),
            "unclean.leader.election.enable": "false",
        }
        if self.append_time:
            # max.message.bytes counts compressed bytes: without this, a record could unpack to any size.
            entries["compression.type"] = "uncompressed"
        if self.own_keys:
            # Time to see a foreign tombstone, which the audit reports, before it takes anything away; and an end to
            # the time that an erased record stays.
            entries["min.compaction.lag.ms"] = str(self.compaction_lag_ms)
            entries["max.compaction.lag.ms"] = str(self.compaction_lag_ms + _DAY_MS)
        elif self.compacted:
            entries["min.cleanable.dirty.ratio"] = "0.2"
            # A zombie's late write and the better record that it hides must both be there to be compared, also
            # when no worker runs for days after it.
            entries["min.compaction.lag.ms"] = str(self.compaction_lag_ms)
            # The segment that is being written is never compacted, and every assignment reads the whole topic.
            entries["segment.bytes"] = str(_SEGMENT_BYTES)
            entries["segment.ms"] = str(_HOUR_MS)
        return entries


def _input(name: InputTopic, about: str) -> TopicSpec:
    return TopicSpec(
        name=name.value,
        about=about,
        writer="its senders, and the canary; `quarantine replay` writes the same bytes again",
        key="the sender's number",
        partitions=INPUT_PARTITIONS,
        # What rests on it is the time to notice that a worker stands still (docs/decisions/0060). No tombstone reaches
        # a record that is keyed by its sender: an erased person's goes with this.
        retention_days=35,
        append_time=True,
    )


TOPICS: Final = (
    _input(InputTopic.ENROLMENTS, "Enrolments from institutions."),
    _input(InputTopic.BENEFITS, "Benefit periods from municipalities."),
    _input(InputTopic.RESIDENCES, "Residences from the residence register."),
    _input(InputTopic.DROPOUT_RISKS, "At-risk messages from institutions."),
    _input(InputTopic.CONTROL_TOTALS, "What senders say that they have published of a day; about no person."),
    TopicSpec(
        name=Topic.PERSON_EVENTS.value,
        about="Accepted events under a pseudonym; intake to match.",
        writer=(
            "intake; match, what one number of a person forwards to another; "
            "ledger, by its outbox, the refusals of conflicts; "
            "`audit --heal` and `redecide`, an event once more; `topics grow`, by match's own step"
        ),
        key="its own: person and origin, hashed; the partition is the person's",
        partitions=PERSON_PARTITIONS,
        grows=True,
        retention_days=None,
        compacted=True,
        own_keys=True,
        guarded=True,
    ),
    TopicSpec(
        name=Topic.PEOPLE.value,
        about="Match's state: one record for each person; re-derivable from person-events.",
        writer="match, for its partitions; `rebuild people --apply`; `topics grow`; `erase run`, tombstones for copies",
        key="person id",
        partitions=PERSON_PARTITIONS,
        grows=True,
        retention_days=None,
        compacted=True,
        max_message_bytes=8 * 1024 * 1024,
        guarded=True,
    ),
    TopicSpec(
        name=Topic.DECISIONS.value,
        about="Every revision of every message's decision; match to ledger.",
        writer="match, for its partitions; `topics grow`, by match's own step",
        key="its own: person, message and revision, hashed; the partition is the person's",
        partitions=PERSON_PARTITIONS,
        grows=True,
        retention_days=None,
        compacted=True,
        own_keys=True,
        guarded=True,
    ),
    TopicSpec(
        name=Topic.APPLIED.value,
        about="What match has applied: one entry for each person event.",
        writer="match, for its partitions; `topics grow`, by match's own step",
        key="none",
        partitions=PERSON_PARTITIONS,
        grows=True,
        retention_days=365,
        guarded=True,
    ),
    TopicSpec(
        name=Topic.RECEIPTS.value,
        about="One receipt for each input record, and those that follow on repeats.",
        writer="intake; ledger, by its outbox, those that follow on repeats; `audit --heal`, by intake's own step",
        key="the sender's number",
        partitions=INPUT_PARTITIONS,
        retention_days=365,
        guarded=True,
    ),
    TopicSpec(
        name=Topic.REJECTED.value,
        about="The bytes of refused records, sealed, for replay.",
        writer="intake, for its partitions; `audit --heal`, by the step of intake",
        key="origin: topic/partition/offset",
        partitions=INPUT_PARTITIONS,
        retention_days=90,
        max_message_bytes=8 * 1024 * 1024,
    ),
    TopicSpec(
        name=Topic.PROGRESS.value,
        about="How far each stream step has got in each partition: what it holds a skipped record against.",
        writer="intake and match, for their partitions; `topics grow`",
        key="step/topic/partition",
        partitions=1,
        retention_days=None,
        compacted=True,
        compaction_lag_ms=_MINUTE_MS,
        guarded=True,
    ),
    TopicSpec(
        name=Topic.TASK_EVENTS.value,
        about="Every change of every task, for whoever subscribes: a reference, a unit, dates and coded words.",
        writer="ledger, by its outbox",
        key="the task's reference",
        partitions=INPUT_PARTITIONS,
        retention_days=90,
    ),
    TopicSpec(
        name=Topic.REACTIONS.value,
        about="What became of an institution's message, where it may know; whom it concerns if not covered.",
        writer="ledger, by its outbox",
        key="the sender's number",
        partitions=INPUT_PARTITIONS,
        retention_days=365,
    ),
    TopicSpec(
        name=Topic.AUDIT_CHECKPOINTS.value,
        about="Signed roots of the audit trail's chain: what the database cannot take back.",
        writer="the keeper of the trail; `trail restart`",
        key="none",
        partitions=1,
        retention_days=None,
    ),
    TopicSpec(
        name=Topic.ERASURES.value,
        about="Who was erased, as hashes; the append time is the cut-off. By it a restored log can forget again.",
        writer="`erase run`",
        key="none",
        partitions=1,
        retention_days=None,
        append_time=True,
        guarded=True,
    ),
)
BY_NAME: Final = {spec.name: spec for spec in TOPICS}
GUARDED: Final = frozenset(spec.name for spec in TOPICS if spec.guarded)
"""By which one process tells another what it has done. Not ``rejected``, which is sealed, nor what others read."""
GROWING: Final = tuple(spec.name for spec in TOPICS if spec.grows)
"""The topics whose partitions are people's."""
OWN_KEYS: Final = frozenset(spec.name for spec in TOPICS if spec.own_keys)
"""Where a record without a value is a tombstone, and says nothing."""
