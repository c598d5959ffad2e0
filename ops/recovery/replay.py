"""Replays what lies in quarantine: first it says what would happen, then, when told, it lets it happen.

A record goes in again by the front door, as the same bytes on the same topic; a notice becomes due again. Both are
idempotent: a replay that was cut off is replayed again, and nothing that matters is doubled.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from confluent_kafka import KafkaException, Message, Producer

from config.kafka import KafkaSettings
from config.topics import INPUT_PARTITIONS
from infra.postgres import SyncConnection
from infra.stream_mac import NO_MAC, StreamMac
from ledger.tasks.projection import deadline_of
from models.dead_letter import (
    AcceptedRecord,
    DeadLetter,
    DeadLetterKind,
    DeadLetterState,
    ReplayOutcome,
    expected_replay,
    id_of,
    surely_not_taken,
)
from models.events.simple_event import SimpleOrigin
from models.events.simple_receipt import KnownReceipt
from models.operator import Operator
from models.reasons import Rejection
from notifiers.supersede import Contacts, Superseded, digest_superseded_by, superseded_by
from ops.audit.kafka_log import LogUnreachable
from ops.recovery import dead_letters, failed_deliveries
from ops.recovery.failed_deliveries import FailedDelivery
from ops.recovery.rejected_payloads import Bytes, Gone, RejectedPayloads
from ops.recovery.release import plan_release
from ops.recovery.replay_plan import Again, Arrived, DueAgain, EndAsReturned, ReplayPlan
from ops.recovery.returned import plan_return
from streams.batch_producer import partition_of
from streams.intake import Context, InputRecord, validate_record

_SECONDS = 30
_A_MORNING: Final = timedelta(hours=1)
"""A morning mail that is replayed has this long: what it lists grows old."""
_FOREIGN: Final = "the service did not write it: find out who did, and dismiss it"


class ReplayPlanner:
    """Judges dead letters as they would fare now. Changes nothing and shows no content."""

    def __init__(
        self,
        connection: SyncConnection,
        payloads: RejectedPayloads,
        context: Context,
        contacts: Contacts,
        now: datetime,
    ) -> None:
        self._connection = connection
        self._payloads = payloads
        self._context = context
        self._contacts = contacts
        self._now = now
        self._of_this_run: defaultdict[tuple[str, str], list[AcceptedRecord]] = defaultdict(list)

    def of(self, things: Sequence[DeadLetter]) -> list[ReplayPlan]:
        """One answer for each, in order: a record of this run counts as standing for those after it."""
        refused = {
            dead_letter.place: dead_letter.since
            for dead_letter in things
            if dead_letter.kind is DeadLetterKind.INPUT
        }
        found = self._payloads.refused(refused, self._now) if refused else {}
        answers = []
        for dead_letter in things:
            if dead_letter.kind is DeadLetterKind.INPUT:
                answers.append(self._of_input(dead_letter, found[dead_letter.place]))
            elif dead_letter.kind is DeadLetterKind.DELIVERY:
                answers.append(self._of_delivery(dead_letter))
            elif dead_letter.kind is DeadLetterKind.BOUNCE:
                answers.append(plan_return(dead_letter))
            elif dead_letter.kind is DeadLetterKind.FOREIGN:
                answers.append(ReplayPlan(dead_letter, ReplayOutcome.REFUSED, _FOREIGN))
            elif dead_letter.kind is DeadLetterKind.LEFT_OUT:
                content = self._payloads.record(dead_letter.place, dead_letter.since, self._now)
                is_conflict = dead_letters.is_conflict(self._connection, dead_letter)
                answers.append(plan_release(dead_letter, content, is_conflict=is_conflict))
            else:
                answers.append(self._of_conflict(dead_letter))
        return answers

    def _of_input(self, dead_letter: DeadLetter, content: Bytes | Gone) -> ReplayPlan:
        if isinstance(content, Gone):
            return ReplayPlan(dead_letter, ReplayOutcome.GONE, content.why)
        if dead_letter.reason == Rejection.TOMBSTONE:
            content = Bytes(None, content.headers)
        topic, partition, offset = dead_letter.place
        # The brokers will stamp the new record with the present time: by that it will be judged.
        origin = SimpleOrigin(topic, partition, offset, self._now)
        receipt = validate_record(InputRecord(origin, content.value, content.headers), self._context).receipt
        standing = self._accepted(dead_letter, receipt)
        prospect, why = expected_replay(receipt, standing)
        if dead_letter.state is DeadLetterState.BEGUN and prospect is ReplayOutcome.DUPLICATE:
            return ReplayPlan(dead_letter, prospect, why, Arrived(standing[0].place))
        key = receipt.sender or dead_letter.sender
        where = partition if key is None else partition_of(key, INPUT_PARTITIONS)
        by = Again(topic, where, key, content) if prospect.may_be_forced else None
        if dead_letter.state is DeadLetterState.REPLAYED:
            return ReplayPlan(
                dead_letter, ReplayOutcome.DECIDED, f"replayed already as {dead_letter.replayed_as}", by
            )
        return ReplayPlan(dead_letter, prospect, why, by)

    def _accepted(self, dead_letter: DeadLetter, receipt: KnownReceipt) -> list[AcceptedRecord]:
        if receipt.reason is not None or receipt.sender is None or receipt.event_id is None:
            return []
        known = dead_letters.standing(self._connection, receipt.sender, receipt.event_id)
        in_run = self._of_this_run[receipt.sender, receipt.event_id]
        known += in_run
        in_run.append(AcceptedRecord(dead_letter.id, receipt.fingerprint, receipt.fingerprint_utc))
        return known

    def _of_conflict(self, dead_letter: DeadLetter) -> ReplayPlan:
        known = dead_letters.standing(
            self._connection, dead_letter.sender or "", dead_letter.message_id or ""
        )
        first = known[0].place if known else "an earlier record"
        return ReplayPlan(
            dead_letter,
            ReplayOutcome.CONFLICT,
            f"its id stands for {first}: the sender must send it under a new one",
        )

    def _of_delivery(self, dead_letter: DeadLetter) -> ReplayPlan:
        if dead_letter.state is DeadLetterState.REPLAYED:
            return ReplayPlan(
                dead_letter,
                ReplayOutcome.DECIDED,
                f"replayed already; it is {dead_letter.delivery_status} now",
            )
        due = failed_deliveries.notice(self._connection, dead_letter.id)
        contact = self._contacts(due.unit_id)
        present = contact.of(due.channel, due.audience) if contact else ()
        if not present:
            return ReplayPlan(
                dead_letter,
                ReplayOutcome.NO_RECIPIENT,
                f"the unit {due.unit_id} is unknown or has no address",
            )
        if due.react_by is None and not due.is_of_today:
            return ReplayPlan(
                dead_letter, ReplayOutcome.NOT_NEEDED, "its morning has gone; the next mail lists the same"
            )
        reason = _superseded_by(due, present)
        tried = failed_deliveries.attempts(self._connection, dead_letter.id)
        anew = surely_not_taken(due.ended_at, [(one.at, one.outcome) for one in tried])
        by = DueAgain(_deadline(due), anew)
        if reason is None:
            same = "written anew" if anew else "the same bytes"
            return ReplayPlan(dead_letter, ReplayOutcome.SENT, f"to {due.recipient}, {same}", by)
        if reason is Superseded.RECIPIENT_CHANGED:
            return self._readdressed(dead_letter, due, present, by)
        return ReplayPlan(dead_letter, ReplayOutcome.NOT_NEEDED, f"it no longer fits its task: {reason}")

    def _readdressed(
        self, dead_letter: DeadLetter, due: FailedDelivery, present: Sequence[str], by: DueAgain
    ) -> ReplayPlan:
        """The notifier makes out a new delivery to each present address that has none of this occasion yet."""
        ids = {due.id_to(recipient): recipient for recipient in present}
        made = failed_deliveries.addressed(self._connection, list(ids))
        fresh = [recipient for identity, recipient in ids.items() if identity not in made]
        if fresh:
            return ReplayPlan(
                dead_letter, ReplayOutcome.SENT, f"to {', '.join(fresh)}, the unit's address now", by
            )
        said = ", ".join(f"{recipient}: {made[identity]}" for identity, recipient in ids.items())
        return ReplayPlan(
            dead_letter, ReplayOutcome.NOT_NEEDED, f"the unit has a delivery of its own ({said})"
        )


def _superseded_by(due: FailedDelivery, present: Sequence[str]) -> Superseded | None:
    if due.task_is_open is None:
        return digest_superseded_by(open_tasks=due.open_tasks, recipient=due.recipient, present=present)
    return superseded_by(
        due.occasion, task_is_open=due.task_is_open, recipient=due.recipient, present=present
    )


def _deadline(due: FailedDelivery) -> datetime:
    return due.now + _A_MORNING if due.react_by is None else deadline_of(due.react_by, due.now)


class Replayer:
    """Lets it happen. One at a time: `ops.recovery.dead_letters.alone` is asked first."""

    def __init__(
        self, connection: SyncConnection, kafka: KafkaSettings, operator: Operator, mac: StreamMac = NO_MAC
    ) -> None:
        self._connection = connection
        self._operator = operator
        self._mac = mac
        self._producer = Producer(
            kafka.librdkafka()
            | {
                "acks": "all",
                "enable.idempotence": True,
                "message.max.bytes": 8 * 1024 * 1024,
                "message.timeout.ms": _SECONDS * 1000,
                "log_level": 0,
            }
        )

    def replay(self, plan: ReplayPlan) -> DeadLetter | None:
        """The thing as it stands afterwards, or None where somebody else has moved it meanwhile."""
        dead_letter = plan.dead_letter
        match plan.by:
            case Again():
                dead_letters.begin(self._connection, dead_letter, self._operator)
                place = self.write(plan.by)
                dead_letters.confirm(self._connection, dead_letter, self._operator, place)
                return dead_letter.model_copy(
                    update={"state": DeadLetterState.REPLAYED, "replayed_as": place}
                )
            case Arrived(place):
                dead_letters.confirm(self._connection, dead_letter, self._operator, place)
                return dead_letter.model_copy(
                    update={"state": DeadLetterState.REPLAYED, "replayed_as": place}
                )
            case DueAgain(deadline, anew):
                if dead_letters.due_again(
                    self._connection, dead_letter, self._operator, deadline=deadline, anew=anew
                ):
                    return dead_letter.model_copy(
                        update={"state": DeadLetterState.REPLAYED, "delivery_status": "due"}
                    )
            case EndAsReturned():
                if dead_letters.end_as_returned(self._connection, dead_letter, self._operator):
                    return dead_letter.model_copy(
                        update={"state": DeadLetterState.REPLAYED, "delivery_status": "refused"}
                    )
        return None

    def write(self, again: Again) -> str:
        """Write the bytes and wait for the brokers; returns where they have put them."""
        reports: list[tuple[object, Message]] = []
        key = None if again.key is None else again.key.encode()
        partition, content = again.partition, again.content
        headers: list[tuple[str, str | bytes | None]] = []
        headers += self._mac.headers(again.topic, partition, key, content.value, content.headers)
        try:
            self._producer.produce(
                again.topic,
                value=content.value,
                key=key,
                partition=partition,
                headers=headers,
                on_delivery=lambda error, message: reports.append((error, message)),
            )
            self._producer.flush(_SECONDS + 5)
        except (KafkaException, BufferError):
            reports.clear()
        if not reports or reports[0][0] is not None:
            raise LogUnreachable(f"The brokers did not take a record for {again.topic}; replay it again.")
        message = reports[0][1]
        return id_of((again.topic, message.partition() or 0, message.offset() or 0))
