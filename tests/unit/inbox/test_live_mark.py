"""An open page of a task is told when it would look otherwise."""

from datetime import UTC, datetime
from uuid import UUID

from inbox.pages.task import mark
from ledger.queries.task_detail import AttemptView, DeliveryView, TaskFields, TaskView
from models.notifications.cause import CauseKind
from models.notifications.delivery import Channel, DeliveryStatus, Occasion, SendOutcome
from models.tasks.status import TaskStatus

NOON = datetime(2026, 10, 7, 10, 0, tzinfo=UTC)
FIELDS = TaskFields(
    id=UUID(int=1), reference="FV-0000-0000-0000", unit_id="a", enrolment_id="e", status=TaskStatus.OPEN,
    version=1, react_by=NOON.date(), appended_at=NOON, opened_at=NOON, changed_at=NOON, mentor_until=None,
    acknowledged_at=None, acknowledged_by=None, owner_id=None, owner_name=None, attempts=0, reached_at=None,
    closed_at=None, ending=None,
)  # fmt: skip


def marked(status: DeliveryStatus, tries: int) -> str:
    """The mark of a task with one notice."""
    attempts = tuple(
        AttemptView(
            attempt=number, at=NOON, outcome=SendOutcome.TRY_AGAIN, code=None, detail="connect: refused"
        )
        for number in range(1, tries + 1)
    )
    notice = DeliveryView(
        id=UUID(int=2), occasion=Occasion.NEW, cause_kind=CauseKind.EVENT, cause_ref="0:0",
        channel=Channel.EMAIL, unit_id="a",
        recipient="opgaver@jc-0101.example", status=status, due_at=NOON, deadline=NOON, created_at=NOON,
        ended_at=None, attempts=attempts,
    )  # fmt: skip
    return mark(
        TaskView(
            task=FIELDS,
            previous=None,
            open_beside=None,
            messages=(),
            history=(),
            deliveries=(notice,),
            steps=(),
        )
    )


def test_a_notice_that_was_tried_and_one_that_was_delivered_change_the_mark() -> None:
    states = [
        marked(DeliveryStatus.DUE, 0),
        marked(DeliveryStatus.DUE, 1),
        marked(DeliveryStatus.DELIVERED, 1),
        marked(DeliveryStatus.REFUSED, 1),
    ]
    assert len(set(states)) == len(states)
