"""One step of match: put an event into the person's record, and say which decisions are new or changed.

Deterministic: the record after a step is a function of the person's events in partition order alone.
A worker that died between its outputs writes the same ones again, under the same revisions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from models.calendar import copenhagen_date
from models.eligibility.bounds import Kept, keep
from models.eligibility.decide import BEFORE_THE_LAW, with_home
from models.eligibility.decide_messages import BeforeEvent, decide_messages, reference_of
from models.eligibility.decision import Cause, Decision, ErasureMark, JoinMark, Outcome
from models.eligibility.erase import gravestone, is_erased, mark_of
from models.eligibility.facts import fold
from models.eligibility.join import Joining, forwarded, is_join, join, receive
from models.eligibility.law import Law
from models.eligibility.person_record import Decided, PersonRecord, SupersededEvent
from models.eligibility.simple_decision import (
    SimpleCause,
    SimpleDecision,
    SimpleEvidence,
    SimpleVerdict,
    as_decision,
)
from models.events.content import LedgersWord, PersonErased, Risk
from models.events.person_event import Origin, PersonEvent
from models.reasons import DecisionReason, LeftOut

NOT_REMEMBERED: Final = 0
"""The revision of a decision on a message that was left out: whatever is decided of it later comes after."""


@dataclass(frozen=True, slots=True)
class AppliedEvent:
    """What one event gave: the record to keep, the decisions to publish, and how many of them changed."""

    record: PersonRecord
    decisions: tuple[Decision, ...]
    changed: int
    left_out: LeftOut | None = None
    """Why the event has no effect."""
    forwards: tuple[PersonEvent, ...] = ()
    """For the person's other numbers."""
    mark: JoinMark | ErasureMark | None = None
    """The last word about this number, or that what was said of the person is erased."""
    erased: bool = False
    """Whether the event erases its person, or is dropped because the person was erased."""

    @property
    def said(self) -> tuple[Decision | JoinMark | ErasureMark, ...]:
        """What goes to ``decisions``, in order: what is forgotten first, what is still said, and the last word last."""
        if isinstance(self.mark, ErasureMark):
            return (self.mark, *self.decisions)
        return self.decisions if self.mark is None else (*self.decisions, self.mark)


def apply(record: PersonRecord, event: PersonEvent, cause: Cause, law: Law) -> AppliedEvent:
    """Apply the event at `cause` to `record`.

    A record that comes again (read again after a crash, or driven again by the audit) emits the person's current
    decisions again: the outputs of the first time may have been lost between the brokers and us. A sender's repeat is
    another record, and what it repeats has its decisions already: nothing is decided anew, whatever it would cost.
    """
    if isinstance(event.content, PersonErased):
        return _erase(record, event, event.content, cause, law)
    if is_erased(record, event):
        return _dropped(record, event, cause, law)
    if is_join(event):
        return _joined(record, event, cause)
    record, is_whole = receive(record, event)
    held = Kept(record.events, record.superseded)
    kept = keep(held, event, law.succession)
    again = cause.offset <= record.applied or (kept is held and _holds(held, event.origin))
    if record.joined_to is not None:
        return _passed_on(record, event, cause, None if kept is held else kept, again=again)
    if isinstance(kept, LeftOut):
        step = _left_out(record, event, cause, law, kept)
        return _with_what_waited(step, cause, law) if is_whole else step
    if kept is held and not again and not is_whole:
        return AppliedEvent(
            record=record.model_copy(update={"applied": cause.offset}), decisions=(), changed=0
        )
    if kept is not held:
        record = _going_on(record, event, cause)
    made = (
        _Made((), 0, record.decided)
        if record.awaited
        else _made(record, kept.events, kept.superseded, cause, law, again=again)
    )
    return AppliedEvent(
        record=record.model_copy(
            update={
                "applied": max(record.applied, cause.offset),
                "events": kept.events,
                "superseded": kept.superseded,
                "decided": made.decided,
            }
        ),
        decisions=made.decisions,
        changed=made.changed,
    )


class _Made(NamedTuple):
    """As `models.eligibility.decide_messages.MessageDecisions`, by the models."""

    decisions: tuple[Decision, ...]
    changed: int
    decided: Mapping[str, Decided]


def _made(
    record: PersonRecord,
    events: Sequence[PersonEvent],
    superseded: Sequence[SupersededEvent],
    cause: Cause,
    law: Law,
    *,
    again: bool,
) -> _Made:
    before = BeforeEvent(record.person_id, record.joined, record.decided)
    here = SimpleCause(cause.partition, cause.offset)
    made = decide_messages(before, events, superseded, here, law, again=again)
    decided = {
        key: one
        if isinstance(one, Decided)
        else Decided(revision=one.revision, digest=one.digest, cause=cause)
        for key, one in made.decided.items()
    }
    return _Made(tuple(map(as_decision, made.decisions)), made.changed, decided)


