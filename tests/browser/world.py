"""A unit's autumn in the database, up to this moment: the real rules decide, the ledger's own projection and the units'
own actions make the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from config.reference.law import law_of
from config.topics import Topic
from crypto.intake_vault import IntakeVault
from infra.postgres import Connection
from ledger.actions.perform import Rules, perform
from ledger.consume.batch import Batch, Place
from ledger.consume.project import project
from models.calendar import add_working_days, copenhagen_date
from models.eligibility.decision import Cause, Decision, MessageRef, Verdict
from models.eligibility.law import Law
from models.events.contract import BenefitType, Severity, Signal, TargetGroup
from models.events.person_event import Origin
from models.events.sensitive_fields import SensitiveFields, sealed_for
from models.ids import task_reference
from models.reasons import DecisionReason
from models.tasks.actions import (
    Acknowledge,
    Action,
    Actor,
    Close,
    ContactAttempt,
    ContactForm,
    Ending,
    Initiative,
    Take,
    Via,
)
from tests.factories import enrolment, judge, origin, period, residence, risk
from tests.reference import SHIPPED

COPENHAGEN: Final = "jc-0101"
AARHUS: Final = "jc-0751"
CPR: Final = "0101011234"
"""Made up: no such number was issued on that day."""
TEXT: Final = "Møder sjældent om mandagen og har ikke svaret på vores beskeder siden efterårsferien."
BILAL: Final = Actor(id="bilal", name="Bilal Aydin", via=Via.PAGE)
_BENEFIT_FROM: Final = date(2025, 7, 1)
"""Uddannelseshjælp was folded into kontanthjælp on this day."""
_NAMESPACE: Final = UUID("7a0f6a0e-6a0c-4f0e-8a55-3f1f5f0c7b11")


@dataclass
class World:
    """Puts messages and deeds into the ledger, as the stream and the units would."""

    connection: Connection
    vault: IntakeVault
    rules: Rules
    now: datetime
    law: Law = field(default_factory=lambda: law_of(SHIPPED))

    def __post_init__(self) -> None:
        self._offsets: Iterator[int] = count(1)
        self._known: dict[Place, int] = {}
        self._starts: dict[str, date] = {}

    async def message(
        self,
        name: str,
        *,
        person: str,
        at: datetime,
        unit: str | None = COPENHAGEN,
        sender: str = "900101",
        severity: Severity = Severity.MEDIUM,
        signals: tuple[Signal, ...] = (Signal.ABSENCE,),
        absence: int | None = None,
        text: str | None = None,
        missing: DecisionReason = DecisionReason.ENROLMENT_UNKNOWN,
        lives_in: str | None = None,
    ) -> UUID | None:
        """A message about `person`; returns the task that it belongs to. `unit` None: undecided."""
        offset = next(self._offsets)
        identity, person_id = str(uuid5(_NAMESPACE, name)), f"person{uuid5(_NAMESPACE, person).hex[:20]}"
        particulars = SensitiveFields(
            cpr=CPR,
            text=text,
            contact={"name": "Lise Dam", "phone": "+45 70 10 20 30", "email": "vejledning@skole.example"},
        )
        decision = Decision(
            message=MessageRef(
                sender=sender,
                message_id=identity,
                person_id=person_id,
                registered_at=at,
                origin=Origin(topic="dropout-risks", partition=0, offset=offset, appended_at=at),
                signals=signals,
                severity=severity,
                absence_percentage=absence,
                seen_at=at,
            ),
            revision=1,
            verdict=self._verdict(at, person, unit, sender, missing, lives_in),
            cause=Cause(partition=0, offset=offset),
            sealed=self.vault.seal(
                particulars.model_dump_json().encode(), sealed_for(sender, identity, person_id), at
            ),
        )
        batch = Batch()
        batch.decisions.append(decision)
        batch.next_offsets[str(Topic.DECISIONS), 0] = offset + 1
        async with self.connection.transaction():
            await project(self.connection, batch, self._known, self.rules.policy)
        self._known |= batch.next_offsets
        found = await self.connection.execute(
            "SELECT task_id FROM messages WHERE message_id = %s", (identity,)
        )
        ((task,),) = await found.fetchall()
        return None if task is None else UUID(str(task))

    async def do(self, task: UUID | None, deed: Action, *, by: Actor = BILAL, unit: str = COPENHAGEN) -> None:
        """A deed on a task."""
        assert task is not None
        await perform(
            self.connection,
            task_id=task,
            units=frozenset({unit}),
            act_id=uuid4(),
            by=by,
            deed=deed,
            rules=self.rules,
        )

    async def change(self, task: UUID | None, **columns: Any) -> None:
        """What only time could do otherwise."""
        names = ", ".join(f"{name} = %({name})s" for name in columns)
        await self.connection.execute(
            f"UPDATE tasks SET {names} WHERE id = %(task)s".encode(),  # noqa: S608 - our own names
            {**columns, "task": task},
        )

    async def delivered(self, task: UUID | None, *, attempts: int = 1) -> None:
        """The notices of a task arrived, at the last of so many attempts."""
        await self.connection.execute(
            "INSERT INTO attempts (delivery_id, attempt, at, outcome, code, detail) "
            "SELECT id, n, created_at + n * interval '2 seconds', CASE WHEN n = %(last)s THEN 'delivered' "
            "ELSE 'try_again' END, CASE WHEN n = %(last)s THEN 250 ELSE 451 END, "
            "CASE WHEN n = %(last)s THEN 'accepted' ELSE 'mailbox busy 4.2.1' END "
            "FROM deliveries, generate_series(1, %(last)s) n WHERE task_id = %(task)s AND status = 'due'",
            {"task": task, "last": attempts},
        )
        await self.connection.execute(
            "UPDATE deliveries SET status = 'delivered', attempts = %s, ended_at = now() "
            "WHERE task_id = %s AND status = 'due'",
            (attempts, task),
        )

    def _verdict(
        self,
        at: datetime,
        person: str,
        unit: str | None,
        sender: str,
        missing: DecisionReason,
        lives_in: str | None,
    ) -> Verdict:
        """What the rules in force say when all is known that is not `missing`."""
        # Of a person's messages all are about one enrolment.
        start = self._starts.setdefault(person, copenhagen_date(at) - timedelta(days=55))
        known = []
        if unit is not None or missing is not DecisionReason.ENROLMENT_UNKNOWN:
            period_from = max(start - timedelta(days=400), _BENEFIT_FROM)
            known += [
                enrolment(
                    institution=sender,
                    name=f"enrolment {person}",
                    start=start,
                    admission=start - timedelta(days=30),
                ),
                period(
                    period_from,
                    start - timedelta(days=10),
                    benefit=BenefitType.KONTANTHJAELP,
                    group=TargetGroup.UDDANNELSESPARAT,
                ),
            ]
        home = lives_in if unit is None else unit[-4:]
        if home is not None:
            known.append(residence(home))
        arrived = origin(appended_at=at)
        verdict = judge(risk(at, institution=sender, origin=arrived), known, law=self.law)
        assert (verdict.unit_id, verdict.reason) == (
            unit,
            missing if unit is None else DecisionReason.OBLIGED,
        ), verdict
        return verdict


async def an_autumn(world: World) -> None:
    """Tasks of every kind at one unit, some at another, and messages that nobody has."""
    now = world.now
    today = copenhagen_date(now)

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    # A week before the next one: whatever the day of the week and the holidays between, its date is the earliest.
    late = await world.message(
        "late", person="late", at=ago(19), severity=Severity.HIGH, text=TEXT, absence=42,
        signals=(Signal.ABSENCE, Signal.LOST_CONTACT),
    )  # fmt: skip
    await world.message("late again", person="late", at=ago(3), signals=(Signal.WELLBEING,))
    await world.delivered(late, attempts=3)
    tried = await world.message("tried", person="tried", at=ago(12), signals=(Signal.MISSED_ASSIGNMENTS,))
    await world.do(tried, Take())
    for days in (9, 6):
        await world.do(tried, ContactAttempt(at=ago(days), form=ContactForm.PHONE, reached=False))
    await world.delivered(tried)
    due = await world.message("due", person="due", at=ago(7), severity=Severity.HIGH, text=TEXT)
    await world.change(due, react_by=today)
    await world.do(due, Acknowledge())
    await world.delivered(due)
    reached = await world.message("reached", person="reached", at=ago(5), signals=(Signal.WISHES_TO_LEAVE,))
    await world.do(reached, Take())
    await world.do(reached, ContactAttempt(at=ago(1), form=ContactForm.IN_PERSON, reached=True))
    await world.change(reached, react_by=add_working_days(today, 1, world.rules.policy.days_off))
    await world.delivered(reached)
    for number in range(6):
        new = await world.message(
            f"new {number}", person=f"new {number}", at=ago(2) + timedelta(hours=number), text=TEXT,
            sender=("900101", "900112")[number % 2], severity=list(Severity)[number % 3],
        )  # fmt: skip
        await world.change(new, react_by=add_working_days(today, 3 + number % 2, world.rules.policy.days_off))
        if number != 5:
            await world.delivered(new)
    closed = await world.message("closed", person="closed", at=ago(20))
    await world.do(closed, ContactAttempt(at=ago(17), form=ContactForm.VIDEO, reached=True))
    await world.do(
        closed,
        Close(ending=Ending.CONTACT_MADE, initiatives=(Initiative.MENTOR, Initiative.INSTITUTION_MEETING)),
    )
    await world.delivered(closed)
    for number in range(3):
        other = await world.message(f"other {number}", person=f"other {number}", at=ago(1), unit=AARHUS)
        await world.delivered(other)
    for number, (missing, lives_in) in enumerate(
        (
            (DecisionReason.ENROLMENT_UNKNOWN, COPENHAGEN[-4:]),
            (DecisionReason.RESIDENCE_UNKNOWN, None),
            (DecisionReason.NO_RESPONSIBLE_UNIT, "0411"),
            (DecisionReason.ENROLMENT_UNKNOWN, AARHUS[-4:]),
        )
    ):
        await world.message(
            f"undecided {number}",
            person=f"undecided {number}",
            at=ago(20 + number),
            unit=None,
            missing=missing,
            lives_in=lives_in,
        )
    await _weeks(world)


async def _weeks(world: World) -> None:
    """Closed tasks of the last eleven weeks, more in some than in others, for the manager's plots."""
    for number in range(90):
        identity = uuid4()
        arrived = world.now - timedelta(days=12 + (number * 7) % 66, hours=number % 9)
        taken = timedelta(days=(1.2, 2.5, 3.1, 4.2, 6.5, 2.2, 1.4, 8.1, 3.3)[number % 9])
        await world.connection.execute(
            "INSERT INTO tasks (id, reference, person_id, enrolment_id, unit_id, status, react_by, appended_at, "
            "opened_at, acknowledged_at, attempts, reached_at, closed_at, ending) VALUES "
            "(%s, %s, %s, %s, %s, 'closed', %s, %s, %s, %s, 1, %s, %s, 'contact_made')",
            (
                identity, task_reference(identity), f"past{identity.hex[:22]}", str(uuid4()), COPENHAGEN,
                (arrived + timedelta(days=7)).date(), arrived, arrived, arrived + timedelta(hours=4),
                arrived + taken, arrived + taken + timedelta(days=1),
            ),
        )  # fmt: skip


def now() -> datetime:
    """This moment, without fractions."""
    return datetime.now(UTC).replace(microsecond=0)
