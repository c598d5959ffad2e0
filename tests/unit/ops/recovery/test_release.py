"""What was left out is released as the same person event, marked; a conflict and what is gone are not."""

from datetime import UTC, datetime

from infra.record_key import is_own_key
from models.dead_letter import DeadLetter, DeadLetterKind, DeadLetterState, ReplayOutcome
from models.events.person_event import PersonEvent
from ops.recovery.rejected_payloads import Bytes, Gone
from ops.recovery.release import plan_release
from ops.recovery.replay_plan import Again
from tests.factories import risk

EVENT = risk(sealed="v1.sealed")
CONTENT = Bytes(EVENT.model_dump_json(exclude_none=True).encode(), ())
LETTER = DeadLetter(
    id="person-events/3/17",
    kind=DeadLetterKind.LEFT_OUT,
    since=datetime(2026, 1, 1, tzinfo=UTC),
    reason="sender_bound",
    state=DeadLetterState.OPEN,
)


def test_the_same_event_goes_to_the_same_partition_and_is_marked() -> None:
    plan = plan_release(LETTER, CONTENT, is_conflict=False)
    assert plan.goes(force=False)
    assert isinstance(plan.by, Again)
    assert (plan.by.topic, plan.by.partition) == ("person-events", 3)
    # Of its own: under the key of the first writing, compaction would take that one away.
    assert is_own_key((plan.by.key or "").encode())
    written = PersonEvent.model_validate_json(plan.by.content.value or b"")
    assert written == EVENT.model_copy(update={"released": True})


def test_a_conflict_is_never_released() -> None:
    plan = plan_release(LETTER, CONTENT, is_conflict=True)
    assert (plan.prospect, plan.goes(force=True)) == (ReplayOutcome.CONFLICT, False)


def test_what_the_log_no_longer_holds_is_said_to_be_gone() -> None:
    plan = plan_release(LETTER, Gone("retention"), is_conflict=False)
    assert (plan.prospect, plan.why, plan.goes(force=True)) == (ReplayOutcome.GONE, "retention", False)


def test_what_was_released_is_released_again_by_force_alone() -> None:
    again = LETTER.model_copy(update={"state": DeadLetterState.REPLAYED, "replayed_as": "person-events/3/20"})
    plan = plan_release(again, CONTENT, is_conflict=False)
    assert (plan.prospect, plan.goes(force=False), plan.goes(force=True)) == (
        ReplayOutcome.DECIDED,
        False,
        True,
    )