def _erase(
    record: PersonRecord, event: PersonEvent, content: PersonErased, cause: Cause, law: Law
) -> AppliedEvent:
    """Only what was appended since the cut-off is left, and decided anew: facts that it rested on may be gone."""
    left = gravestone(record, event)
    decides = left.joined_to is None and not left.awaited
    made = (
        _made(left, left.events, left.superseded, cause, law, again=True)
        if decides
        else _Made((), 0, left.decided)
    )
    return AppliedEvent(
        record=left.model_copy(
            update={"applied": max(record.applied, cause.offset), "decided": made.decided}
        ),
        decisions=made.decisions,
        changed=made.changed,
        mark=mark_of(event, content, cause),
        erased=True,
    )


def _dropped(record: PersonRecord, event: PersonEvent, cause: Cause, law: Law) -> AppliedEvent:
    """Appended before the person was erased. It may still be the last part of what another number has forwarded."""
    is_whole = False
    if event.forwarded is not None and event.forwarded.by in record.awaited:
        record, is_whole = receive(record, event)
    step = AppliedEvent(
        record=record.model_copy(update={"applied": max(record.applied, cause.offset)}),
        decisions=(),
        changed=0,
        erased=True,
    )
    return _with_what_waited(step, cause, law) if is_whole else step


def _joined(record: PersonRecord, event: PersonEvent, cause: Cause) -> AppliedEvent:
    """The event is about the number itself: it changes where events go, and decides nothing."""
    joining = join(record, event, again=cause.offset <= record.applied)
    left_out = joining if isinstance(joining, LeftOut) else None
    made = joining if isinstance(joining, Joining) else Joining(record)
    return AppliedEvent(
        record=made.record.model_copy(update={"applied": max(record.applied, cause.offset)}),
        decisions=(),
        changed=0,
        left_out=left_out,
        forwards=made.events,
        mark=made.mark,
    )


def _passed_on(
    record: PersonRecord, event: PersonEvent, cause: Cause, kept: Kept | LeftOut | None, *, again: bool
) -> AppliedEvent:
    """At a number that is joined to another one: known here, forwarded, and judged there, by its bounds too.

    `kept` None: it is known already. What is known is forwarded again only where the first time may have been lost.
    """
    updates: dict[str, object] = {"applied": max(record.applied, cause.offset)}
    if isinstance(kept, Kept):
        updates |= {"events": kept.events, "superseded": kept.superseded}
    return AppliedEvent(
        record=record.model_copy(update=updates),
        decisions=(),
        changed=0,
        forwards=()
        if kept is None and not again and event.forwarded is None
        else (forwarded(record, event),),
    )


def _with_what_waited(step: AppliedEvent, cause: Cause, law: Law) -> AppliedEvent:
    """The last part of what another number held is left out: what waited for it is decided all the same."""
    record = step.record
    made = _made(record, record.events, record.superseded, cause, law, again=False)
    return replace(
        step,
        record=record.model_copy(update={"decided": made.decided}),
        decisions=(*step.decisions, *made.decisions),
        changed=step.changed + made.changed,
    )


def _going_on(record: PersonRecord, event: PersonEvent, cause: Cause) -> PersonRecord:
    """A message that another number of the person has decided on goes on from that revision."""
    came = event.forwarded
    if came is None or came.revision is None:
        return record
    key = f"{event.sender}/{event.event_id}"
    last = Decided(revision=max(came.revision, _revision(record, key)), digest="", cause=cause)
    return record.model_copy(update={"decided": {**record.decided, key: last}})


def _holds(held: Kept, origin: Origin) -> bool:
    """Whether the record at `origin` was applied: a repeat of it stands elsewhere."""
    return any(known.origin.place == origin.place for known in held.events) or any(
        gone.origin.place == origin.place for gone in held.superseded
    )


def _left_out(record: PersonRecord, event: PersonEvent, cause: Cause, law: Law, why: LeftOut) -> AppliedEvent:
    """An event beyond its sender's bound: a message waits for people, a fact has no effect until it is released.

    Which of this sender's events count depends on the order of arrival then, and nothing else does.
    """
    decisions = []
    if isinstance(event.content, Risk):
        day = copenhagen_date(event.registered_at)
        rules = law.rules_on(day)
        verdict = SimpleVerdict(
            outcome=Outcome.UNDECIDED,
            reason=DecisionReason.TOO_MANY_EVENTS,
            law_version=BEFORE_THE_LAW if rules is None else rules.version,
            # So that those nearest to the person see it.
            evidence=with_home(
                SimpleEvidence(message_date=day), fold(record.events, record.superseded, law.succession), day
            ),
            review_on=day,
        )
        reference = reference_of(event, record.person_id)
        said = SimpleDecision(
            message=reference,
            revision=NOT_REMEMBERED,
            verdict=verdict,
            cause=SimpleCause(cause.partition, cause.offset),
            sealed=event.sealed,
            joined=record.joined or None,
        )
        decisions.append(as_decision(said))
    return AppliedEvent(
        record=record.model_copy(update={"applied": max(record.applied, cause.offset)}),
        decisions=tuple(decisions),
        changed=len(decisions),
        left_out=None if isinstance(event.content, LedgersWord) else why,
    )


def _revision(record: PersonRecord, key: str) -> int:
    known = record.decided.get(key)
    return 0 if known is None else known.revision
