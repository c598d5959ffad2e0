"""Deliveries in PostgreSQL: claim, keep, record, give back. All times are the database's.

What somebody else has claimed anew must not be recorded by us, and no mail may leave before it is frozen.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic
from uuid import UUID, uuid4

from psycopg.rows import dict_row

from infra.postgres import Connection, Pool, json_rows
from infra.postgres_timeouts import shut_down_after
from ledger.store import audit_trail, deliveries
from models.audit_kind import AuditKind, kind_of_end
from models.calendar import copenhagen_date
from models.ids import delivery_id, digest_id
from models.notifications.delivery import (
    DeliveryStatus,
    SendAttempt,
    SendOutcome,
)
from models.notifications.delivery_moves import Move, checked
from models.notifications.retry import DeliveryEnded, NextAttempt, RetryPolicy, next_attempt
from notifiers import statements
from notifiers.due_delivery import Answered, Claim, Due, DueTask, OpenTasks, PayloadT
from notifiers.gathering import Gathering, gather, told_at_once
from notifiers.registry import ChannelEntry
from notifiers.rows import RecordRow, about, attempt_row, booked, due_of
from notifiers.supersede import (
    Contacts,
    Superseded,
    digest_superseded_by,
    superseded_by,
)

LEASE_EXPIRED = SendAttempt(
    outcome=SendOutcome.INDETERMINATE, detail="lease expired before an answer was recorded"
)
NO_RECIPIENT = SendAttempt(
    outcome=SendOutcome.MISCONFIGURED, detail="the unit is unknown or has no recipient"
)
DEADLINE_PASSED = "deadline_passed"
"""The reason of a delivery that nobody could send in time."""
NOT_BUILT = SendAttempt(outcome=SendOutcome.MISCONFIGURED, detail="the mail cannot be built")


@dataclass(frozen=True, kw_only=True)
class Claimed(Generic[PayloadT]):
    """What a claim found: what to send now, and how many due deliveries it settled without sending."""

    claims: tuple[Claim[PayloadT], ...]
    settled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken(Generic[PayloadT]):
    claim: Claim[PayloadT]
    lease: Mapping[str, object]
    """A row of `deliveries.LEASE`."""


class Store(Generic[PayloadT]):
    """Of one channel's deliveries. Every method is one transaction and may be called at the same time as any other."""

    def __init__(
        self,
        pool: Pool,
        *,
        owner: str,
        lease: timedelta,
        contacts: Contacts,
        entry: ChannelEntry[PayloadT],
        policy: RetryPolicy,
        gathering: Gathering = told_at_once,
        patience_seconds: float = 60,
        traced: bool = False,
    ) -> None:
        """`traced`: each claim names the message behind it."""
        self._pool = pool
        self._owner = owner
        self._lease = lease
        self._contacts = contacts
        self._entry = entry
        self._policy = policy
        self._gathering = gathering
        self._patience_seconds = patience_seconds
        self._traced = traced

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with self._pool.connection() as connection:
            with shut_down_after(connection, self._patience_seconds):
                yield connection

    async def claim(self, limit: int) -> Claimed[PayloadT]:
        """Up to `limit` due deliveries, each locked, held against its task, frozen and leased to us."""
        taken: list[_Taken[PayloadT]] = []
        async with self._connection() as connection, connection.transaction():
            async with connection.cursor(row_factory=dict_row) as cursor:
                values = {"limit": limit, "channel": self._entry.payload.channel}
                rows = await (await cursor.execute(statements.PICK, values)).fetchall()
            due = [(due_of(row, await about(connection, row)), row["now"]) for row in rows]
            messages = await booked(connection, rows) if self._traced else {}
            async with connection.pipeline():  # one round trip for all that follows
                for one, now in due:
                    if (found := await self._take(connection, one, now)) is not None:
                        taken.append(found)
                if taken:
                    leased = json_rows([one.lease for one in taken])
                    await connection.execute(deliveries.LEASE, {"rows": leased, "lease": self._lease})
        claims = tuple(replace(one.claim, message=messages.get(one.claim.id)) for one in taken)
        return Claimed(claims=claims, settled=len(rows) - len(claims))

    async def _take(self, connection: Connection, due: Due, now: datetime) -> "_Taken[PayloadT] | None":
        attempts = due.attempts
        if due.was_leased:
            attempts += 1
            await connection.execute(
                deliveries.INSERT_ATTEMPT, attempt_row(due.id, attempts, now, LEASE_EXPIRED)
            )
        contact = self._contacts(due.unit_id)
        present = contact.of(self._entry.payload.channel, due.audience) if contact else ()
        reason = _superseded_by(due, present)
        if reason is None and contact is not None:
            reason = self._entry.superseded(due, present)
        if reason is not None:
            if reason is Superseded.RECIPIENT_CHANGED:
                await self._readdress(connection, due, present)
            await self._end(connection, due, attempts, DeliveryStatus.SUPERSEDED, reason)
            return None
        if due.deadline <= now:
            await self._end(connection, due, attempts, DeliveryStatus.EXHAUSTED, DEADLINE_PASSED)
            return None
        if contact is None or not present:
            await self._put_off(connection, due, attempts + 1, now, NO_RECIPIENT)
            return None
        gathered = gather(due, now, self._gathering(due.unit_id, copenhagen_date(now)))
        if isinstance(gathered, Superseded):
            await self._end(connection, due, attempts, DeliveryStatus.SUPERSEDED, gathered)
            return None
        if gathered is not None:
            values = {"id": due.id, "due_at": gathered, "attempts": attempts}
            await connection.execute(deliveries.PUT_OFF, values)
            return None
        try:
            mail = (
                self._entry.build(due, contact.name, now)
                if due.frozen is None
                else self._entry.payload.model_validate(due.frozen)
            )
        except ValueError:  # one bad address or name must not stop the others; its text may repeat a value
            await self._put_off(connection, due, attempts + 1, now, NOT_BUILT)
            return None
        token = f"{self._owner}/{uuid4().hex}"
        frozen = mail.model_dump(mode="json") if due.frozen is None else None
        return _Taken(
            lease={"id": due.id, "token": token, "frozen": frozen, "attempts": attempts},
            claim=Claim(
                id=due.id,
                token=token,
                deadline=due.deadline,
                claimed_at=now,
                since=due.since or now,
                mail=mail,
            ),
        )

    @property
    def records_alone(self) -> bool:
        """Whether more is written with each attempt, so that two notifiers could wait for each other's rows."""
        return self._entry.after is not None

    async def record(
        self, claim: Claim[PayloadT], attempt: SendAttempt, now: datetime
    ) -> DeliveryStatus | None:
        """See `record_all`."""
        return (await self.record_all([Answered(claim=claim, attempt=attempt, at=now)]))[0]

    async def record_all(self, answered: Sequence[Answered[PayloadT]]) -> list[DeliveryStatus | None]:
        """What came of claims: each delivery's status afterwards, or `None` if its lease is no longer ours."""
        async with self._connection() as connection:
            rows = [await self._row_of(connection, one) for one in answered]
            values = {"rows": json_rows(rows)}
            if self._entry.after is None:
                ours = await (await connection.execute(deliveries.RECORD, values)).fetchall()
            else:
                async with connection.transaction():
                    ours = await (await connection.execute(deliveries.RECORD, values)).fetchall()
                    for one in answered:
                        if (one.claim.id,) in ours:
                            await self._entry.after(connection, one.claim, one.attempt, one.at)
            kept = {row[0] for row in ours}
            for row in rows:
                if row.id not in kept:
                    lost = {"id": row.id, "kind": AuditKind.DELIVERY_LEASE_LOST}
                    lost |= {"outcome": row.outcome, "reason": row.reason}
                    await connection.execute(audit_trail.LEASE_LOST, lost)
        return [row.status if row.id in kept else None for row in rows]

    async def _row_of(self, connection: Connection, answered: Answered[PayloadT]) -> RecordRow:
        claim, attempt = answered.claim, answered.attempt
        counted = 1
        if attempt.outcome not in (SendOutcome.DELIVERED, SendOutcome.REFUSED):
            row = await (await connection.execute(statements.COUNTED, {"id": claim.id})).fetchone()
            counted = row[0] if row else 0
            counted += attempt.outcome is not SendOutcome.MISCONFIGURED
        planned = self._plan(claim.id, attempt, counted, answered.at, claim.deadline)
        return RecordRow.of(answered, planned)

    async def renew(self, claims: list[Claim[PayloadT]]) -> set[UUID]:
        """Extends the leases that are still ours; returns their deliveries' ids."""
        values = {"ids": [c.id for c in claims], "tokens": [c.token for c in claims], "lease": self._lease}
        async with self._connection() as connection:
            rows = await (await connection.execute(deliveries.RENEW, values)).fetchall()
        return {row[0] for row in rows}

    async def release(self, claims: list[Claim[PayloadT]]) -> None:
        """Gives back what was surely not sent; it stays due and no attempt is counted."""
        values = {"ids": [c.id for c in claims], "tokens": [c.token for c in claims]}
        async with self._connection() as connection:
            await connection.execute(deliveries.RELEASE, values)

    async def expire(self, limit: int) -> int:
        """Ends what nobody claims and whose deadline has passed: an outage of the relay is no silence."""
        values = {"limit": limit, "kind": AuditKind.DELIVERY_EXHAUSTED, "reason": DEADLINE_PASSED}
        async with self._connection() as connection:
            return (await connection.execute(deliveries.EXPIRE, values)).rowcount

    async def _readdress(self, connection: Connection, due: Due, present: tuple[str, ...]) -> None:
        """The id follows from what it names: who has a delivery of this occasion already gets no second."""
        for recipient in present:
            new = (
                delivery_id(due.about.id, due.occasion, due.cause.text, due.channel, recipient)
                if isinstance(due.about, DueTask)
                else digest_id(due.unit_id, due.cause.text, due.channel, recipient)
            )
            await connection.execute(
                deliveries.READDRESS, {"new": new, "old": due.id, "recipient": recipient}
            )

    async def _end(
        self,
        connection: Connection,
        due: Due,
        attempts: int,
        status: DeliveryStatus,
        reason: str,
    ) -> None:
        values = {"id": due.id, "status": checked(Move.SETTLE, status), "attempts": attempts}
        noted = {"kind": kind_of_end(status), "reason": reason}
        await connection.execute(deliveries.SETTLE, {**values, **noted})

    async def _put_off(
        self,
        connection: Connection,
        due: Due,
        attempts: int,
        now: datetime,
        attempt: SendAttempt,
    ) -> None:
        await connection.execute(deliveries.INSERT_ATTEMPT, attempt_row(due.id, attempts, now, attempt))
        planned = self._plan(due.id, attempt, 0, now, due.deadline)
        if isinstance(planned, DeliveryEnded):
            await self._end(connection, due, attempts, planned.status, attempt.detail)
        else:
            values = {"id": due.id, "due_at": planned.at, "attempts": attempts}
            await connection.execute(deliveries.PUT_OFF, values)

    def _plan(
        self, delivery: UUID, attempt: SendAttempt, counted: int, now: datetime, deadline: datetime
    ) -> NextAttempt | DeliveryEnded:
        return next_attempt(
            attempt.outcome,
            counted,
            now,
            deadline,
            seed=str(delivery),
            policy=self._policy,
            retry_after=attempt.retry_after,
        )


def _superseded_by(due: Due, present: Sequence[str]) -> Superseded | None:
    if isinstance(due.about, OpenTasks):
        return digest_superseded_by(open_tasks=due.about.open, recipient=due.recipient, present=present)
    return superseded_by(
        due.occasion,
        task_is_open=due.about.is_open,
        recipient=due.recipient,
        present=present,
        seen=due.seen,
    )
