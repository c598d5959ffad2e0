"""A cause is two words; the text of both stands in ids, and never changes."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from models.ids import delivery_id
from models.notifications.cause import CauseKind, DeliveryCause

SOME = UUID("ef9be483-2c30-53f9-9c1a-763ed0628a4e")
AT = datetime(2026, 10, 9, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cause", "kind", "ref", "text"),
    [
        (DeliveryCause.of_event(3, 17), CauseKind.EVENT, "3:17", "3:17"),
        (DeliveryCause.of_step(SOME), CauseKind.STEP, str(SOME), f"step:{SOME}"),
        (DeliveryCause.of_act(SOME), CauseKind.ACT, str(SOME), f"act:{SOME}"),
        (DeliveryCause.of_digest(date(2026, 10, 9)), CauseKind.DIGEST, "2026-10-09", "digest:2026-10-09"),
        (
            DeliveryCause.of_endpoint("gone", AT),
            CauseKind.ENDPOINT,
            "gone:2026-10-09T08:00:00+00:00",
            "endpoint:gone:2026-10-09T08:00:00+00:00",
        ),
    ],
)
def test_each_kind_has_its_text(cause: DeliveryCause, kind: CauseKind, ref: str, text: str) -> None:
    assert (cause.kind, cause.ref, cause.text) == (kind, ref, text)


def test_the_parts_are_read_again() -> None:
    assert DeliveryCause.of_event(3, 17).place == (3, 17)
    assert DeliveryCause.of_endpoint("failing", AT).off_reason == "failing"


def test_an_id_of_version_1_is_the_same() -> None:
    """It stands in databases and in mails."""
    text = DeliveryCause.of_step(SOME).text
    assert delivery_id(SOME, "reminder", text, "email", "post@example.dk") == UUID(
        "51987dc6-2c37-5c34-a006-78d8ca7b1172"
    )
