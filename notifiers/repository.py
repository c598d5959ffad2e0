"""Deliveries in PostgreSQL: claim, keep, record, give back. All times are the database's.

What somebody else has claimed anew must not be recorded by us, and no mail may leave before it is frozen.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from infra.postgres_timeouts import shut_down_after
from models.calendar import copenhagen_date
from models.ids import delivery_id, digest_id
from models.notifications.delivery import (
    Audience,
    Channel,
    DeliveryStatus,
    Occasion,
    SendAttempt,
    SendOutcome,
)
from models.notifications.retry import DeliveryEnded, NextAttempt, RetryPolicy, next_attempt
from notifiers import statements
from notifiers.content.mail_message import Mail
from notifiers.content.notice import DigestLine
from notifiers.due_delivery import BuildPayload, Claim, Due, DueTask, OpenTasks, PayloadT
from notifiers.supersede import (
    Contacts,
    Superseded,
    digest_superseded_by,
    endpoint_superseded_by,
    superseded_by,
)

Connection = AsyncConnection[Any]
Pool = AsyncConnectionPool[Connection]

After = Callable[[Connection, Claim[PayloadT], SendAttempt, datetime], Awaitable[None]]

LISTED = 60
"""Lines of a morning mail."""
LEASE_EXPIRED = SendAttempt(
    outcome=SendOutcome.INDETERMINATE, detail="lease expired before an answer was recorded"
)
NO_RECIPIENT = SendAttempt(
    outcome=SendOutcome.MISCONFIGURED, detail="the unit is unknown or has no recipient"
)
NOT_BUILT = SendAttempt(outcome=SendOutcome.MISCONFIGURED, detail="the mail cannot be built")


@dataclass(frozen=True, kw_only=True)
class Claimed(Generic[PayloadT]):
    """What a claim found: what to send now, and how many due deliveries it settled without sending."""

    claims: tuple[Claim[PayloadT], ...]
    settled: int


class Store(Generic[PayloadT]):
    """Of one channel's deliveries. Every method is one transaction and may be called at the same time as any other."""

    def __init__(
        self,
        pool: Pool,
        *,
        owner: str,
        lease: timedelta,
        contacts: Contacts,
        build_payload: BuildPayload[PayloadT],
        policy: RetryPolicy,
        patience_seconds: float = 60,
        kind: type[PayloadT] = Mail,  # type: ignore[assignment]  # the type variable's own default
        after: After[PayloadT] | None = None,
    ) -> None:
        """`after` is done with each recorded attempt, in its transaction."""
        self._pool = pool
        self._owner = owner
        self._lease = lease
        self._contacts = contacts
        self._build_payload = build_payload
        self._kind = kind
        self._after = after
        self._policy = policy
        self._patience_seconds = patience_seconds

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with self._pool.connection() as connection:
            with shut_down_after(connection, self._patience_seconds):
                yield connection

    async def claim(self, limit: int) -> Claimed[PayloadT]:
        """Up to `limit` due deliveries, each locked, held against its task, frozen and leased to us."""
        claims: list[Claim[PayloadT]] = []
        async with self._connection() as connection, connection.transaction():
            async with connection.cursor(row_factory=dict_row) as cursor:
                values = {"limit": limit, "channel": self._kind.channel}
                rows = await (await cursor.execute(statements.PICK, values)).fetchall()
            due = [(_due(row, await self._about(connection, row)), row["now"]) for row in rows]
            async with connection.pipeline():  # one round trip for all that follows
                for one, now in due:
                    claim = await self._take(connection, one, now)
                    if claim is not None:
                        claims.append(claim)
        return Claimed(claims=tuple(claims), settled=len(rows) - len(claims))

    async def _take(self, connection: Connection, due: Due, now: datetime) -> Claim[PayloadT] | None:
        attempts = due.attempts
        if due.was_leased:
            attempts += 1
            await connection.execute(
                statements.INSERT_ATTEMPT, _attempt_row(due.id, attempts, now, LEASE_EXPIRED)
            )
        contact = self._contacts(due.unit_id)
        present = contact.of(self._kind.channel, due.audience) if contact else ()
        reason = _superseded_by(due, present)
        if reason is None and contact is not None and self._kind.channel == Channel.WEBHOOK:
            reason = endpoint_superseded_by(off=due.endpoint_off, present=present)
        if reason is not None:
            if reason is Superseded.RECIPIENT_CHANGED:
                await self._readdress(connection, due, present)
            await self._end(connection, due, attempts, DeliveryStatus.SUPERSEDED, reason)
            return None
        if due.deadline <= now:
            await self._end(connection, due, attempts, DeliveryStatus.EXHAUSTED, "deadline_passed")
            return None
        if contact is None or not present:
            await self._put_off(connection, due, attempts + 1, now, NO_RECIPIENT)
            return None
        try:
            mail = (
                self._build_payload(due, contact.name, now)
                if due.frozen is None
                else self._kind.model_validate(due.frozen)
            )
        except ValueError:  # one bad address or name must not stop the others; its text may repeat a value
            await self._put_off(connection, due, attempts + 1, now, NOT_BUILT)
            return None
        token = f"{self._owner}/{uuid4().hex}"
        frozen = Jsonb(mail.model_dump(mode="json")) if due.frozen is None else None
        await connection.execute(
            statements.LEASE,
            {"id": due.id, "token": token, "lease": self._lease, "frozen": frozen, "attempts": attempts},
        )
        return Claim(id=due.id, token=token, deadline=due.deadline, claimed_at=now, mail=mail)

    async def record(
        self, claim: Claim[PayloadT], attempt: SendAttempt, now: datetime
    ) -> DeliveryStatus | None:
        """What came of a claim: the delivery's status afterwards, or `None` if the lease is no longer ours.

        `now` is the database's time, carried on from `claim.claimed_at`.
        """
        async with self._connection() as connection:
            counted = 1
            if attempt.outcome not in (SendOutcome.DELIVERED, SendOutcome.REFUSED):
                row = await (await connection.execute(statements.COUNTED, {"id": claim.id})).fetchone()
                counted = row[0] if row else 0
                counted += attempt.outcome is not SendOutcome.MISCONFIGURED
            planned = self._plan(claim.id, attempt, counted, now, claim.deadline)
            done = planned if isinstance(planned, DeliveryEnded) else None
            status = done.status if done else DeliveryStatus.DUE
            values = {
                "id": claim.id,
                "token": claim.token,
                "status": status,
                "due_at": planned.at if isinstance(planned, NextAttempt) else None,
                "ended_at": now if done else None,
                "at": now,
                "outcome": attempt.outcome,
                "code": attempt.code,
                "detail": attempt.detail,
                "audit_kind": done.audit_kind if done else None,
            }
            if self._after is None:
                ours = await (await connection.execute(statements.RECORD, values)).fetchone()
            else:
                async with connection.transaction():
                    ours = await (await connection.execute(statements.RECORD, values)).fetchone()
                    if ours is not None:
                        await self._after(connection, claim, attempt, now)
            if ours is None:
                await connection.execute(statements.LEASE_LOST, values)
        return None if ours is None else status

    async def renew(self, claims: list[Claim[PayloadT]]) -> set[UUID]:
        """Extends the leases that are still ours; returns their deliveries' ids."""
        values = {"ids": [c.id for c in claims], "tokens": [c.token for c in claims], "lease": self._lease}
        async with self._connection() as connection:
            rows = await (await connection.execute(statements.RENEW, values)).fetchall()
        return {row[0] for row in rows}

    async def release(self, claims: list[Claim[PayloadT]]) -> None:
        """Gives back what was surely not sent; it stays due and no attempt is counted."""
        values = {"ids": [c.id for c in claims], "tokens": [c.token for c in claims]}
        async with self._connection() as connection:
            await connection.execute(statements.RELEASE, values)

    async def expire(self, limit: int) -> int:
        """Ends what nobody claims and whose deadline has passed: an outage of the relay is no silence."""
        async with self._connection() as connection:
            return (await connection.execute(statements.EXPIRE, {"limit": limit})).rowcount

    async def _about(self, connection: Connection, row: DictRow) -> DueTask | OpenTasks:
        if row["task_id"] is not None:
            return DueTask(
                id=row["task_id"],
                is_open=row["task_status"] == "open",
                reference=row["reference"],
                react_by=row["react_by"],
                opened_at=row["opened_at"],
                appended_at=row["appended_at"],
                messages=row["messages"],
                mentor_until=row["mentor_until"],
            )
        values = {"unit_id": row["unit_id"], "today": copenhagen_date(row["now"]), "limit": LISTED}
        async with connection.cursor(row_factory=dict_row) as cursor:
            found = await (await cursor.execute(statements.OPEN_TASKS, values)).fetchall()
        return OpenTasks(
            lines=tuple(
                DigestLine(reference=one["reference"], react_by=one["react_by"], seen=one["seen"])
                for one in found
            ),
            open=found[0]["open"] if found else 0,
            overdue=found[0]["overdue"] if found else 0,
            unseen=found[0]["unseen"] if found else 0,
        )

    async def _readdress(self, connection: Connection, due: Due, present: tuple[str, ...]) -> None:
        """The id follows from what it names: who has a delivery of this occasion already gets no second."""
        for recipient in present:
            new = (
                delivery_id(due.about.id, due.occasion, due.cause, due.channel, recipient)
                if isinstance(due.about, DueTask)
                else digest_id(due.unit_id, due.cause, due.channel, recipient)
            )
            await connection.execute(
                statements.READDRESS, {"new": new, "old": due.id, "recipient": recipient}
            )

    async def _end(
        self,
        connection: Connection,
        due: Due,
        attempts: int,
        status: DeliveryStatus,
        reason: str,
    ) -> None:
        values = {"id": due.id, "status": status, "attempts": attempts, "kind": f"delivery_{status}"}
        await connection.execute(statements.END, {**values, "reason": reason})

    async def _put_off(
        self,
        connection: Connection,
        due: Due,
        attempts: int,
        now: datetime,
        attempt: SendAttempt,
    ) -> None:
        await connection.execute(statements.INSERT_ATTEMPT, _attempt_row(due.id, attempts, now, attempt))
        planned = self._plan(due.id, attempt, 0, now, due.deadline)
        if isinstance(planned, DeliveryEnded):
            await self._end(connection, due, attempts, planned.status, attempt.detail)
        else:
            values = {"id": due.id, "due_at": planned.at, "attempts": attempts}
            await connection.execute(statements.PUT_OFF, values)

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


def _due(row: DictRow, about: DueTask | OpenTasks) -> Due:
    return Due(
        id=row["id"],
        occasion=Occasion(row["occasion"]),
        cause=row["cause"],
        channel=Channel(row["channel"]),
        audience=Audience(row["audience"]),
        unit_id=row["unit_id"],
        recipient=row["recipient"],
        deadline=row["deadline"],
        attempts=row["attempts"],
        was_leased=row["lease_owner"] is not None,
        frozen=row["frozen"],
        undelivered=row["undelivered"],
        seen=bool(row["seen"]),
        about=about,
        endpoint_off=row["endpoint_off"],
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


def _attempt_row(delivery: UUID, number: int, now: datetime, attempt: SendAttempt) -> dict[str, object]:
    return {
        "id": delivery,
        "attempt": number,
        "at": now,
        "outcome": attempt.outcome,
        "code": attempt.code,
        "detail": attempt.detail,
    }
